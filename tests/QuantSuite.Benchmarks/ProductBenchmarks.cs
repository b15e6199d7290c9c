using BenchmarkDotNet.Attributes;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Benchmarks;

/// <summary>One product at SmolLM2-135M's shape 1536×576, by kernels, format and number of rows.</summary>
[InProcess]
public class ProductBenchmarks
{
    private Kernels kernels = null!;
    private Matrix x = null!, y = null!;
    private PanelMatrix weight = null!;

    [Params("avx512", "avx2")]
    public string Name { get; set; } = "";

    [Params("fp32", "bf16", "int8", "int4", "int3")]
    public string Format { get; set; } = "";

    [Params(1, 8, 64, 512)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        kernels = Kernels.Create(1, Name);
        x = Filling.Matrix(Rows, 576);
        y = new Matrix(Rows, 1536);
        weight = NumericFormats.Find(Format) is FloatingFormat floating
            ? Filling.Dense(1536, 576, floating)
            : Filling.Quantized(1536, 576, NumericFormats.Find(Format)!.Bits, 32, symmetric: false);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        kernels.Dispose();
        x.Dispose();
        y.Dispose();
        weight.Dispose();
    }

    [Benchmark]
    public void Multiply() => kernels.Multiply(x, weight, y);
}
