using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics.LinearAlgebra;

/// <summary>Operations on rows of doubles whose lanes are outputs: any vector width gives the same bits.</summary>
public static class DoubleRow
{
    /// <summary>target += factor · source, one fused multiply-add each.</summary>
    public static void AddMultiple(double factor, ReadOnlySpan<double> source, Span<double> target)
    {
        int i = 0;
        Vector512<double> factors = Vector512.Create(factor);
        for (; i <= source.Length - Vector512<double>.Count; i += Vector512<double>.Count)
            Vector512.FusedMultiplyAdd(factors, Vector512.Create(source[i..]), Vector512.Create<double>(target[i..])).CopyTo(target[i..]);
        for (; i < source.Length; i++)
            target[i] = Math.FusedMultiplyAdd(factor, source[i], target[i]);
    }
}
