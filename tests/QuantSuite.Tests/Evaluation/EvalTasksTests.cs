using QuantSuite.Evaluation;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

public sealed class EvalTasksTests
{
    [Fact]
    public void Names_are_plain_and_unique_and_every_task_says_what_it_equals()
    {
        Assert.Equal(EvalTasks.All.Count, EvalTasks.All.Select(task => task.Name).Distinct().Count());
        Assert.All(EvalTasks.All, task =>
        {
            Assert.Matches("^[a-z0-9_]+$", task.Name);
            Assert.NotEmpty(task.Ability);
            Assert.NotEmpty(task.Reference);
            Assert.True(task.Version >= 1);
        });
    }

    [Fact]
    public void MicroWorld_ships_all_its_items()
    {
        EvalData data = EvalData.Default("");
        var counts = EvalTasks.All.Where(data.Has).ToDictionary(task => task.Name, task => task.Load(data).Count);
        Assert.Equal(27, counts.Count);
        Assert.Equal(60, counts["stories"]);
        Assert.All(counts.Where(entry => entry.Key is "retrieval8" or "retrieval16" or "retrieval32" or "retrieval48"), entry => Assert.Equal(100, entry.Value));
        Assert.Equal((27 - 5) * 200 + 60 + 400, counts.Values.Sum());
    }

    [Fact]
    public void Absent_data_is_named_with_the_remedy()
    {
        var error = Assert.Throws<EvalDataException>(() => EvalTasks.Get("hellaswag").Load(EvalData.Default("")));
        Assert.Contains("hellaswag/hellaswag_val_full.txt.bz2", error.Message, StringComparison.Ordinal);
        Assert.Contains("QUANTSUITE_DATA", error.Message, StringComparison.Ordinal);
        Assert.Contains("arithmetic", Assert.Throws<EvalDataException>(() => EvalTasks.Get("arithmetik")).Message, StringComparison.Ordinal);
    }
}
