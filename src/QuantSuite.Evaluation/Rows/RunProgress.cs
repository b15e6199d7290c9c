using System.Diagnostics;
using System.Globalization;

namespace QuantSuite.Evaluation.Rows;

/// <summary>How far a run of several rows is, in words, with estimates: of the row from its items, of the whole from the rows that are done.</summary>
/// <param name="rowCount">Rows that were picked.</param>
public sealed class RunProgress(int rowCount)
{
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private int doneCount;

    /// <summary>A row is done.</summary>
    public void Done() => doneCount++;

    /// <summary>For example <c>row 4 of 27, microworld-m · stories · fp32: 20 of 60 items, 5310 tokens/s, 3 s left; about 1:20 for all that is left</c>.</summary>
    public string Text(EvalRow row, EvalProgress progress)
    {
        double rate = progress.TokenCount / Math.Max(progress.Elapsed.TotalSeconds, 1e-3);
        string left = progress.Remaining is { } remaining ? $", {Time(remaining)} left" : "";
        double rows = doneCount + progress.DoneItemCount / (double)Math.Max(progress.ItemCount, 1);
        string rest = doneCount > 0 ? $"; about {Time(watch.Elapsed * ((rowCount - rows) / rows))} for all that is left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"row {doneCount + 1} of {rowCount}, {row}: {progress.DoneItemCount} of {progress.ItemCount} items, {rate:0} tokens/s{left}{rest}");
    }

    private static string Time(TimeSpan time) =>
        time < TimeSpan.FromMinutes(1) ? $"{(int)Math.Ceiling(time.TotalSeconds)} s" : time.ToString(time < TimeSpan.FromHours(1) ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);
}
