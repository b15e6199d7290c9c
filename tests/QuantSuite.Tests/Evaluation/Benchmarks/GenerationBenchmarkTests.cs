using QuantSuite.Evaluation;
using QuantSuite.Models;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Benchmarks;

/// <summary>Benchmarks of written answers on hand-written records: the prompt that their definition gives, and how answers are judged.</summary>
public sealed class GenerationBenchmarkTests : IDisposable
{
    private readonly BenchmarkFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void TriviaQA_takes_any_alias_and_shows_the_first()
    {
        files.With("triviaqa/test.jsonl", """
            {"question": "Who?", "golden_answers": ["Mark Twain", "Samuel Clemens"]}
            {"question": "Where", "golden_answers": ["Paris"]}
            """);
        Assert.Equal("Question: Who??\nAnswer:", files.Generations("triviaqa")[0].Prompt);
        Assert.Equal("Question: Who??\nAnswer: Mark Twain\n\nQuestion: Where?\nAnswer: Paris\n\nQuestion: Who??\nAnswer:", files.Generations("triviaqa_fewshot_5shot")[0].Prompt);
        Assert.Equal([1, 0], files.Answer("triviaqa", _ => " samuel Clemens! ").Select(outcome => outcome.Score).Select(score => (int)score).ToArray());
    }

    [Theory]
    [InlineData(" Ants exist.\nSo the answer is yes", 1)]
    [InlineData(" So the answer is no, not yes", 0)]
    [InlineData(" Perhaps", 0)]
    [InlineData(" The answer is no. Thus the answer is YES.", 1)]
    public void StrategyQA_reads_what_follows_the_last_answer_is(string text, int score)
    {
        files.With("strategyqa/dev.json", """[{"question": "Do ants exist?", "answer": true}]""");
        GenerationItem item = files.Generations("strategyqa")[0];
        Assert.StartsWith("Question: Do hamsters provide food for any animals?\nAnswer:\nHamsters are prey", item.Prompt, StringComparison.Ordinal);
        Assert.EndsWith("So the answer is no\n\nQuestion: Do ants exist?\nAnswer:", item.Prompt, StringComparison.Ordinal);
        Assert.Equal(score, files.Answer("strategyqa", _ => text).Single().Score);
    }

    [Fact]
    public void NTREX_is_translated_line_by_line_and_scored_as_sacrebleu_does()
    {
        files.With("ntrex/newstest2019-src.eng.txt", "One cat.\nTwo dogs.\n").With("ntrex/newstest2019-ref.zho-CN.txt", "一只猫在这里。\n两只狗。\n");
        Assert.Equal("English phrase: One cat.\nChinese phrase:", files.Generations("ntrex_en_zh")[0].Prompt);
        Assert.Equal("Chinese phrase: 两只狗。\nEnglish phrase:", files.Generations("ntrex_zh_en")[1].Prompt);
        var outcomes = files.Answer("ntrex_en_zh", request => request.Context.Contains("One", StringComparison.Ordinal) ? " 一只猫在这里。" : " 两只狗。");
        var metrics = EvalTasks.Get("ntrex_en_zh").Summarize(outcomes).ToDictionary(metric => metric.Name, metric => metric.Value);
        Assert.Equal(100, metrics["bleu"], 9);
        Assert.Equal(100, metrics["chrf"], 9);
        files.With("ntrex/newstest2019-src.eng.txt", "One cat.\n");
        Assert.Contains("aligned", Assert.Throws<EvalDataException>(() => files.Items("ntrex_en_zh")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LongEval_takes_the_last_number()
    {
        files.With("longeval/lines_200.jsonl", """{"random_idx": ["a-b", 50], "expected_number": 417, "num_lines": 200, "prompt": "line a-b: REGISTER_CONTENT is <417>\n"}""");
        Assert.Equal(0.25, files.Generations("longeval_200")[0].Values["depth"]);
        Assert.Equal(1, files.Answer("longeval_200", _ => "In line 12 it is <417>.").Single().Score);
        Assert.Equal(0, files.Answer("longeval_200", _ => "417 or 5").Single().Score);
    }

    [Fact]
    public void Lost_in_the_middle_puts_the_pair_at_each_place_in_turn()
    {
        string others = string.Join(", ", Enumerable.Range(0, 74).Select(i => $"""["k{i}", "v{i}"]"""));
        files.With("lost_in_the_middle/kv-retrieval-75_keys.jsonl.gz", $$"""{"ordered_kv_records": [{{others}}, ["key", "Value"]], "key": "key", "value": "Value"}""");
        var items = files.Generations("lost_in_the_middle");
        Assert.Equal([0, 24, 49, 74], items.Select(item => (int)item.Values["place"]));
        Assert.StartsWith("Extract the value corresponding to the specified key in the JSON object below.\n\nJSON data:\n{\"key\": \"Value\",\n \"k0\": \"v0\",\n \"k1\"", items[0].Prompt,
            StringComparison.Ordinal);
        Assert.EndsWith("\"k73\": \"v73\",\n \"key\": \"Value\"}\n\nKey: \"key\"\nCorresponding value:", items[3].Prompt, StringComparison.Ordinal);
        Assert.All(files.Answer("lost_in_the_middle", _ => "It is \"vALUE\"."), outcome => Assert.Equal(1, outcome.Score));
    }

    [Fact]
    public void Needles_lie_at_their_depth_in_texts_of_their_length()
    {
        files.With("wikitext2/wiki.test.raw", string.Join('\n', Enumerable.Range(0, 50).Select(i => $" line {i} has five words ")) + "\n = A title = \n");
        var items = files.Generations("needle");
        Assert.Equal(100, items.Count);
        Assert.Equal(100, items.Select(item => item.Id).Distinct().Count());
        string[] lines = items.First(item => item.Values["depth"] == 0.5).Prompt.Split('\n');
        int needle = Array.FindIndex(lines, line => line.StartsWith("One of the special magic numbers for ", StringComparison.Ordinal));
        Assert.Equal((lines.Length - 3) / 2 + 1, needle);
        Assert.DoesNotContain(" = A title", items[^1].Prompt, StringComparison.Ordinal);
        Assert.All(items, item => Assert.Contains($"is: {item.Target}.", item.Prompt, StringComparison.Ordinal));
    }
}
