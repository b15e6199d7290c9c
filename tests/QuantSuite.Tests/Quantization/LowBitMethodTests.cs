using System.Runtime.InteropServices;
using QuantSuite.Models;
using QuantSuite.Models.Tokenization;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>Methods with a storage of their own, from the checkpoint to logits: the kernels run on what was packed, and no number knows of threads or vector width.</summary>
public class LowBitMethodTests
{
    private static readonly string Model = Path.Combine(Goldens.RepositoryRoot, "evals", "models", "microworld-s");
    private static readonly int[] Ids = [0, .. Enumerable.Range(0, 70).Select(i => 256 + i * 37 % 700)];

    public static TheoryData<string> Recipes =>
        ["spqr-int3", "spqr-int2-g32-threshold0.5", "pbllm-binary-g128", "pbllm-binary-salient0.2-magnitude", "billm-binary", "slimllm-int2-g32", "slimllm-int3-g32-lambda2",
            "anyprecision-int3", "anyprecision-int4", "anyprecision-int8", "dbllm-int2-g64"];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void PackedEqualsDequantized(string recipe)
    {
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = Load(recipe, kernels);
        Assert.Equal(recipe, Recipe.Parse(recipe).ToString());
        Assert.All(model.Linears, weight => Assert.IsNotType<DensePanels>(weight.Panels));
        using Matrix packed = model.Logits(Ids), stepwise = model.Logits(Ids, stepwise: true);
        Assert.Equal(Bits(packed), Bits(stepwise));
        Assert.All(packed.Span.ToArray(), value => Assert.True(float.IsFinite(value)));
        foreach (Weight weight in model.Linears)
            using (Matrix twin = weight.Panels.ToMatrix())
                weight.Store(new DensePanels(twin, NumericFormats.Fp32));
        using Matrix dequantized = model.Logits(Ids);
        Assert.Equal(Bits(packed), Bits(dequantized));
    }

    [SkippableTheory]
    [Trait("Speed", "Slow")]
    [InlineData("spqr-int3")]
    [InlineData("pbllm-binary-g128")]
    [InlineData("billm-binary")]
    [InlineData("slimllm-int2-g32")]
    [InlineData("anyprecision-int4")]
    [InlineData("dbllm-int2-g64")]
    public void ThreadsAndVectorsReachNoNumber(string recipe)
    {
        int[] expected = Logits(recipe, Kernels.Create(3));
        Assert.Equal(expected, Logits(recipe, Kernels.Create(1)));
        Skip.IfNot(System.Runtime.Intrinsics.X86.Fma.IsSupported, "no second vector width here");
        Assert.Equal(expected, Logits(recipe, Kernels.Create(1, "avx2")));
    }

    // Bits per weight as the storage of each method adds up; no part is left uncounted.
    [Theory]
    [InlineData("dbllm-int2-g32", 2 + 4 * 16 / 32.0)]
    [InlineData("billm-binary-g32", 3 + 8 * 16 / 32.0)]
    public void BitsPerWeightAreWhatIsStored(string recipe, double expected)
    {
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = Load(recipe, kernels);
        Assert.Equal(expected, model.BitsPerWeight, 1e-9);
    }

    [Fact]
    public void SpqrCountsCodesBothLevelsOfScalesAndSparseRows()
    {
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = Load("spqr-int3", kernels);
        foreach (Weight weight in model.Linears)
        {
            var storage = Assert.IsType<OutlierMatrix>(weight.Panels);
            long weights = (long)weight.Rows * weight.Columns, groups = weights / 16;
            Assert.InRange(storage.Count / (double)weights, 0, 0.1);
            Assert.Equal((weights * 3 + groups * 2 * 3 + groups / 16 * 4 * 32 + (weight.Rows + 1) * 32 + storage.Count * 32) / 8, weight.Panels.ByteCount);
        }
    }

    [Fact]
    public void SliMKeepsTheMeanOfItsBits()
    {
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = Load("slimllm-int2-g32", kernels);
        foreach (Weight weight in model.Linears)
        {
            IReadOnlyList<PanelMatrix> parts = weight.Panels is SegmentedMatrix segmented ? segmented.Segments : [weight.Panels];
            Assert.Equal(2L * weight.Columns, parts.Sum(part => (long)part.Columns * (part is QuantizedMatrix integers ? integers.Format.Bits : 1)));
        }
    }

    [Fact]
    public void EveryWidthIsTheTopBitsOfOneStore()
    {
        using Kernels kernels = Kernels.Create(2);
        using var weight = new Matrix(20, 96);
        var random = new SeededRandom(3);
        foreach (ref float value in weight.Span)
            value = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
        float[] sensitivities = [.. Enumerable.Range(0, 96).Select(_ => (float)random.NextDouble())];
        using NestedMatrix store = AnyPrecision.Nest(weight, sensitivities, 40, kernels);
        double before = double.PositiveInfinity;
        for (int bits = AnyPrecision.SeedBits; bits <= AnyPrecision.ParentBits; bits++)
        {
            store.Bits = bits;
            double error = 0;
            for (int row = 0; row < 20; row++)
                for (int column = 0; column < 96; column++)
                {
                    Assert.Equal(store.Value(bits, row, column / 40, store.Code(row, column) >> (AnyPrecision.ParentBits - bits)), store[row, column]);
                    error += sensitivities[column] * Math.Pow(store[row, column] - weight[row, column], 2);
                }
            Assert.True(error < before, $"{bits} bits have an error of {error}, one bit less {before}");
            Assert.Equal(32 * (96 * bits + 3 * (16 << bits)) / 8, store.ByteCount);
            before = error;
        }
    }

    // A model in memory, switched from width to width: each time the bits of a model that was made for that width.
    [Fact]
    public void OneModelServesEveryWidth()
    {
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = Load("anyprecision-int8", kernels);
        foreach (int bits in (int[])[3, 4, 6])
        {
            foreach (Weight weight in model.Linears)
                ((NestedMatrix)weight.Panels).Bits = bits;
            using Matrix logits = model.Logits(Ids);
            Assert.Equal(Logits($"anyprecision-int{bits}", Kernels.Create(2)), Bits(logits));
        }
    }

    [Theory]
    [InlineData("spqr-int4-sym", "spqr rounds to")]
    [InlineData("spqr-int8-a8", "weights only")]
    [InlineData("spqr-int3-tensor", "by row and group")]
    [InlineData("billm-int2", "billm rounds to binary")]
    [InlineData("anyprecision-int2", "int3 to int8")]
    [InlineData("dbllm-int4", "int2 to int2")]
    public void SaysWhatItCannotRoundTo(string recipe, string expected)
    {
        using Kernels kernels = Kernels.Create(2);
        Assert.Contains(expected, Assert.Throws<RecipeException>(() => Load(recipe, kernels)).Message);
    }

    private static int[] Logits(string recipe, Kernels kernels)
    {
        using (kernels)
        using (DecoderModel model = Load(recipe, kernels))
        using (Matrix logits = model.Logits(Ids))
            return Bits(logits);
    }

    private static DecoderModel Load(string recipe, Kernels kernels) => Quantizer.Load(Model, Recipe.Parse(recipe), kernels, calibration: Text);

    private static CalibrationTokens Text(Recipe recipe, Tokenizer tokenizer, int maxLength) =>
        new CalibrationTexts([Path.Combine(Goldens.RepositoryRoot, "evals", "data")]).Draw("microworld", tokenizer, 64, 16);

    private static int[] Bits(Matrix matrix) => MemoryMarshal.Cast<float, int>(matrix.Span).ToArray();
}
