using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models.Checkpoints;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>What a run says of the time that is left.</summary>
public sealed class RunProgressTests
{
    private readonly Clock clock = new();

    [Fact]
    public void A_row_takes_what_the_last_one_of_its_task_took_and_an_unknown_task_the_median()
    {
        EvalRow[] rows = Rows(["wikitext", "boolq", "cb", "copa"], ["fp32", "int4"]);
        var progress = new RunProgress(rows, clock);
        progress.Answered(rows[0], Of(done: 3, seconds: 30, left: 90));
        Assert.Equal("row 1 of 8, m · wikitext · fp32: 3 of 10 items, 20 tokens/s, 1:30 left", progress.Text());
        Finish(progress, rows[0], seconds: 120);
        Finish(progress, rows[1], seconds: 2);
        Finish(progress, rows[2], seconds: 4);
        progress.Answered(rows[3], Of(done: 1, seconds: 1, left: 3));
        // 3 s of this row; 120 + 2 + 4 of the known ones; the median of them, 4, for the last.
        Assert.Equal("row 4 of 8, m · copa · fp32: 1 of 10 items, 600 tokens/s, 3 s left; about 2:13 for all that is left", progress.Text());
    }

    [Fact]
    public void Saved_answers_and_rows_left_out_tell_nothing()
    {
        EvalRow[] rows = Rows(["wikitext", "boolq"], ["fp32", "int4"]);
        var progress = new RunProgress(rows, clock);
        progress.Answered(rows[0], Of(done: 10, seconds: 0, left: 0, cached: 10));
        progress.Done();
        progress.Done();
        progress.Answered(rows[2], Of(done: 5, seconds: 1, left: 1));
        Assert.EndsWith("1 s left", progress.Text(), StringComparison.Ordinal);
        Finish(progress, rows[2], seconds: 2);
        progress.Answered(rows[3], Of(done: 0, seconds: 1, left: 5));
        Assert.EndsWith("5 s left; about 5 s for all that is left", progress.Text(), StringComparison.Ordinal);
    }

    private void Finish(RunProgress progress, EvalRow row, int seconds)
    {
        clock.Seconds += seconds;
        progress.Answered(row, Of(done: 10, seconds, left: 0));
        progress.Done();
    }

    private static EvalProgress Of(int done, int seconds, int left, int cached = 0) =>
        new("task", done, 10, cached, 600, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(left));

    private static EvalRow[] Rows(string[] tasks, string[] recipes) =>
        [.. recipes.SelectMany(recipe => tasks.Select(task => new EvalRow(new ModelLocation("m", "/m", "llama"), EvalTasks.Get(task), recipe)))];

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
