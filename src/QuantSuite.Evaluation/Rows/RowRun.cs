using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Sentinels;
using QuantSuite.Models;
using QuantSuite.Models.Chat;
using QuantSuite.Numerics;

namespace QuantSuite.Evaluation.Rows;

/// <summary>
/// Runs one row, for the tests and for the command line alike: the task, then the result on disk, then the verdict against the approved baseline.
/// </summary>
public static class RowRun
{
    /// <summary>Runs a row on its loaded model.</summary>
    /// <param name="progress">Called after every answer.</param>
    /// <param name="loaded">Shown the items before the first of them is asked.</param>
    /// <exception cref="EvalDataException">The task's data is absent or broken.</exception>
    /// <exception cref="IOException">The result cannot be saved.</exception>
    public static RowOutcome Run(EvalRow row, DecoderModel model, EvalSettings settings, Action<EvalProgress>? progress = null, CancellationToken cancellation = default,
        Action<IReadOnlyList<EvalItem>>? loaded = null)
    {
        IReadOnlyList<EvalItem> asked = [];
        EvalOptions options = Options(row, model, settings) with { Loaded = Take, Progress = progress };
        EvalResult result = Traced(EvalRunner.Run(row.Task, model, options, cancellation), model, asked);
        EvalResultFile.Write(settings.Results, result);
        return new RowOutcome(result, new BaselineStore(settings.Baselines).Check(result), AgainstFull(settings, result), settings);

        void Take(IReadOnlyList<EvalItem> items)
        {
            asked = items;
            loaded?.Invoke(items);
        }
    }

    /// <summary>Asks the model, and writes nothing but the cache.</summary>
    /// <param name="cache">The folder of the answer cache, or null to compute everything.</param>
    /// <exception cref="EvalDataException">The task's data is absent or broken.</exception>
    public static EvalResult Evaluate(
        EvalRow row, DecoderModel model, EvalSettings settings, string? cache, Action<EvalProgress>? progress = null, CancellationToken cancellation = default)
    {
        EvalOptions options = Options(row, model, settings);
        return EvalRunner.Run(row.Task, model, options with { CacheFolder = cache, Progress = progress }, cancellation);
    }

    /// <summary>Runs a row until it is decided (<see cref="SequentialRun"/>). Saves nothing but answers.</summary>
    /// <exception cref="ArgumentException">The row cannot stop early; the message says why.</exception>
    /// <exception cref="InvalidDataException">Its baseline is damaged.</exception>
    public static SequentialVerdict? RunUntilDecided(EvalRow row, DecoderModel model, EvalSettings settings, CancellationToken cancellation = default) =>
        new BaselineStore(settings.Baselines).Read(row.Key) is { } approved
            ? SequentialRun.Run(row.Task, model, approved, Options(row, model, settings), cancellation) : null;

    /// <summary>What the runner is told of a row.</summary>
    public static EvalOptions Options(EvalRow row, DecoderModel model, EvalSettings settings) => new()
    {
        Data = new EvalData(settings.DataFolders),
        Family = row.Model.Family,
        Quantization = ProofOf(model),
        Environment = Host.Describe(model.Kernels.Name, model.Kernels.ThreadCount),
        Limit = settings.Limit,
        Chat = settings.Chat ? ChatTemplate.Load(row.Model.Path) : null,
        MaxNewTokens = settings.MaxNewTokens,
        MaxPromptTokens = settings.MaxPromptTokens,
        CacheFolder = settings.Cache,
    };

    // Where numbers stop being numbers, by the first item that shows it.
    private static EvalResult Traced(EvalResult result, DecoderModel model, IReadOnlyList<EvalItem> items)
    {
        int first = Enumerable.Range(0, result.Items.Count).FirstOrDefault(i => SentinelWatch.IsBroken(result.Items[i]), -1);
        if (first < 0)
            return result;
        string? place = ItemSequences.Of(model, items[first], result.Items[first]).Select(sequence => NonFiniteTrace.Of(model, sequence.Ids.AsSpan(..^1))).FirstOrDefault(found => found is not null);
        return result with
        {
            Sentinels = [.. result.Sentinels.Select(sentinel => sentinel.Name == SentinelWatch.NotFinite && place is not null
                ? sentinel with { Words = $"{sentinel.Words}; first {place} (item {result.Items[first].Id})" } : sentinel)],
        };
    }

    private static QuantizationProof ProofOf(DecoderModel model)
    {
        Weight[] linears = [.. model.Linears];
        return new QuantizationProof(model.BitsPerWeight, model.WeightBytes, linears.Count(linear => linear.Panels is not DensePanels), linears.Length)
        {
            RouterCount = model.Architecture.Routers.Count(),
        };
    }

    // The full-precision run of the same items, where one lies in the results; it is reported, never judged.
    private static Comparison? AgainstFull(EvalSettings settings, EvalResult result)
    {
        string full = EvalResultFile.PathOf(settings.Results, ResultKey.Of(result) with { Recipe = "fp32" });
        if (result.Recipe == "fp32" || !File.Exists(full))
            return null;
        try
        {
            return Comparison.Of(EvalResultFile.Read(full), result);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidDataException)
        {
            return null;
        }
    }
}
