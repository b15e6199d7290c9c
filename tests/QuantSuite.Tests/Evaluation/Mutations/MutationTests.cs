using System.Globalization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Evaluation.Statistics;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Tests.Quantization;
using QuantSuite.Tests.Repository;
using Xunit;
using Xunit.Abstractions;

namespace QuantSuite.Tests.Evaluation.Mutations;

/// <summary>
/// The gate is tested as a gate: faults are put into models that are right, and rows are judged against the baseline of the right model. docs/mutations.md holds the table; set
/// QUANTSUITE_WRITE_DOCS=1 to write it anew.
/// </summary>
[Trait("Speed", "Slow")]
public sealed class MutationTests(ITestOutputHelper output) : IDisposable
{
    private const double Harm = 0.01;
    private const string Document = "docs/mutations.md";

    private static readonly string[] Tasks = ["stories", "entailment", "tracking", "lastword", "arithmetic", "translation", "program", "multidoc"];

    private readonly TestFolder folder = new();
    private readonly Kernels kernels = Kernels.Create(2);
    private readonly EvalData data = new([SuiteFolders.EmbeddedData]);

    [Fact]
    public void EveryFaultShowsAndEveryHarmfulOneFails()
    {
        var findings = new List<Finding>();
        foreach (var group in Mutations.All.GroupBy(mutation => mutation.Recipe))
        {
            (MutableModel right, UnroundedValues kept) = Load(group.Key, null);
            using (kept)
            using (right.Model)
            {
                Baseline[] baselines = [.. Answers(right.Model).Select(Baseline.Of)];
                findings.AddRange(group.Select(mutation => Judge(mutation, right.Model, baselines)));
            }
        }
        Finding[] ordered = [.. Mutations.All.Select(mutation => findings.Single(finding => finding.Mutation == mutation))];
        string table = Table(ordered);
        output.WriteLine(table);
        Hold(table);
        Assert.All(ordered, finding => Assert.True(finding.Changed.Length > 0, $"{finding.Mutation.Name} changes no row"));
        Assert.All(ordered.Where(finding => finding.Kl > Harm && !finding.Mutation.Helps), finding => Assert.True(finding.Failed.Length > 0, $"{finding.Mutation.Name}: KL {finding.Kl} fails no row"));
        Assert.All(ordered.Where(finding => finding.Mutation.Helps), finding => Assert.Contains(finding.Verdicts, verdict => verdict.Kind == VerdictKind.Improved));
    }

    [Fact]
    public void RefactoringsThatChangeNothingChangeNoBit()
    {
        (MutableModel right, UnroundedValues kept) = Load("rtn-int4-g32", null);
        using (kept)
        using (right.Model)
        {
            Baseline[] baselines = [.. Answers(right.Model).Select(Baseline.Of)];
            foreach (Weight weight in right.Model.Linears)
                weight.Store(MutableModel.Repacked((QuantizedMatrix)weight.Panels));
            right.Model.PassTokenLimit = 77;
            right.Model.ActiveSequenceLimit = 5;
            using DecoderModel wired = right.Before((_, _) => true);
            Assert.All(baselines.Zip(Answers(wired)), row => Assert.Equal(VerdictKind.Equal, row.First.Compare(row.Second).Kind));
        }
    }

    public void Dispose()
    {
        kernels.Dispose();
        folder.Dispose();
    }

    private Finding Judge(Mutation mutation, DecoderModel right, Baseline[] baselines)
    {
        (MutableModel loaded, UnroundedValues kept) = Load(mutation.Recipe, mutation.Config);
        using (kept)
        using (loaded.Model)
        {
            using DecoderModel faulty = mutation.Inject(loaded);
            Verdict[] verdicts = [.. baselines.Zip(Answers(faulty)).Select(row => row.First.Compare(row.Second))];
            return new Finding(mutation, Kl(right, faulty, mutation.InDecode), verdicts);
        }
    }

