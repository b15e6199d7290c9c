using System.Runtime.InteropServices;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Reporting;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace QuantSuite.Evals;

/// <summary>
/// What the rows of a test run share: the kernels, and the one model × recipe that is loaded. Rows come ordered, so each model × recipe is quantized once, and released
/// when the next is asked for. After the last row, passed or failed, the page is written. Ctrl-C ends the row under way; its answers are saved.
/// </summary>
public sealed class EvalSession : IDisposable
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(10);

    private readonly IMessageSink diagnostics;
    private readonly EvalMatrix matrix = EvalMatrix.Current;
    private readonly CancellationTokenSource stopped = new();
    private readonly PosixSignalRegistration[] signals;
    private readonly Kernels kernels;
    private readonly ModelLoader models;
    private readonly CalibrationLeaks leaks = new();
    private (string Path, string Recipe) loaded;
    private DecoderModel? model;
    private RunProgress? progress;
    private DateTime nextProgress = DateTime.UtcNow + ProgressInterval;

    /// <summary>Begins a run; xunit hands over the sink.</summary>
    public EvalSession(IMessageSink diagnostics)
    {
        this.diagnostics = diagnostics;
        kernels = Kernels.Create(matrix.Settings.ThreadCount);
        models = new ModelLoader(matrix.Settings.DataFolders, matrix.Settings.CalibrationOf, matrix.Settings.Cache, Say);
        signals = [.. ((PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM]).Select(signal => PosixSignalRegistration.Create(signal, Stop))];
    }

    /// <summary>Runs one row: quantized inference, the result saved, then compared with its baseline.</summary>
    public RowOutcome Run(ResultKey key)
    {
        EvalRow row = matrix[key];
        progress ??= new RunProgress(matrix.Picked); // known from the first row on: xunit makes fixtures before it orders rows
        try
        {
            stopped.Token.ThrowIfCancellationRequested();
            DecoderModel loadedModel = ModelOf(row);
            return RowRun.Run(row, loadedModel, matrix.Settings, Answered, stopped.Token, items =>
            {
                if (models.Calibration?.Drawn is { } drawn && leaks.Warning(drawn.Name, drawn.Text, row, items, loadedModel) is { } warning)
                    Say(warning);
            });
        }
        catch (OperationCanceledException)
        {
            throw new RowFailedException("stopped; the same command goes on where it stopped.");
        }
        finally
        {
            progress.Done();
        }

        void Answered(EvalProgress answered)
        {
            progress.Answered(row, answered);
            Show(progress.Text);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        model?.Dispose();
        kernels.Dispose();
        HtmlReport.Write(matrix.Settings.Results, matrix.Settings.Baselines, matrix.Settings.Page);
        Say($"page: {matrix.Settings.Page}");
        foreach (PosixSignalRegistration signal in signals)
            signal.Dispose();
        stopped.Dispose();
    }

    private DecoderModel ModelOf(EvalRow row)
    {
        if (model is not null && loaded == (row.Model.Path, row.Recipe))
            return model;
        model?.Dispose();
        model = null;
        Say($"{row.Model.Name} · {row.Recipe}: quantizing");
        var blocks = new ImmediateProgress<QuantizationProgress>(done => Show(() => $"{row.Model.Name} · {row.Recipe}: block {done.DoneBlockCount} of {done.BlockCount} quantized"));
        model = models.Load(row.Model.Path, matrix.RecipeOf(row), kernels, blocks, stopped.Token);
        loaded = (row.Model.Path, row.Recipe);
        return model;
    }

    private void Show(Func<string> text)
    {
        if (DateTime.UtcNow < nextProgress)
            return;
        nextProgress = DateTime.UtcNow + ProgressInterval;
        Say(text());
    }

    private void Say(string text) => diagnostics.OnMessage(new DiagnosticMessage(text));

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        stopped.Cancel();
    }
}
