using System.Collections.Concurrent;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>One model and recipe, however it is run: every logit has the same bits.</summary>
public class EqualBitsTests
{
    private static readonly string Model = Path.Combine(Goldens.RepositoryRoot, "evals", "models", "microworld-s");
    private static readonly int[] Ids = [0, .. Enumerable.Range(0, 70).Select(i => 256 + i * 37 % 700)];

    private static readonly ConcurrentDictionary<string, int[]> References = new();

    public static TheoryData<string, string, int> Runs()
    {
        var data = new TheoryData<string, string, int>();
        foreach (string recipe in (string[])["fp32", "rtn-int8", "rtn-int8-a8", "rtn-int4-g32", "rtn-int3-g32-kv8", "rtn-int2-g32-a8-kv4", "rtn-int5-g48", "rtn-nvfp4", "rtn-mxfp6-amxfp8", "rtn-fp8_e4m3-afp8_e4m3", "fp32-kv3-g16-tight", "fp32-kv2-kivi8", "rtn-int4-g32-kv2-g8-kivi21"])
            foreach (string kernels in (string[])["scalar", "avx2", "avx512"])
                foreach (int threads in (int[])[1, 2, 3])
                    data.Add(recipe, kernels, threads);
        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Runs))]
    public void KernelsThreadsAndStepsDoNotReachTheLogits(string recipe, string name, int threads)
    {
        int[] expected = Reference(recipe);
        using Kernels kernels = Open(name, threads);
        using DecoderModel model = Quantizer.Load(Model, Recipe.Parse(recipe), kernels);
        foreach (bool stepwise in new[] { false, true })
            using (Matrix logits = model.Logits(Ids, stepwise))
                Assert.Equal(expected, Bits(logits));
        model.PassTokenLimit = 7;
        using (Matrix logits = model.Logits(Ids))
            Assert.Equal(expected, Bits(logits));
    }

    [Theory]
    [InlineData("rtn-int4-g32")]
    [InlineData("rtn-int8")]
    [InlineData("rtn-int3-g48")]
    [InlineData("rtn-mxfp4")]
    [InlineData("rtn-mxfp6_e3m2")]
    [InlineData("rtn-mxint3-g16")]
    [InlineData("rtn-nvfp4")]
    [InlineData("rtn-nf4-g64")]
    [InlineData("rtn-nf4-dq")]
    [InlineData("rtn-nf3-g32")]
    [InlineData("rtn-ternary")]
    [InlineData("rtn-twn-tensor")]
    [InlineData("rtn-binary-g32")]
    [InlineData("rtn-binary-sym")]
    [InlineData("rtn-fp8_e5m2")]
    [InlineData("rtn-fp8_e4m3-afp8_e4m3")]
    [InlineData("rtn-int4-full-amxfp8")]
    public void PackedEqualsDequantized(string recipe)
    {
        int[] expected = Reference(recipe);
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = Quantizer.Load(Model, Recipe.Parse(recipe), kernels);
        foreach (Weight weight in model.Linears)
            using (Matrix twin = weight.Panels.ToMatrix())
                weight.Store(new DensePanels(twin, NumericFormats.Fp32), weight.Activations);
        using Matrix logits = model.Logits(Ids);
        Assert.Equal(expected, Bits(logits));
    }

    [Theory]
    [InlineData("fp32")]
    [InlineData("rtn-int4-g32-kv8")]
    [InlineData("rtn-int8-a8")]
    [InlineData("rtn-nvfp4-anvfp4")]
    [InlineData("fp32-kv2-kivi5")]
    [InlineData("fp32-kv3-g8-kivi0")]
    public void BatchMatesDoNotReachScores(string recipe)
    {
        string[] words = ["goat", "horse", "lamp", "owl", "king", "fish"];
        var requests = Enumerable.Range(0, 64).Select(i => new ScoreRequest(
            string.Concat(Enumerable.Repeat($"The {words[i % 6]} is in the {words[i / 6 % 6]}. ", 1 + i / 16)), i % 3 == 0 ? $" {words[i % 5]} sleeps" : " yes", 0)).ToList();
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = Quantizer.Load(Model, Recipe.Parse(recipe), kernels);
        ScoreAnswer[] together = Answers(model, requests);
        foreach (int size in new[] { 1, 7 })
        {
            model.PassTokenLimit = size == 1 ? 1024 : 24;
            Assert.True(together.SequenceEqual(requests.Chunk(size).SelectMany(chunk => Answers(model, chunk))));
        }
    }

    [Fact]
    public void BatchMatesDoNotReachGeneratedTexts()
    {
        var requests = Enumerable.Range(0, 24).Select(i => new GenerateRequest(
            $"line baker: {i}\nline goat: {i * 7 % 90}\nQuestion: line {(i % 2 == 0 ? "baker" : "goat")}?\nAnswer:", ["\n"], i % 5, 0, i % 2 == 0 ? " 12 34" : null)).ToList();
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = Quantizer.Load(Model, Recipe.Parse("rtn-int4-g32"), kernels);
        GenerateAnswer[] together = Generated(model, requests);
        model.ActiveSequenceLimit = 5;
        model.PassTokenLimit = 30;
        Assert.True(together.SequenceEqual(requests.Chunk(7).SelectMany(chunk => Generated(model, chunk))));
        Assert.True(together.SequenceEqual(requests.SelectMany(request => Generated(model, [request]))));
    }

    private static ScoreAnswer[] Answers(DecoderModel model, IReadOnlyList<ScoreRequest> requests)
    {
        var answers = new ScoreAnswer[requests.Count];
        model.Score(requests, (i, answer) => answers[i] = answer);
        return answers;
    }

    private static GenerateAnswer[] Generated(DecoderModel model, IReadOnlyList<GenerateRequest> requests)
    {
        var answers = new GenerateAnswer[requests.Count];
        model.GenerateUntil(requests, (i, answer) => answers[i] = answer);
        return answers;
    }

    private static int[] Reference(string recipe) => References.GetOrAdd(recipe, Compute);

    private static int[] Compute(string recipe)
    {
        using Kernels kernels = new ScalarKernels(1);
        using DecoderModel model = Quantizer.Load(Model, Recipe.Parse(recipe), kernels);
        using Matrix logits = model.Logits(Ids);
        return Bits(logits);
    }

    private static Kernels Open(string name, int threads)
    {
        try
        {
            return Kernels.Create(threads, name);
        }
        catch (ArgumentException missing)
        {
            Skip.If(true, missing.Message);
            throw;
        }
    }

    private static int[] Bits(Matrix matrix) => System.Runtime.InteropServices.MemoryMarshal.Cast<float, int>(matrix.Span).ToArray();
}