    private (MutableModel Model, UnroundedValues Unrounded) Load(string recipe, (string Old, string New)? config)
    {
        string path = QuantizedMicroWorld.Folder;
        if (config is { } change)
        {
            path = folder[Path.Combine($"{change.New.GetHashCode(StringComparison.Ordinal)}", "microworld-s")];
            Directory.CreateDirectory(path);
            foreach (string file in Directory.GetFiles(QuantizedMicroWorld.Folder))
                File.Copy(file, Path.Combine(path, Path.GetFileName(file)), overwrite: true);
            string text = File.ReadAllText(Path.Combine(path, "config.json"));
            Assert.Contains(change.Old, text);
            File.WriteAllText(Path.Combine(path, "config.json"), text.Replace(change.Old, change.New));
        }
        var unrounded = new UnroundedValues();
        CalibrationTokens? tokens = null;
        DecoderModel model = Quantizer.Load(path, Recipe.Parse(recipe), kernels, unrounded: unrounded, calibration: (_, tokenizer, _) => tokens = Draw(tokenizer));
        return (new MutableModel(model, unrounded, tokens ?? new CalibrationTokens("none", [])), unrounded);
    }

    private static CalibrationTokens Draw(QuantSuite.Models.Tokenization.Tokenizer tokenizer) => new CalibrationTexts([SuiteFolders.EmbeddedData]).Draw("microworld", tokenizer, 128, 16);

    private IEnumerable<EvalResult> Answers(DecoderModel model)
    {
        ModelLocation location = ModelLocation.Open(QuantizedMicroWorld.Folder);
        foreach (string task in Tasks)
        {
            var row = new EvalRow(location, EvalTasks.Get(task), model.Identity.Recipe);
            yield return EvalRunner.Run(row.Task, model, RowRun.Options(row, model, new EvalSettings()) with { CacheFolder = null });
        }
    }

    private double Kl(DecoderModel right, DecoderModel faulty, bool stepwise)
    {
        double sum = 0;
        int count = 0;
        foreach (TextItem item in EvalTasks.Get("stories").Load(data).Take(stepwise ? 5 : 20).Cast<TextItem>())
        {
            int[] ids = right.Encode(item.Request)[0].Ids;
            using Matrix b = right.Logits(ids, stepwise), q = faulty.Logits(ids, stepwise);
            for (int row = 0; row + 1 < ids.Length; row++, count++)
                sum += TokenDivergence.Of(b.Row(row), q.Row(row), ids[row + 1]).Kl;
        }
        return sum / count;
    }

    private static string Table(IEnumerable<Finding> findings)
    {
        string Row(Finding finding)
        {
            (double points, string task) = finding.Worst;
            return string.Create(CultureInfo.InvariantCulture,
                $"| {finding.Mutation.Name} | {finding.Mutation.Where} | `{finding.Mutation.Recipe}` | {finding.Kl:0.00e+0} | {100 * (Math.Exp(-finding.Nats) - 1):+0.00;-0.00;0.00} % | ")
                + string.Create(CultureInfo.InvariantCulture, $"{points:+0.0;-0.0;0.0}{(points == 0 ? "" : $" ({task})")} | {finding.Changed.Length} of {Tasks.Length} | ")
                + $"{(finding.Failed.Length > 0 ? string.Join(", ", finding.Failed) : finding.Improved.Length > 0 ? $"none; improved: {string.Join(", ", finding.Improved)}" : "none")} |";
        }

        return "| fault | where | recipe | KL, nats | perplexity | worst row, points | rows changed | rows that fail |\n|---|---|---|---|---|---|---|---|\n" + string.Join('\n', findings.Select(Row)) + "\n";
    }

    private static void Hold(string table)
    {
        string path = SourceTree.FullPath(Document), text = File.ReadAllText(path);
        int start = text.IndexOf("| fault |", StringComparison.Ordinal), end = text.IndexOf("\n\n", start, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("QUANTSUITE_WRITE_DOCS") == "1")
            File.WriteAllText(path, text[..start] + table + text[(end + 1)..]);
        else
            Assert.Equal(text[start..(end + 1)], table);
    }

    /// <summary>What the rows said of a fault.</summary>
    private sealed record Finding(Mutation Mutation, double Kl, Verdict[] Verdicts)
    {
        public string[] Changed => [.. Verdicts.Where(verdict => verdict.Kind != VerdictKind.Equal).Select(verdict => verdict.Key.Task)];

        public string[] Failed => [.. Verdicts.Where(verdict => verdict.Fails()).Select(verdict => verdict.Key.Task)];

        public string[] Improved => [.. Verdicts.Where(verdict => verdict.Kind == VerdictKind.Improved).Select(verdict => verdict.Key.Task)];

        // Nats a token of the stories.
        public double Nats => Verdicts[0].Comparison!.Change;

        // The share that changed most, in points.
        public (double Points, string Task) Worst => Verdicts[1..].Select(verdict => (100 * verdict.Comparison!.Change, verdict.Key.Task)).MinBy(row => row.Item1);
    }
}
