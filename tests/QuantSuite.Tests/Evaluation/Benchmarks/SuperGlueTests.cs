using QuantSuite.Evaluation;
using QuantSuite.Models;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Benchmarks;

/// <summary>The parts of SuperGLUE that are read from their archives, on hand-written records in the published layout.</summary>
public sealed class SuperGlueTests : IDisposable
{
    private readonly BenchmarkFiles files = new();

    public void Dispose() => files.Dispose();

    private BenchmarkFiles With(string part, params string[] records) =>
        files.WithZip($"superglue/{part}.zip", ($"{part}/train.jsonl", "no one reads this"), ($"{part}/val.jsonl", string.Join('\n', records) + "\n"));

    [Fact]
    public void WiC_shows_the_word_as_the_first_sentence_inflects_it()
    {
        // The face counts as one position, as the publisher's Python counts it.
        ChoiceItem item = With("WiC", """
            {"word": "run", "sentence1": "😀 He runs fast.", "sentence2": "A run of luck.", "idx": 0, "label": false, "start1": 5, "start2": 2, "end1": 9, "end2": 5, "version": 1.1}
            """, """{"word": "a", "sentence1": "a", "sentence2": "a", "idx": 1, "label": true, "start1": 0, "start2": 0, "end1": 1, "end2": 1, "version": 1.1}""")
            .Choices("wic")[0];
        Assert.Equal("Sentence 1: 😀 He runs fast.\nSentence 2: A run of luck.\nQuestion: Is the word 'runs' used in the same way in the two sentences above?\nAnswer:", item.Prompt);
        Assert.Equal([" no", " yes"], item.Requests.Select(request => request.Continuation));
        Assert.Equal("no", item.Expected);
        Assert.Equal(("wic/1", "yes"), (files.Choices("wic")[1].Id, files.Choices("wic")[1].Expected));
    }

    [Fact]
    public void COPA_goes_on_with_the_cause_or_the_effect()
    {
        IReadOnlyList<ChoiceItem> items = With("COPA",
            """{"premise": "The man turned on the faucet. ", "choice1": "The toilet filled.", "choice2": "Water flowed.", "question": "effect", "label": 1, "idx": 0}""",
            """{"premise": "I slept.", "choice1": "I was tired.", "choice2": "It rang.", "question": "cause", "label": 0, "idx": 1}""").Choices("copa");
        Assert.Equal(("The man turned on the faucet therefore", 1), (items[0].Prompt, items[0].Gold));
        Assert.Equal(["  the toilet filled.", "  water flowed."], items[0].Requests.Select(request => request.Continuation));
        Assert.Equal(("I slept because", 0), (items[1].Prompt, items[1].Gold));
    }

    [Fact]
    public void MultiRC_asks_of_every_answer_whether_it_is_right()
    {
        With("MultiRC",
            """
            {"idx": 7, "version": 1.1, "passage": {"text": "Ann ate. Bob slept.", "questions": [
            """.Trim() + """
            {"question": "Who ate?", "idx": 3, "answers": [{"text": "Ann", "idx": 0, "label": 1}, {"text": "Bob", "idx": 1, "label": 0}]},
            """.Trim() + """
            {"question": "Who slept?", "idx": 4, "answers": [{"text": "Ann", "idx": 2, "label": 0}, {"text": "He", "idx": 3, "label": 1}]}]}}
            """.Trim());
        IReadOnlyList<ChoiceItem> items = files.Choices("multirc");
        Assert.Equal("Ann ate. Bob slept.\nQuestion: Who ate?\nAnswer:", items[0].Prompt);
        Assert.Equal([" Ann\nIs the answer correct? yes", " Ann\nIs the answer correct? no"], items[0].Requests.Select(request => request.Continuation));
        Assert.Equal([0, 1, 1, 0], items.Select(item => item.Gold));
        Assert.Equal(["7", "7", "7", "7"], items.Select(item => item.Cluster));

        // Says yes to Ann and no to all others: right, right; wrong, wrong. One hit of two said, and two to be found.
        IReadOnlyList<ItemOutcome> outcomes = files.Score("multirc",
            request => request.Continuation.EndsWith("yes", StringComparison.Ordinal) == request.Continuation.StartsWith(" Ann", StringComparison.Ordinal) ? -1 : -2);
        Assert.Equal([1.0, 1.0, 0.0, 0.0], outcomes.Select(outcome => outcome.Score));
        var metrics = EvalTasks.Get("multirc").Summarize(outcomes).ToDictionary(metric => metric.Name, metric => metric.Value);
        Assert.Equal((0.5, 0.5, 0.5), (metrics["acc"], metrics["f1_a"], metrics["em"]));
    }

