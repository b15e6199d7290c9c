using QuantSuite.Models;
using QuantSuite.Models.Families;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>Rotations are orthogonal, leave the model's function alone, and make activations more normal.</summary>
public class RotationTests
{
    public static TheoryData<int> Sizes() => [1, 2, 12, 20, 24, 28, 36, 40, 44, 52, 64, 128, 192, 352, 512, 576, 1536, 4864, 11008];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void HadamardTransformsAreOrthogonal(int size) => AssertOrthogonal(new HadamardTransform(size));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(24)]
    [InlineData(128)]
    [InlineData(352)]
    public void RandomKroneckerRotationsAreOrthogonal(int size) => AssertOrthogonal(KroneckerRotation.Random(size, 1));

    [Fact]
    public void ScaledTransformsKeepProducts()
    {
        float[] scales = [2, 0.5f, 3, 1.25f], x = [1, -2, 3, 4], w = [0.5f, 1, -1, 2], mapped = [.. x], values = [.. w];
        var transform = new ScaledTransform(scales, KroneckerRotation.Random(4, 3));
        transform.Apply(mapped);
        transform.ApplyDual(values);
        Assert.Equal(Dot(x, w), Dot(mapped, values), 1e-5);
        transform.ApplyInverse(mapped);
        QuantizationCase.NearLargest(x, mapped, 1e-6, "x");
    }

    [Fact]
    public void QuaRotLeavesTheLogitsAlone()
    {
        using var kernels = Kernels.Create(2);
        using DecoderModel plain = QuantizedMicroWorld.LoadChanged(architecture => architecture, kernels), rotated = QuantizedMicroWorld.LoadChanged(new QuaRot().Prepare, kernels);
        Assert.InRange(QuantizedMicroWorld.LogitDifference(plain, rotated), 1e-9, 1e-4);
        Assert.NotSame(rotated.Architecture.Embedding, rotated.Architecture.Head);
    }

    [Fact]
    public void QuaRotMakesActivationsMoreNormal()
    {
        using var kernels = Kernels.Create(2);
        using DecoderModel plain = QuantizedMicroWorld.LoadChanged(Spiky, kernels), rotated = QuantizedMicroWorld.LoadChanged(architecture => new QuaRot().Prepare(Spiky(architecture)), kernels);
        Assert.InRange(QuantizedMicroWorld.LogitDifference(plain, rotated), 0, 1e-4);
        foreach ((double before, double after) in Kurtoses(plain).Zip(Kurtoses(rotated)))
            Assert.True(Math.Abs(after - 3) < Math.Abs(before - 3), $"kurtosis {before} before, {after} after the rotation");
    }

    // The same function with outlier channels: one channel in sixteen of what a norm gives is twenty times as large.
    private static Architecture Spiky(Architecture architecture)
    {
        foreach (LinearGroup group in architecture.Blocks.SelectMany(block => block.Groups).Where(group => !group.WritesHidden))
        {
            float[] scales = [.. Enumerable.Range(0, group.Weights[0].Columns).Select(i => i % 16 == 0 ? 0.05f : 1)];
            group.Source!.Divide(scales, _ => throw new InvalidOperationException());
            foreach (Weight weight in group.Weights)
                weight.Change(values =>
                {
                    for (int row = 0; row < values.Rows; row++)
                        for (int column = 0; column < values.Columns; column++)
                            values[row, column] *= scales[column];
                });
        }
        return architecture;
    }

    private static List<double> Kurtoses(DecoderModel model)
    {
        var kurtoses = new List<double>();
        foreach (LinearGroup group in model.Architecture.Blocks.SelectMany(block => block.Groups).Where(group => !group.WritesHidden))
            group.Weights[0].Observer = x => kurtoses.Add(Kurtosis(x.Span));
        model.Logits(QuantizedMicroWorld.Ids).Dispose();
        return kurtoses;
    }

    internal static double Kurtosis(ReadOnlySpan<float> values)
    {
        double mean = 0, second = 0, fourth = 0;
        foreach (float value in values)
            mean += value / (double)values.Length;
        foreach (float value in values)
        {
            second += Math.Pow(value - mean, 2) / values.Length;
            fourth += Math.Pow(value - mean, 4) / values.Length;
        }
        return fourth / (second * second);
    }

    private static void AssertOrthogonal(RowTransform transform)
    {
        int size = transform.Size, step = Math.Max(1, size / 16);
        var rows = new List<float[]>();
        for (int i = 0; i < size; i += step)
        {
            var row = new float[size];
            row[i] = 1;
            transform.Apply(row);
            rows.Add(row);
        }
        for (int i = 0; i < rows.Count; i++)
        {
            for (int j = 0; j <= i; j++)
                Assert.Equal(i == j ? 1 : 0, Dot(rows[i], rows[j]), 1e-5);
            float[] back = [.. rows[i]];
            transform.ApplyInverse(back);
            Assert.Equal(1, back[i * step], 1e-5);
        }
    }

    private static double Dot(float[] a, float[] b) => a.Zip(b).Sum(pair => (double)pair.First * pair.Second);
}
