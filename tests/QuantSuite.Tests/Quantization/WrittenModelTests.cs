using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>
/// A quantized model is a file: for every method and format, what is written and read again gives the bits of what was quantized, in the first layout that fits and in our own.
/// </summary>
public sealed class WrittenModelTests : IDisposable
{
    private static readonly Dictionary<string, string[]> RecipesOf = new()
    {
        ["rtn"] = ["rtn-int4-g32-mse", "rtn-int4-g48", "rtn-int4-tensor", "rtn-int8-a8", "rtn-int8-a8-tensor", "rtn-fp8_e4m3-afp8_e4m3", "rtn-nf4-g64-dq", "rtn-mxfp4-g64", "rtn-int3-full", "rtn-int4-g32-tight",
            "rtn-int4-g32[down_proj=int8][layers.0=bf16]"],
        ["gptq"] = ["gptq-int4-g32", "gptq-int3-g32-actorder", "gptq-int4-g32-static-actorder-mse", "gptq-int8-a8", "gptq-int4-g32[down_proj=int8][layers.0=fp16]"],
        ["awq"] = ["awq-int4-g32", "awq-int3-g32-noclip"],
        ["smoothquant"] = ["smoothquant-int8-a8", "smoothquant-int8-tensor-a8-tensor", "smoothquant+gptq-int4-a8"],
        ["llmint8"] = ["llmint8-int8-a8-threshold2", "llmint8-int8-a8-top3", "llmint8-int8-a8"],
        ["spqr"] = ["spqr-int3", "spqr-int2-g32-threshold0.5"],
        ["hqq"] = ["hqq-int3-g32"],
        ["omniquant"] = ["omniquant-int3-g32"],
        ["quip"] = ["quip-int2", "quip+gptq-int3"],
        ["quarot"] = ["quarot-int4-g32", "quarot+gptq-int4-g32", "quarot-int8-a8", "quarot-int4[layers.0=fp16]", "quarot+spqr-int3", "quarot+llmint8-int8-a8-threshold2", "quarot+slimllm-int2-g32"],
        ["irqlora"] = ["irqlora-nf4-g64"],
        ["pbllm"] = ["pbllm-binary-g128", "pbllm-binary-salient0.2-magnitude"],
        ["billm"] = ["billm-binary", "quarot+billm-binary-g32"],
        ["slimllm"] = ["slimllm-int2-g32"],
        ["anyprecision"] = ["anyprecision-int4", "quarot+anyprecision-int3"],
        ["dbllm"] = ["dbllm-int2-g64"],
    };

    private readonly TestFolder folder = new();

    public static TheoryData<string> Recipes => [.. RecipesOf.Values.SelectMany(recipes => recipes)];

    public static TheoryData<string> Formats => [.. NumericFormats.All.Where(format => !format.IsFullPrecision).Select(format => $"rtn-{format.Name}")];

    [Fact]
    public void EveryMethodIsHere()
    {
        Assert.Equal(QuantizationMethods.All.Select(method => method.Name).Order(), RecipesOf.Keys.Order());
        Assert.All(RecipesOf, pair => Assert.All(pair.Value, recipe => Assert.Contains(Recipe.Parse(recipe).Steps, step => step.Name == pair.Key)));
    }

    [Theory]
    [Trait("Speed", "Slow")]
    [MemberData(nameof(Recipes))]
    public void AMethodsModelIsReadAsItWasWritten(string recipe) => AssertSameBits(recipe);

    [Theory]
    [MemberData(nameof(Formats))]
    public void AFormatsModelIsReadAsItWasWritten(string recipe) => AssertSameBits(recipe);

    public void Dispose() => folder.Dispose();

    private void AssertSameBits(string recipe)
    {
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = QuantizedMicroWorld.Load(recipe, kernels);
        foreach (CheckpointFormat? layout in (CheckpointFormat?[])[null, CheckpointFormats.Own])
        {
            string target = folder[layout?.Name ?? "first"];
            Assert.True(CheckpointWriter.Write(model, recipe, layout, target).IsExact);
            using DecoderModel written = Quantizer.Load(target, Recipe.Parse("file"), kernels);
            Assert.Equal(model.BitsPerWeight, written.BitsPerWeight);
            foreach (bool stepwise in (bool[])[false, true])
            {
                int[] ids = QuantizedMicroWorld.Ids[..(stepwise ? 5 : 40)];
                using Matrix expected = model.Logits(ids, stepwise), actual = written.Logits(ids, stepwise);
                Assert.True(actual.Span.SequenceEqual(expected.Span), $"{recipe} in the {written.Checkpoint.Layout!.Scheme} layout, stepwise {stepwise}: other bits");
            }
        }
    }
}
