using System.Globalization;

namespace QuantSuite.Evaluation.Rows;

/// <summary>
/// How far a run of several rows is, in words, with estimates: of the row from its items; of a row that is to come from the same model's last row of its task, and of a task that has not
/// run yet from the median of those that have, since few long tasks come first. Rows whose answers were all saved before tell nothing.
/// </summary>
/// <param name="rows">Rows that were picked, in the order in which they run.</param>
/// <param name="clock">Tells the time; null for the system's.</param>
public sealed class RunProgress(IReadOnlyList<EvalRow> rows, TimeProvider? clock = null)
{
    private readonly TimeProvider clock = clock ?? TimeProvider.System;
    private readonly Dictionary<(string Model, string Task), TimeSpan> taken = [];
    private long begun = (clock ?? TimeProvider.System).GetTimestamp();
    private int doneCount;
    private (EvalRow Row, EvalProgress Progress)? last;
    private TimeSpan? others;

    /// <summary>Items of the row under way were answered.</summary>
    public void Answered(EvalRow row, EvalProgress progress) => last = (row, progress);

    /// <summary>The row under way is done, or left out.</summary>
    public void Done()
    {
        if (last is var (row, progress) && progress.CachedItemCount < progress.DoneItemCount)
            taken[KeyOf(row)] = clock.GetElapsedTime(begun);
        doneCount++;
        begun = clock.GetTimestamp();
        last = null;
        others = Others();
    }

    /// <summary>Of the answers that came last, for example <c>row 4 of 27, microworld-m · stories · fp32: 20 of 60 items, 5310 tokens/s, 3 s left; about 1:20 for all that is left</c>.</summary>
    public string Text()
    {
        (EvalRow row, EvalProgress progress) = last ?? throw new InvalidOperationException("Nothing was answered yet.");
        double rate = progress.TokenCount / Math.Max(progress.Elapsed.TotalSeconds, 1e-3);
        string left = progress.Remaining is { } remaining ? $", {Time(remaining)} left" : "";
        string rest = others is { } time ? $"; about {Time(time + (progress.Remaining ?? TimeSpan.Zero))} for all that is left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"row {doneCount + 1} of {rows.Count}, {row}: {progress.DoneItemCount} of {progress.ItemCount} items, {rate:0} tokens/s{left}{rest}");
    }

    // Those behind the row that begins now.
    private TimeSpan? Others()
    {
        if (taken.Count == 0)
            return null;
        TimeSpan median = taken.Values.Order().ElementAt(taken.Count / 2);
        return rows.Skip(doneCount + 1).Aggregate(TimeSpan.Zero, (sum, row) => sum + taken.GetValueOrDefault(KeyOf(row), median));
    }

    private static (string Model, string Task) KeyOf(EvalRow row) => (row.Model.Path, row.Task.Name);

    private static string Time(TimeSpan time) =>
        time < TimeSpan.FromMinutes(1) ? $"{(int)Math.Ceiling(time.TotalSeconds)} s" : time.ToString(time < TimeSpan.FromHours(1) ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);
}
