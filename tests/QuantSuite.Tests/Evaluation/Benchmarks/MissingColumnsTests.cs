using QuantSuite.Evaluation;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Benchmarks;

/// <summary>A file of other columns than the benchmark's: the message says which are missing and which are there.</summary>
public sealed class MissingColumnsTests
{
    public static TheoryData<string> Tasks => [.. EvalTasks.All.Where(task => Path.GetExtension(task.Source) is ".jsonl" or ".json" or ".csv" or ".tsv" or ".gz").Select(task => task.Name)];

    [Theory]
    [MemberData(nameof(Tasks))]
    public void The_message_names_columns_missing_and_found(string name)
    {
        EvalTask task = EvalTasks.Get(name);
        using var files = new BenchmarkFiles();
        string[] layouts = Path.GetExtension(task.Source) switch
        {
            ".csv" or ".tsv" => ["strange\n1\n"],
            ".json" => ["[{\"strange\": 1}]", "{\"strange\": 1}"],
            _ => ["{\"strange\": 1}"],
        };
        string[] messages = [.. layouts.Select(layout => Assert.Throws<EvalDataException>(() => files.With(task.Source, layout).Items(name)).Message)];
        Assert.Contains(messages, message => message.Contains("missing", StringComparison.Ordinal) && message.Contains("found: ", StringComparison.Ordinal)
            && message[message.IndexOf("found: ", StringComparison.Ordinal)..].Contains("strange", StringComparison.Ordinal));
        Assert.All(messages, message => Assert.Contains(Path.GetFileName(task.Source), message, StringComparison.Ordinal));
    }
}
