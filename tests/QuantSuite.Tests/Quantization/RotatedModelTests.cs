using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Methods;
using Xunit;
using Xunit.Abstractions;

namespace QuantSuite.Tests.Quantization;

/// <summary>LLM.int8(), HQQ, OmniQuant, QuIP and QuaRot from a recipe to logits.</summary>
public class RotatedModelTests(ITestOutputHelper output)
{
    public static TheoryData<string> Recipes() =>
        ["hqq-int3-g32", "omniquant-int3-g32", "quip-int2", "quarot-int4-g32", "quarot+gptq-int4-g32", "quarot-int4-g32-kv4", "quip+gptq-int3"];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void PackedWeightsGiveTheBitsOfTheirDequantizedTwins(string recipe)
    {
        using var kernels = Kernels.Create(2);
        using DecoderModel model = QuantizedMicroWorld.Load(recipe, kernels), full = QuantizedMicroWorld.Load("fp32", kernels);
        Assert.All(model.Linears, linear => Assert.IsType<QuantizedMatrix>(linear.Panels));
        output.WriteLine($"{recipe}: logits differ by {QuantizedMicroWorld.LogitDifference(full, model):G4} at {model.BitsPerWeight:F3} bits");
        using Matrix packed = model.Logits(QuantizedMicroWorld.Ids), stepwise = model.Logits(QuantizedMicroWorld.Ids.AsSpan(0, 40), stepwise: true);
        Assert.True(stepwise.Span.SequenceEqual(packed.Slice(0, 40).Span));
        foreach (Weight linear in model.Linears)
        {
            using Matrix values = linear.Panels.ToMatrix();
            linear.Store(new DensePanels(values, NumericFormats.Fp32));
        }
        using Matrix dequantized = model.Logits(QuantizedMicroWorld.Ids);
        Assert.True(packed.Span.SequenceEqual(dequantized.Span));
    }

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData("quip-int2")]
    [InlineData("omniquant-int3-g32")]
    [InlineData("hqq-int3-g32")]
    [InlineData("quarot-int4-a8-kv4")]
    public void NeitherThreadsNorKernelsReachABit(string recipe)
    {
        using Kernels one = Kernels.Create(1, "scalar"), two = Kernels.Create(2);
        using DecoderModel first = QuantizedMicroWorld.Load(recipe, one), second = QuantizedMicroWorld.Load(recipe, two);
        using Matrix a = first.Logits(QuantizedMicroWorld.Ids.AsSpan(0, 24)), b = second.Logits(QuantizedMicroWorld.Ids.AsSpan(0, 24));
        Assert.True(a.Span.SequenceEqual(b.Span));
    }

    [Fact]
    public void MixedColumnsRunTheLinearsOfLlmInt8()
    {
        using var kernels = Kernels.Create(2);
        using DecoderModel full = QuantizedMicroWorld.Load("fp32", kernels), mixed = QuantizedMicroWorld.Load("llmint8-int8-a8-threshold2", kernels);
        Assert.All(mixed.Linears, linear => Assert.IsType<MixedColumns>(linear.Panels));
        Assert.Contains(mixed.Linears, linear => ((MixedColumns)linear.Panels).OutlierColumns.Length > 0);
        Assert.InRange(QuantizedMicroWorld.LogitDifference(full, mixed), 1e-9, 0.05);
        using Matrix whole = mixed.Logits(QuantizedMicroWorld.Ids), stepwise = mixed.Logits(QuantizedMicroWorld.Ids, stepwise: true);
        Assert.True(stepwise.Span.SequenceEqual(whole.Span));
    }

    [Theory]
    [InlineData("quip-int2", "")]
    [InlineData("quarot-int4-g32", "-kv4")]
    [InlineData("hqq-int3-g32", "")]
    [InlineData("irqlora-nf4-g64", "")]
    public void AWrittenFolderGivesTheSameBits(string recipe, string cache)
    {
        using var folder = new TestFolder();
        string target = folder["model"];
        using var kernels = Kernels.Create(2);
        using DecoderModel model = QuantizedMicroWorld.Load(recipe + cache, kernels);
        CheckpointWriter.Write(model, recipe, null, target);
        using DecoderModel written = Quantizer.Load(target, Recipe.Parse($"file{cache}"), kernels);
        using Matrix expected = model.Logits(QuantizedMicroWorld.Ids), actual = written.Logits(QuantizedMicroWorld.Ids);
        Assert.True(actual.Span.SequenceEqual(expected.Span));
    }

    [Theory]
    [InlineData("llmint8-int4", "8 bits on both sides")]
    [InlineData("quip-int3-g32", "without groups")]
    [InlineData("hqq-int4-a8", "real numbers")]
    [InlineData("omniquant-int4-tensor", "by channel or group")]
    public void RefusesSchemesItCannotRoundTo(string recipe, string expected) =>
        Assert.Contains(expected, Assert.Throws<RecipeException>(() => Recipe.Parse(recipe)).Message);

    [Fact]
    public void ClippingNeverLosesToPlainRounding()
    {
        var random = new SeededRandom(5);
        using Matrix weight = new(4, 96), x = new(200, 96);
        foreach (ref float value in weight.Span)
            value = (float)Math.Pow(random.NextDouble() - 0.5, 3);
        foreach (ref float value in x.Span)
            value = (float)random.NextDouble() - 0.3f;
        using var kernels = Kernels.Create(2);
        var hessian = new SquareMatrix(96);
        kernels.AddGram(x, hessian);
        hessian.Mirror();
        for (int row = 0; row < weight.Rows; row++)
        {
            ClippingGrid[] grids = OmniQuant.Search(weight.Row(row), hessian, 32, 2, symmetric: false);
            double plain = 0, clipped = 0;
            var plainErrors = new double[96];
            var clippedErrors = new double[96];
            for (int column = 0; column < 96; column++)
            {
                Span<float> group = weight.Row(row).Slice(column / 32 * 32, 32);
                QuantGrid grid = NumericFormats.Int(2).Fit(group, symmetric: false);
                plainErrors[column] = NumericFormats.Int(2).Decode(NumericFormats.Int(2).Encode(weight[row, column], grid), grid) - weight[row, column];
                clippedErrors[column] = grids[column / 32].Decode(grids[column / 32].Encode(weight[row, column])) - weight[row, column];
            }
            for (int i = 0; i < 96; i++)
                for (int j = 0; j < 96; j++)
                {
                    plain += plainErrors[i] * hessian[i, j] * plainErrors[j];
                    clipped += clippedErrors[i] * hessian[i, j] * clippedErrors[j];
                }
            Assert.InRange(clipped, 0, plain);
        }
    }
}
