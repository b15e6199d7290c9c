using QuantSuite.Evaluation.Baselines;
using QuantSuite.Models;
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
        EvalOptions options = Options(row, model, settings) with { Loaded = loaded, Progress = progress };
        EvalResult result = EvalRunner.Run(row.Task, model, options, cancellation);
        EvalResultFile.Write(settings.Results, result);
        return new RowOutcome(result, new BaselineStore(settings.Baselines).Check(result), AgainstFull(settings, result), settings);
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
        CacheFolder = settings.Cache,
    };

    private static QuantizationProof ProofOf(DecoderModel model)
    {
        Weight[] linears = [.. model.Linears];
        return new QuantizationProof(model.BitsPerWeight, model.WeightBytes, linears.Count(linear => linear.Panels is not DensePanels), linears.Length);
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
