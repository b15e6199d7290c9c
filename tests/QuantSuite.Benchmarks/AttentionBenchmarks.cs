using BenchmarkDotNet.Attributes;
using QuantSuite.Numerics;

namespace QuantSuite.Benchmarks;

/// <summary>One attention layer of SmolLM2-135M, by kernels: a prompt, and one more token for several sequences.</summary>
[InProcess]
public class AttentionBenchmarks
{
    private Kernels kernels = null!;
    private AttentionLayer prompt = null!, step = null!;

    [Params("avx512", "avx2")]
    public string Name { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        kernels = Kernels.Create(1, Name);
        prompt = new AttentionLayer(1, 512, 512);
        step = new AttentionLayer(32, 1, 512);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        kernels.Dispose();
        prompt.Dispose();
        step.Dispose();
    }

    [Benchmark]
    public void Prompt() => prompt.Attend(kernels);

    [Benchmark]
    public void OneTokenOf32Sequences() => step.Attend(kernels);
}
