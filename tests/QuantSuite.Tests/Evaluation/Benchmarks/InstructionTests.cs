using System.Text.Json;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Tasks.Instructions;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Benchmarks;

/// <summary>Each verifiable instruction on one response that follows it and one that does not.</summary>
public sealed class InstructionTests
{
    [Theory]
    [InlineData("keywords:existence", """{"keywords": ["cat", "Dog"]}""", "A dog saw two cats.", "A dog.")]
    [InlineData("keywords:frequency", """{"keyword": "no", "frequency": 2, "relation": "at least"}""", "Nobody knows.", "No.")]
    [InlineData("keywords:forbidden_words", """{"forbidden_words": ["can"]}""", "Cannot.", "I CAN.")]
    [InlineData("keywords:letter_frequency", """{"letter": "Q", "let_frequency": 2, "let_relation": "less than"}""", "quiet", "Quite quiet")]
    [InlineData("language:response_language", """{"language": "de"}""", "Das ist nicht der Hund von mir.", "This is not the dog of mine.")]
    [InlineData("language:response_language", """{"language": "kn"}""", "ಇದು ಕನ್ನಡ", "यह हिन्दी है")]
    [InlineData("language:response_language", """{"language": "ur"}""", "یہ اردو ہے", "هذا عربي")]
    [InlineData("length_constraints:number_sentences", """{"num_sentences": 3, "relation": "less than"}""", "Dr. Jo left at 3.5 p.m. today. She ran!", "One. Two. Three?")]
    [InlineData("length_constraints:number_words", """{"num_words": 3, "relation": "at least"}""", "a b-c", "a b")]
    [InlineData("length_constraints:number_paragraphs", """{"num_paragraphs": 2}""", "***\na\n***\nb\n", "a *** *** b")]
    [InlineData("length_constraints:nth_paragraph_first_word", """{"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Then"}""", "a\n\n\"then, b", "a\n\nb")]
    [InlineData("detectable_content:number_placeholders", """{"num_placeholders": 2}""", "[a] and [b]", "[a]")]
    [InlineData("detectable_content:postscript", """{"postscript_marker": "P.P.S"}""", "Bye.\nP. P.S: x", "Bye.\nP.S. x")]
    [InlineData("detectable_format:number_bullet_lists", """{"num_bullets": 2}""", "* a\n - b", "* a\n** b")]
    [InlineData("detectable_format:constrained_response", "{}", "Well. My answer is maybe.", "Maybe.")]
    [InlineData("detectable_format:number_highlighted_sections", """{"num_highlights": 2}""", "*a* and **b**", "*a* and * *")]
    [InlineData("detectable_format:multiple_sections", """{"section_spliter": "Day", "num_sections": 2}""", "Day 1\na\nDay 2\nb", "Day 1\na\nday 2\nb")]
    [InlineData("detectable_format:json_format", "{}", "```json\n{\"a\": [1]}\n```", "{\"a\": [1,]}")]
    [InlineData("detectable_format:title", "{}", "<<A>>", "<< >>")]
    [InlineData("combination:two_responses", "{}", "a\n******\nb", "a******a")]
    [InlineData("combination:repeat_prompt", """{"prompt_to_repeat": "Say it."}""", " say it. It.", "It. Say it.")]
    [InlineData("startend:end_checker", """{"end_phrase": "Bye now."}""", "Well, bye now.\"", "Bye now. Or not.")]
    [InlineData("startend:quotation", "{}", " \"a\" ", "\"a")]
    [InlineData("change_case:capital_word_frequency", """{"capital_frequency": 2, "capital_relation": "at least"}""", "I SAY it.", "I Say it.")]
    [InlineData("change_case:english_capital", "{}", "THIS IS THE END OF IT.", "This IS IT.")]
    [InlineData("change_case:english_lowercase", "{}", "this is the end of it.", "this is It.")]
    [InlineData("punctuation:no_comma", "{}", "a; b", "a, b")]
    public void A_response_follows_or_does_not(string name, string arguments, string follows, string doesNot)
    {
        var instruction = new Instruction(name, JsonDocument.Parse(arguments).RootElement);
        Assert.True(instruction.IsFollowed(follows));
        Assert.False(instruction.IsFollowed(doesNot));
        Assert.False(instruction.IsFollowed(" \n"));
    }

