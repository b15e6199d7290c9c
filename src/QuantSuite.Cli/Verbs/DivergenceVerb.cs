using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Reporting;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Evaluation.Statistics;
using QuantSuite.Models;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Cli.Verbs;

/// <summary>
/// <c>divergence</c>: how far a recipe moves the distribution of the next token, under llama.cpp's names; exactly against a second model that runs beside
/// it, or as a certified
/// lower bound against recorded top-k distributions.
/// </summary>
public sealed class DivergenceVerb : Verb
{
    private const int UsualWidth = 64;

    private readonly ModelOptions model = new();
    private readonly Option<string> full = new("--base") { Description = "The recipe of the base model.", DefaultValueFactory = _ => "fp32" };
    private readonly Option<int> sequences = new("--sequences") { Description = "Sequences of the calibration text that are compared.", DefaultValueFactory = _ => 4 };
    private readonly Option<string?> record = new("--record") { Description = "Record this recipe's top-k distributions in a file, and compare nothing." };
    private readonly Option<string?> against = new("--against") { Description = "Compare with a recorded file: a lower bound of the divergence." };
    private readonly Option<int> top = new("--top") { Description = "k of --record.", DefaultValueFactory = _ => UsualWidth };
    private readonly Option<bool> save = new("--save") { Description = "Keep the comparison with --base beside the results, for the page." };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };

    /// <summary>The verb.</summary>
    public DivergenceVerb()
        : base("divergence", "Compare the distributions of the next token: KL both ways, Jensen-Shannon, top-1 agreement, Δp.",
            "divergence microworld-m --recipe rtn-int4-g32", "divergence microworld-m --record base.dist", "divergence microworld-m --recipe rtn-int3-g32 --against base.dist --json")
    {
        model.AddTo(this);
        foreach (Option option in (Option[])[full, sequences, record, against, top, save, json])
            Add(option);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        if (arguments.GetValue(sequences) < 1 || arguments.GetValue(top) < 1)
            throw new SettingsException("--sequences and --top are counts, expected at least 1.");
        return model.With(arguments, terminal, cancellation, (judged, source) =>
        {
            CalibrationTokens text = source.Draw(judged.Tokenizer, judged.MaxLength, arguments.GetValue(sequences));
            if (arguments.GetValue(record) is { } file)
                return Record(judged, text, file, arguments.GetValue(top), terminal);
            IReadOnlyList<Metric> metrics = arguments.GetValue(against) is { } recorded
                ? Bounds(judged, text, DistributionFile.Read(recorded)) : Exact(judged, text, arguments, terminal, cancellation);
            Print(metrics, text, arguments.GetValue(json), terminal);
            return ExitCode.Done;
        });
    }

    private static int Record(DecoderModel judged, CalibrationTokens text, string path, int k, Terminal terminal)
    {
        var positions = new List<CoarseDistribution>();
        foreach (int[] ids in text.Sequences)
            EachRow(judged, ids, (_, row) => positions.Add(CoarseDistribution.Of(row, k)));
        string origin = $"{judged.Name} · {judged.Identity.Recipe} · {judged.Identity.Weights}";
        new DistributionFile(judged.Architecture.Head.Rows, origin, DistributionFile.HashOf(text.Sequences), positions).Write(path);
        terminal.Out.WriteLine($"{positions.Count} positions of {text.Name}, {k} tokens each: {path}, {new FileInfo(path).Length} bytes");
        return ExitCode.Done;
    }

    private IReadOnlyList<Metric> Exact(DecoderModel judged, CalibrationTokens text, ParseResult arguments, Terminal terminal, CancellationToken cancellation) =>
        model.Beside(judged, Recipe.Parse(arguments.GetRequiredValue(full)), arguments, terminal, cancellation,
            other =>
            {
                DivergenceSummary summary = ModelDivergence.Of(other, judged, text.Sequences, cancellation: cancellation);
                if (arguments.GetValue(save))
                    DiagnosisFile.Update(EvalSettings.FromEnvironment().Results, judged.Name, judged.Identity.Recipe, before => before with { Divergence = Divergence.Of(text.Name, summary) });
                return summary.Metrics();
            });

    private static IReadOnlyList<Metric> Bounds(DecoderModel judged, CalibrationTokens text, DistributionFile file)
    {
        if (file.SequencesHash != DistributionFile.HashOf(text.Sequences) || file.VocabularySize != judged.Architecture.Head.Rows)
            throw new SettingsException($"The recorded distributions ({file.Origin}) are of other sequences or another vocabulary than {text.Name}: record them again.");
        var bounds = new List<double>();
        var chunks = new List<string>();
        foreach (int[] ids in text.Sequences)
        {
            string chunk = $"{chunks.Count}";
            EachRow(judged, ids, (_, row) =>
            {
                bounds.Add(file.Positions[bounds.Count].LowerBound(row, DistributionFile.Slack));
                chunks.Add(chunk);
            });
        }
        double[] sorted = [.. bounds.Order()];
        return
        [
            new Metric("Mean KLD, at least", bounds.Average(), StandardError.OfRatio(bounds, [.. bounds.Select(_ => 1.0)], chunks), false, "nats"),
            new Metric("99.0% KLD, at least", Bootstrap.Quantile(sorted, 0.99), null, false, "nats"), new Metric("Maximum KLD, at least", sorted[^1], null, false, "nats"),
        ];
    }

    private static void EachRow(DecoderModel judged, int[] ids, LogitRow take)
    {
        using var stream = new LogitStream(judged, ids.AsSpan(0, ids.Length - 1));
        for (int first = 0; first < stream.RowCount; first += stream.RowLimit)
        {
            int count = Math.Min(stream.RowLimit, stream.RowCount - first);
            Numerics.Matrix rows = stream.Rows(first, count);
            for (int i = 0; i < count; i++)
                take(first + i, rows.Row(i));
        }
    }

    private static void Print(IReadOnlyList<Metric> metrics, CalibrationTokens text, bool json, Terminal terminal)
    {
        if (json)
        {
            terminal.WriteJson(new { text = text.Name, sequences = text.Sequences.Count, metrics });
            return;
        }
        terminal.WriteTable(["What", ">Value", ">±"], metrics.Select(metric => (string[])[metric.Name, Text(metric.Value), metric.StandardError is { } error ? Text(error) : ""]));
        terminal.Out.WriteLine($"{text.Sequences.Count} sequences of {text.Name}; ± robust against dependence within a sequence");
    }

    private static string Text(double value) => value.ToString("0.000000", CultureInfo.InvariantCulture);

    private delegate void LogitRow(int position, ReadOnlySpan<float> logits);
}
