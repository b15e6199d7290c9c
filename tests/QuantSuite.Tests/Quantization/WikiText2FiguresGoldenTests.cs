using System.Globalization;
using System.Text.Json;
using QuantSuite.Models;
using QuantSuite.Models.Tokenization;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Tests.Repository;
using Xunit;
using Xunit.Abstractions;

namespace QuantSuite.Tests.Quantization;

/// <summary>
/// The WikiText-2 table of docs/methods.md, SmolLM2-135M: 20 chunks of 512, calibration as ../shared/goldens/perplexity/methods_gptq_rtn.json states. Each row is computed again and
/// printed, and must be the row of the document. By default plain rounding to 4 bits only; QUANTSUITE_FULL=1 computes all, minutes each.
/// </summary>
[Trait("Speed", "Slow")]
public sealed class WikiText2FiguresGoldenTests(ITestOutputHelper output)
{
    private const int ChunkCount = 20;
    private const int FirstCalibrationToken = 200_000;
    private const int SequenceCount = 32;
    private const int Length = 512;

    private static readonly bool Full = Environment.GetEnvironmentVariable("QUANTSUITE_FULL") == "1";

    public static TheoryData<string> Recipes => [.. Rows().Keys.Union(Runs() is { } runs ? runs.EnumerateObject().Select(run => run.Name) : [])];

    [SkippableTheory]
    [MemberData(nameof(Recipes))]
    public void TheDocumentHoldsTheFigure(string recipe)
    {
        Skip.IfNot(Full || recipe == "rtn-int4-g128", "minutes: set QUANTSUITE_FULL=1");
        (double[] chunks, double bits) = Measure(recipe);
        string row = Row(recipe, bits, Perplexity(chunks), Reference(recipe));
        output.WriteLine(row);
        if (Chunks(recipe) is { } expected && !recipe.StartsWith("gptq", StringComparison.Ordinal))
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], chunks[i], 1e-3 * expected[i]);
        else
            Assert.Contains(row, SourceTree.Read("docs/methods.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void PlainRoundingEqualsTheReference() => Assert.All(Rows().Where(row => row.Key.StartsWith("rtn-", StringComparison.Ordinal) && row.Value.Reference > 0), row =>
        Assert.Equal(row.Value.Reference, row.Value.Perplexity, 1e-3 * row.Value.Reference));

    [Fact]
    public void GptqIsNotWorseThanTheReference() => Assert.All(Rows().Where(row => row.Key.StartsWith("gptq-", StringComparison.Ordinal)), row =>
        Assert.InRange(row.Value.Perplexity, 1, 1.03 * row.Value.Reference));

    [Fact]
    public void MethodsStandInTheirPapersOrder()
    {
        Dictionary<string, Figure> rows = Rows();
        Assert.True(rows["awq-int3-g64"].Perplexity < rows["rtn-int3-g64"].Perplexity);
        Assert.True(rows["gptq-int4-g128"].Perplexity < rows["rtn-int4-g128"].Perplexity);
        Assert.True(rows["gptq-int3-g128"].Perplexity < rows["rtn-int3-g128"].Perplexity);
        Assert.True(rows["smoothquant-int8-a8"].Perplexity <= rows["rtn-int8-a8"].Perplexity);
    }

    private static string Row(string recipe, double bits, double perplexity, double reference) => string.Create(CultureInfo.InvariantCulture,
        $"| `{recipe}` | {bits:F3} | {perplexity:F3} | {(reference > 0 ? reference.ToString("F3", CultureInfo.InvariantCulture) : "")} |");

    private static double Perplexity(double[] chunks) => Math.Exp(chunks.Average());

    private static (double[] Chunks, double Bits) Measure(string recipe)
    {
        string text = File.ReadAllText(Goldens.RequireShared("data/wikitext2/wiki.test.raw"));
        using Kernels kernels = Kernels.Create();
        using DecoderModel model = Quantizer.Load(Goldens.RequireShared("models/smollm2-135m-instruct"), Recipe.Parse(recipe), kernels, calibration: (_, tokenizer, _) => Draw(text, tokenizer));
        RollingAnswer? answer = null;
        model.ScoreRolling([new RollingRequest(text, WindowRule.LlamaCpp(Length)) { Windows = ..ChunkCount }], (_, value) => answer = value);
        return ([.. answer!.Windows.Select(window => -window.LogLikelihood / window.TokenCount)], model.BitsPerWeight);
    }

    private static CalibrationTokens Draw(string text, Tokenizer tokenizer)
    {
        int[] ids = tokenizer.Encode(text, addSpecial: false);
        return new CalibrationTokens("wikitext2, as the reference", [.. Enumerable.Range(0, SequenceCount).Select(i =>
            ids[(FirstCalibrationToken + i * Length)..(FirstCalibrationToken + (i + 1) * Length)])]);
    }

    private static double Reference(string recipe) => Chunks(recipe) is { } chunks ? Perplexity(chunks) : 0;

    private static double[]? Chunks(string recipe) => Runs() is { } runs && runs.TryGetProperty(recipe, out JsonElement run)
        ? [.. run.GetProperty("nll_per_chunk").EnumerateArray().Select(value => value.GetDouble())]
        : null;

    private static JsonElement? Runs() => Path.Combine(Goldens.Root, "perplexity", "methods_gptq_rtn.json") is var path && File.Exists(path) ? Goldens.Json(path).GetProperty("runs") : null;

    // The rows of the document's table under its heading, by recipe.
    private static Dictionary<string, Figure> Rows()
    {
        string[] lines = SourceTree.Read("docs/methods.md").Split('\n');
        return lines.SkipWhile(line => !line.StartsWith("## WikiText-2", StringComparison.Ordinal)).Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToDictionary(cells => cells[1].Trim('`'), cells => new Figure(Number(cells[3]), Number(cells[4])));

        static double Number(string cell) => cell.Length == 0 ? 0 : double.Parse(cell, CultureInfo.InvariantCulture);
    }

    private sealed record Figure(double Perplexity, double Reference);
}
