using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;

namespace QuantSuite.Tests.Models;

/// <summary>SmolLM2-135M-Instruct, loaded once for a class of tests; skips where the checkpoint is absent.</summary>
public sealed class SmolLm2 : IDisposable
{
    private Kernels? kernels;
    private DecoderModel? model;

    public DecoderModel Fp32() => model ??= Load("fp32");

    public DecoderModel Load(string recipe) =>
        Quantizer.Load(Goldens.RequireShared("models/smollm2-135m-instruct"), Recipe.Parse(recipe), kernels ??= Kernels.Create());

    public void Dispose()
    {
        model?.Dispose();
        kernels?.Dispose();
    }
}
