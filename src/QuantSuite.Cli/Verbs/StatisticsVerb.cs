using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation.Reporting;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Statistics;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>statistics</c>: AbsMax, standard deviation and kurtosis of weights, activations and KV cache, by which 2402.18158 explains what quantizes badly.</summary>
public sealed class StatisticsVerb : Verb
{
    private readonly ModelOptions model = new();
    private readonly Option<int> sequences = new("--sequences") { Description = "Sequences of the calibration text that are run.", DefaultValueFactory = _ => 16 };
    private readonly Option<bool> layers = new("--layers") { Description = "A line for each layer; else one for each kind over all layers." };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON, each layer and each kind." };

    private readonly Option<bool> save = new("--save") { Description = "Keep each layer's figures beside the results, where the page shows them." };

    /// <summary>The verb.</summary>
    public StatisticsVerb()
        : base("statistics", "Show AbsMax, Std and Kurtosis of weights, activations, keys and values over a calibration text.",
            "statistics microworld-s",
            "statistics microworld-m --recipe rtn-int2-g32 --save",
            "statistics ../shared/models/smollm2-135m-instruct --calibration wikitext2 --data ../shared/data --layers",
            "statistics microworld-m --recipe quarot-int4 --json")
    {
        model.AddTo(this);
        Add(sequences);
        Add(layers);
        Add(json);
        Add(save);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        int count = arguments.GetValue(sequences);
        if (count < 1)
            throw new CalibrationException($"--sequences is {count}, expected at least 1.");
        return model.With(arguments, terminal, cancellation, (loaded, source) =>
        {
            CalibrationTokens tokens = source.Draw(loaded.Tokenizer, loaded.MaxLength, count);
            var progress = new Evaluation.Rows.ImmediateProgress<Quantization.QuantizationProgress>(done => terminal.Progress($"block {done.DoneBlockCount} of {done.BlockCount} measured"));
            IReadOnlyList<TensorStatistics> all = TensorStatistics.Of(loaded, tokens, progress, cancellation);
            if (arguments.GetValue(save))
                DiagnosisFile.Update(EvalSettings.FromEnvironment().Results, loaded.Name, loaded.Identity.Recipe, before => before with { Tensors = [.. all.Select(Kept)] });
            if (arguments.GetValue(json))
                terminal.WriteJson(new
                {
                    model = loaded.Name,
                    recipe = loaded.Identity.Recipe,
                    text = tokens.Name,
                    kinds = TensorStatistics.ByKind(all).Select(line => Row(line.Role, line.Kind, null, line.Moments)),
                    layers = all.Select(line => Row(line.Role, line.Kind, line.Layer, line.Moments)),
                });
            else
                Print(all, arguments.GetValue(layers), tokens, terminal);
            return ExitCode.Done;
        });
    }

    private static TensorLine Kept(TensorStatistics line) =>
        new(line.Role.ToString().ToLowerInvariant(), line.Kind, line.Layer, line.Moments.AbsMax, line.Moments.Std, line.Moments.Kurtosis);

    private static void Print(IReadOnlyList<TensorStatistics> all, bool byLayer, CalibrationTokens tokens, Terminal terminal)
    {
        IEnumerable<(TensorRole Role, string Kind, string Layer, Moments Moments)> lines = byLayer
            ? all.Select(line => (line.Role, line.Kind, $"{line.Layer}", line.Moments))
            : TensorStatistics.ByKind(all).Select(line => (line.Role, line.Kind, "all", line.Moments));
        terminal.WriteTable(["What", "Kind", ">Layer", ">Values", ">AbsMax", ">Std", ">Kurtosis"], lines.Select(line => (string[])
        [
            line.Role.ToString().ToLowerInvariant(), line.Kind, line.Layer, $"{line.Moments.Count}", Text(line.Moments.AbsMax), Text(line.Moments.Std), Text(line.Moments.Kurtosis),
        ]));
        terminal.Out.WriteLine($"weights as stored; activations, keys (after RoPE) and values over {tokens.Name}. Kurtosis is 3 for a normal distribution.");
    }

    private static object Row(TensorRole role, string kind, int? layer, Moments moments) =>
        new { role, kind, layer, count = moments.Count, abs_max = moments.AbsMax, mean = moments.Mean, std = moments.Std, kurtosis = moments.Kurtosis };

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
