using System.Diagnostics;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>Which kernels are chosen, and that those for AVX2 hold on a processor that has no more.</summary>
public sealed class KernelChoiceTests
{
    private const string WithoutAvx512 = "QUANTSUITE_TEST_WITHOUT_AVX512";

    [Fact]
    public void TheFastestKernelsAreTheDefault()
    {
        using Kernels kernels = Kernels.Create(1, "");
        Assert.Equal(Avx512Kernels.IsSupported ? "avx512" : Avx2Kernels.IsSupported ? "avx2" : "scalar", kernels.Name);
    }

    [Fact]
    public void AnUnknownNameListsTheKernels() =>
        Assert.Contains("scalar, avx2, avx512", Assert.Throws<ArgumentException>(() => Kernels.Create(1, "sse")).Message, StringComparison.Ordinal);

    [SkippableFact]
    public void TheRuntimeCanDoWithoutAvx512()
    {
        Skip.If(Environment.GetEnvironmentVariable(WithoutAvx512) is null, $"runs in the process that {nameof(Avx2KernelsHoldOnAProcessorWithoutAvx512)} starts");
        Assert.False(Avx512Kernels.IsSupported);
        Assert.True(Avx2Kernels.IsSupported);
    }

    // The kernels for AVX2 compile to other code there: every 512-bit vector of what they share falls into two halves.
    [SkippableFact]
    [Trait("Speed", "Slow")]
    public void Avx2KernelsHoldOnAProcessorWithoutAvx512()
    {
        Skip.IfNot(Avx512Kernels.IsSupported, "this processor has no AVX-512 to do without");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (string argument in (string[])["vstest", typeof(KernelChoiceTests).Assembly.Location,
            $"--TestCaseFilter:(FullyQualifiedName~{nameof(KernelEqualityTests)}&DisplayName~avx2)|FullyQualifiedName~{nameof(TheRuntimeCanDoWithoutAvx512)}"])
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_EnableAVX512"] = "0";
        start.Environment[WithoutAvx512] = "1";
        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, output);
        Assert.Matches(@"Failed: +0, Passed: +\d{3}, Skipped: +0", output);
    }
}