    [Fact]
    public void ReCoRD_fills_the_gap_with_each_entity_once_and_takes_every_mention_of_the_right_one()
    {
        With("ReCoRD",
            """
            {"source": "Daily mail", "idx": 5, "passage": {"text": "😀 The Ural and a Volga. Ural\n@highlight\nIt is long\n@highlight\nIt is old",
            """.Trim() + """
            "entities": [{"start": 2, "end": 9}, {"start": 17, "end": 21}, {"start": 24, "end": 27}, {"start": 24, "end": 27}]},
            """.Trim() + """
            "qas": [{"query": "The @placeholder flows.", "idx": 0, "answers": [{"start": 24, "end": 27, "text": "Ural"}, {"start": 24, "end": 27, "text": "Ural"}]}]}
            """.Trim());
        ChoiceItem item = files.Choices("record").Single();
        Assert.Equal("😀 The Ural and a Volga. Ural\n\n  - It is long.\n  - It is old.\n", item.Prompt);
        Assert.Equal(["   - The The Ural flows.", "   - The Ural flows.", "   - The Volga flows."], item.Requests.Select(request => request.Continuation));
        Assert.Equal((0, 1, "5"), (item.Gold, item.AlsoRight.Single(), item.Cluster));

        var inChat = (ChoiceItem)item.InChat(messages => $"<{messages[^1].Content}>");
        Assert.Equal("  - The Volga flows.", inChat.Requests[2].Continuation);
        Assert.Equal($"<{item.Prompt}>", inChat.Prompt);

        ItemOutcome mention = Score("   - The Ural flows."), other = Score("   - The Volga flows.");
        Assert.Equal((1, 1, 0.5), (mention.Score, mention.Values["f1"], mention.Margin));
        Assert.Equal((0, 0, -0.5), (other.Score, other.Values["f1"], other.Margin));
        Assert.Equal(["em", "f1"], EvalTasks.Get("record").Summarize([mention, other]).Select(metric => metric.Name));

        ItemOutcome Score(string best) => files.Score("record", request => request.Continuation == best ? -1 : -1.5).Single();
    }

    [Fact]
    public void WSC_marks_the_pronoun_and_mends_the_published_spans()
    {
        IReadOnlyList<ChoiceItem> items = With("WSC",
            """{"idx": 0, "label": true, "target": {"span1_index": 0, "span1_text": "Mark", "span2_index": 3, "span2_text": "he"}, "text": "Mark said that he did n't , \" in time ( again ) . "}""",
            """{"idx": 1, "label": false, "target": {"span1_index": 3, "span1_text": "The Book.", "span2_index": 0, "span2_text": "it"}, "text": "It fell on the Book"}""").Choices("wsc");
        Assert.Equal("Passage: Mark said that *he* didn't,\"in time (again). \nQuestion: In the passage above, does the pronoun \"*he*\" refer to \"*Mark*\"?\nAnswer:", items[0].Prompt);
        Assert.Equal("yes", items[0].Expected);
        Assert.Equal("Passage:  *It*fell on the Book\nQuestion: In the passage above, does the pronoun \"*It*\" refer to \"*the Book*\"?\nAnswer:", items[1].Prompt);
        Assert.Equal("no", items[1].Expected);
    }

    [Theory]
    [InlineData("wic", "WiC", """{"sentence1": "Short.", "sentence2": "", "start1": 3, "end1": 99, "label": true}""", "does not lie in 'sentence1'")]
    [InlineData("copa", "COPA", """{"premise": "", "choice1": "a", "choice2": "b", "question": "cause", "label": 0}""", "'premise' is empty")]
    [InlineData("copa", "COPA", """{"premise": "A.", "choice1": "a", "choice2": "b", "question": "why", "label": 0}""", "expected one of cause, effect")]
    [InlineData("multirc", "MultiRC", """{"idx": 0, "passage": {"text": "", "questions": 3}}""", "'questions' is 3, expected a list of objects")]
    [InlineData("record", "ReCoRD", """{"idx": 0, "passage": {"text": "ab", "entities": [{"start": 0, "end": 2}]}, "qas": []}""", "does not lie in the passage")]
    [InlineData("record", "ReCoRD", """{"idx": 0, "passage": {"text": "ab", "entities": []}, "qas": [{"query": "", "answers": [{"text": "c"}]}]}""", "no entity of the passage")]
    [InlineData("wsc", "WSC", """{"text": "a b", "label": true, "target": {"span1_text": "a", "span1_index": 0, "span2_text": "b", "span2_index": 9}}""", "expected 0 to 1")]
    [InlineData("wsc", "WSC", """{"strange": 1}""", "found: 'strange'")]
    public void What_is_wrong_is_named_with_file_and_line(string task, string part, string record, string problem)
    {
        string message = Assert.Throws<EvalDataException>(() => With(part, record).Items(task)).Message;
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.Contains($"{part}.zip/{part}/val.jsonl(1)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_archive_is_refused()
    {
        Assert.Contains("no sound zip file", Assert.Throws<EvalDataException>(() => files.With("superglue/COPA.zip", "plain text").Items("copa")).Message, StringComparison.Ordinal);
        string message = Assert.Throws<EvalDataException>(() => files.WithZip("superglue/WiC.zip", ("WiC/dev.jsonl", "")).Items("wic")).Message;
        Assert.Contains("has no 'WiC/val.jsonl'", message, StringComparison.Ordinal);
        Assert.Contains("found: WiC/dev.jsonl", message, StringComparison.Ordinal);
    }
}
