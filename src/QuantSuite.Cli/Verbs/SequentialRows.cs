using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;

namespace QuantSuite.Cli.Verbs;

/// <summary>
/// <c>run --sequential</c>: each row stops as soon as it is plain, and says how many items it used. Rows that cannot stop early say why and are left out.
/// </summary>
internal static class SequentialRows
{
    public static int Run(IReadOnlyList<EvalRow> picked, EvalSettings settings, bool json, Terminal terminal, CancellationToken cancellation)
    {
        var verdicts = new List<SequentialVerdict>();
        var models = new ModelLoader(settings.DataFolders, settings.CalibrationOf, settings.Cache, terminal.Say);
        using Kernels kernels = Kernels.Create(settings.ThreadCount);
        foreach (var group in picked.GroupBy(row => (row.Model.Path, row.Recipe)))
        {
            using DecoderModel model = models.Load(group.Key.Path, Recipe.Parse(group.Key.Recipe), kernels, terminal.Blocks, cancellation);
            foreach (EvalRow row in group)
                if (Decide(row, model, settings, terminal, cancellation) is { } verdict)
                    verdicts.Add(verdict);
        }
        if (json)
            terminal.WriteJson(verdicts);
        else
            terminal.Out.WriteLine($"{verdicts.Count} of {picked.Count} rows could stop early and used {verdicts.Sum(v => v.UsedCount)} of {verdicts.Sum(v => v.ItemCount)} items; nothing was saved");
        return verdicts.All(verdict => verdict.Kind != VerdictKind.Fail) ? ExitCode.Done : ExitCode.GateFailed;
    }

    private static SequentialVerdict? Decide(EvalRow row, DecoderModel model, EvalSettings settings, Terminal terminal, CancellationToken cancellation)
    {
        try
        {
            SequentialVerdict? verdict = RowRun.RunUntilDecided(row, model, settings, cancellation);
            terminal.Say(verdict?.Summary ?? $"left out: {row}: no approved baseline.");
            return verdict;
        }
        catch (Exception e) when (e is ArgumentException or NothingLeftException)
        {
            terminal.Say($"left out: {row}: {e.Message}");
            return null;
        }
    }
}