    [Fact]
    public void Every_instruction_has_its_row_above()
    {
        var rows = typeof(InstructionTests).GetMethod(nameof(A_response_follows_or_does_not))!.GetCustomAttributesData()
            .Where(attribute => attribute.AttributeType == typeof(InlineDataAttribute));
        Assert.Equal(InstructionChecks.Names.Order(), rows.Select(row => ((IReadOnlyList<System.Reflection.CustomAttributeTypedArgument>)row.ConstructorArguments[0].Value!)[0].Value!.ToString()!)
            .Distinct().Order());
    }

    [Fact]
    public void Loosely_the_first_and_last_lines_and_asterisks_do_not_count()
    {
        var quoted = new Instruction("startend:quotation", JsonDocument.Parse("{}").RootElement);
        Assert.True(quoted.IsFollowedLoosely("Sure:\n\"a\"\nDone."));
        Assert.True(quoted.IsFollowedLoosely("**\"a\"**"));
        Assert.False(quoted.IsFollowedLoosely("Sure: \"a\""));
    }

    [Fact]
    public void A_missing_argument_or_an_unknown_instruction_is_named()
    {
        JsonElement none = JsonDocument.Parse("""{"words": 3}""").RootElement;
        string message = Assert.Throws<EvalDataException>(() => new Instruction("detectable_content:number_placeholders", none).IsFollowed("a")).Message;
        Assert.Contains("'num_placeholders' is missing, expected a number; found: {\"words\": 3}", message, StringComparison.Ordinal);
        Assert.Contains("'sing:loudly'", Assert.Throws<EvalDataException>(() => new Instruction("sing:loudly", none).IsFollowed("a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IFEval_counts_by_prompt_and_by_instruction()
    {
        using var files = new BenchmarkFiles();
        files.With("ifeval/input_data.jsonl", """
            {"key": 1, "prompt": "Say.", "instruction_id_list": ["punctuation:no_comma", "startend:quotation"], "kwargs": [{}, {}]}
            {"key": 2, "prompt": "Tell.", "instruction_id_list": ["detectable_format:title"], "kwargs": [{}]}
            """);
        Assert.Equal("Say.", files.Generations("ifeval")[0].Prompt);
        var metrics = EvalTasks.Get("ifeval").Summarize(files.Answer("ifeval", request => request.Context == "Say." ? "Yes:\n\"a\"" : "<<b>>"))
            .ToDictionary(metric => metric.Name, metric => metric.Value);
        Assert.Equal((0.5, 2 / 3.0, 1, 1),
            (metrics["prompt_level_strict_acc"], metrics["inst_level_strict_acc"], metrics["prompt_level_loose_acc"], metrics["inst_level_loose_acc"]));
    }

    [Fact]
    public void FollowBench_counts_levels_in_a_row()
    {
        using var files = new BenchmarkFiles();
        string Record(string source, int level) =>
            $$"""{"example_id": "1", "category": "mixed", "source": "{{source}}", "level": "{{level}}", "instruction": "Write {{level}}", "target": ""}""";
        foreach (string part in (string[])["content", "situation", "format"])
            files.With($"followbench/data/{part}_constraints.json", "[]");
        files.With("followbench/data/mixed_constraints.json", $"[{string.Join(',', Enumerable.Range(0, 6).Select(level => Record("gigaword", level)).Append(Record("judged", 1)))}]");
        files.With("followbench/data/example_constraints.json", """
            [{"example_id": "7", "category": "example", "source": "aeslc", "level": "1", "instruction": "Q", "target": "{instruction}\n{{'AI': '{answer}'}}", "answer": ""}]
            """);
        var outcomes = files.Answer("followbench", request => request.Context == "Q" ? "{'AI': 'anything'}" : "two dead in a bus in the south");
        Assert.Equal([1, 1, 1, 0, 0, 1], outcomes.Select(outcome => (int)outcome.Score));
        var metrics = EvalTasks.Get("followbench").Summarize(outcomes).ToDictionary(metric => metric.Name, metric => metric.Value);
        Assert.Equal((4 / 6.0, 1, 0, 2), (metrics["hsr"], metrics["hsr[level=1]"], metrics["hsr[level=5]"], metrics["csl"]));
    }
}
