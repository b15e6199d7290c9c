using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests;

/// <summary>
/// SmolLM2-135M-Instruct in float32 (its Q4_1 weights dequantized) from the GGUF file alone, loaded once for the classes of its collection; skips where it is
/// absent. The tests of WikiText-2 figures open its folder.
/// </summary>
[CollectionDefinition("SmolLM2")]
public sealed class SmolLm2Tests : ICollectionFixture<SmolLm2>;

/// <summary>The model.</summary>
public sealed class SmolLm2 : IDisposable
{
    private readonly Lazy<(Kernels Kernels, DecoderModel Model)> loaded = new(() =>
    {
        string path = Goldens.RequireShared("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
        Kernels kernels = Kernels.Create(Math.Min(2, Environment.ProcessorCount));
        return (kernels, Quantizer.Load(path, Recipe.Parse("fp32"), kernels));
    });

    public DecoderModel Model => loaded.Value.Model;

    public void Dispose()
    {
        if (loaded.IsValueCreated)
        {
            loaded.Value.Model.Dispose();
            loaded.Value.Kernels.Dispose();
        }
    }
}
