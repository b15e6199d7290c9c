using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Tasks;
using QuantSuite.Models;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>A user's own task is a file. What is wrong with it is said with file and line.</summary>
public sealed class JsonlTaskTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"Own-{Guid.NewGuid():n}.jsonl");

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData("""{"id":"1","prompt":"2+2=","choices":[" 4"," 5"],"answer":0}""", TaskShape.MultipleChoice)]
    [InlineData("""{"id":"1","prompt":"2+2=","target":" 4"}""", TaskShape.Generation)]
    [InlineData("""{"id":"1","text":"Two and two are four."}""", TaskShape.Perplexity)]
    public void The_first_line_tells_the_shape(string line, TaskShape shape)
    {
        File.WriteAllText(path, line + "\n\n");
        EvalTask task = EvalTasks.Get(path);
        Assert.Equal(shape, task.Shape);
        Assert.Equal(Path.GetFileNameWithoutExtension(path).ToLowerInvariant().Replace('-', '_'), task.Name);
        EvalResult result = EvalRunner.Run(task, new ScriptedModel(), EvalRunnerTests.Options(null, null));
        Assert.Equal("1", Assert.Single(result.Items).Id);
    }

    [Theory]
    [InlineData("""{"id":"2","prompt":"p","choices":[" a"," b"],"answer":2}""", "'answer' is 2, expected an index from 0 to 1")]
    [InlineData("""{"id":"2","prompt":"p","choices":[" a"],"answer":0}""", "'choices' has 1 entries")]
    [InlineData("""{"id":"2","prompt":"p","choices":[" a",""],"answer":0}""", "an entry of 'choices' is empty")]
    [InlineData("""{"id":"2","prompt":"p","choices":[" a",7],"answer":0}""", "expected a list of strings")]
    [InlineData("""{"id":"2","prompt":"p","choices":[" a"," b"],"answer":"A"}""", "'answer' is \"A\", expected a whole number")]
    [InlineData("""{"id":"2","choices":[" a"," b"],"answer":0}""", "'prompt' is missing, expected a string")]
    [InlineData("""{"id":"1","prompt":"p","choices":[" a"," b"],"answer":0}""", "the id '1' stands already on line 1")]
    [InlineData("""{"id":"2","prompt":"p","choices":[" a"," b"],"answer":0""", "not valid JSON")]
    [InlineData("""["id"]""", "expected a JSON object")]
    public void A_broken_line_is_named_by_file_and_line(string line, string problem)
    {
        File.WriteAllText(path, """{"id":"1","prompt":"p","choices":[" a"," b"],"answer":0}""" + "\n\n" + line + "\n");
        var error = Assert.Throws<EvalDataException>(() => JsonlTask.FromFile(path).Load(EvalData.Default("")));
        Assert.StartsWith($"{path}(3): ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_text_an_empty_one_and_an_absent_one_are_named()
    {
        File.WriteAllBytes(path, [0x7b, 0xff, 0xfe, 0x0a]);
        Assert.Contains("not valid UTF-8", Assert.Throws<EvalDataException>(() => JsonlTask.FromFile(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, "\n");
        Assert.Contains("is empty", Assert.Throws<EvalDataException>(() => JsonlTask.FromFile(path)).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<EvalDataException>(() => JsonlTask.FromFile(path + "x.jsonl")).Message, StringComparison.Ordinal);
        File.WriteAllText(path, """{"id":"1","question":"?"}""");
        Assert.Contains("expected 'prompt' with 'choices'", Assert.Throws<EvalDataException>(() => JsonlTask.FromFile(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_of_a_line_group_the_accuracy()
    {
        File.WriteAllLines(path, Enumerable.Range(0, 8).Select(i => $$"""{"id":"{{i}}","prompt":"p{{i}}","choices":[" a"," b"],"answer":{{i % 2}},"level":{{i / 4}},"depth":{{i}}}"""));
        EvalResult result = EvalRunner.Run(JsonlTask.FromFile(path), new ScriptedModel(), EvalRunnerTests.Options(null, null));
        Assert.Equal(["acc", "acc[depth=0..2]", "acc[depth=3..4]", "acc[depth=5..7]", "acc[level=0]", "acc[level=1]"], result.Metrics.Select(metric => metric.Name));
    }

    [Fact]
    public void What_scores_an_answer_groups_nothing()
    {
        File.WriteAllLines(path, Enumerable.Range(0, 4).Select(i => $$"""{"id":"{{i}}","prompt":"p{{i}}","target":"a","words":{{i / 2}}}"""));
        int asked = 0;
        var model = new ScriptedModel { OnGenerate = request => new GenerateAnswer("a", 1, MinGap: ++asked, LogLikelihood: -asked) };
        EvalResult result = EvalRunner.Run(JsonlTask.FromFile(path), model, EvalRunnerTests.Options(null, null));
        Assert.Equal(["log_likelihood", "min_gap", "words"], result.Items[0].Values.Keys);
        Assert.Equal(["exact_match", "exact_match[words=0]", "exact_match[words=1]"], result.Metrics.Select(metric => metric.Name));
    }
}
