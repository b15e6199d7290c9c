using System.Collections.Concurrent;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>Every operation of every kernels on 1, 2 and 3 threads gives the bits of the definition.</summary>
public sealed class KernelEqualityTests
{
    private static readonly ConcurrentDictionary<string, long[]> Definitions = new();

    public static TheoryData<string, string> Rows()
    {
        var data = new TheoryData<string, string>();
        foreach (string name in KernelCase.All.Keys)
            foreach (string kernels in (string[])["scalar", "avx2", "avx512"])
                data.Add(name, kernels);
        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Rows))]
    public void BitsEqualTheDefinition(string name, string kernelsName)
    {
        Skip.If(kernelsName == "avx2" && !Avx2Kernels.IsSupported, "this processor has no AVX2 with FMA");
        Skip.If(kernelsName == "avx512" && !Avx512Kernels.IsSupported, "this processor has no AVX-512");
        long[] expected = Definitions.GetOrAdd(name, static name =>
        {
            using var definition = new ScalarKernels(1);
            return KernelCase.All[name].Run(definition);
        });
        foreach (int threads in kernelsName == "scalar" ? (int[])[3] : [1, 2, 3])
            using (Kernels kernels = Kernels.Create(threads, kernelsName))
                RequireEqual(expected, name, kernels, $"{kernelsName} on {threads} threads");
    }

    public static TheoryData<string> IntegerProducts() => [.. KernelCase.All.Keys.Where(name => name.StartsWith("integer product", StringComparison.Ordinal))];

    // What a processor without VNNI runs, on one that has it.
    [SkippableTheory]
    [MemberData(nameof(IntegerProducts))]
    public void IntegersThatTravelAsFloatsGiveTheSameBits(string name)
    {
        Skip.IfNot(Avx2Kernels.IsSupported, "this processor has no AVX2 with FMA");
        using var definition = new ScalarKernels(1);
        using var kernels = new Avx2Kernels(2) { MultipliesBytes = false };
        RequireEqual(KernelCase.All[name].Run(definition), name, kernels, "avx2 without VNNI");
    }

    private static void RequireEqual(long[] expected, string name, Kernels kernels, string kind)
    {
        long[] actual = KernelCase.All[name].Run(kernels);
        Assert.Equal(expected.Length, actual.Length);
        int[] differing = [.. Enumerable.Range(0, expected.Length).Where(i => expected[i] != actual[i])];
        Assert.True(differing.Length == 0, $"{name}: {kind} differs from the definition in {differing.Length} of {expected.Length} numbers, first at {differing.FirstOrDefault()}.");
    }
}
