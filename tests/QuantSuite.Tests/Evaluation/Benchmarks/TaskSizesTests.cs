using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Tasks.Benchmarks;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Benchmarks;

/// <summary>Every benchmark's published files are read to the end, and have as many items as the list of tasks says.</summary>
public sealed class TaskSizesTests
{
    public static TheoryData<string> Tasks => [.. EvalTasks.All.Where(task => task is not Wikitext2Task).Select(task => task.Name)];

    [SkippableTheory]
    [MemberData(nameof(Tasks))]
    public void Published_files_have_the_stated_number_of_items(string name)
    {
        EvalTask task = EvalTasks.Get(name);
        bool ships = EvalData.Default("").Find(task.Source) is not null;
        EvalData data = ships ? EvalData.Default("") : new EvalData(Goldens.RequireShared("data"));
        Skip.If(data.Find(task.Source) is null, $"no {task.Source} among the shared data");
        IReadOnlyList<EvalItem> items = task.Load(data);
        Assert.Equal(items.Count, items.Select(item => item.Id).Distinct().Count());
        if (task is not (PerplexityTask or FollowBenchTask or MtBenchTask)) // a text expects nothing, and most rules need no target
            Assert.All(items, item => Assert.NotEmpty(item.Expected));
        Assert.True(TaskSizes.Find(name) == items.Count, $"[\"{name}\"] = {items.Count}, is {TaskSizes.Find(name)}");
    }
}
