using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// FewCLUE: Chinese understanding. Each choice is a whole text, and the one of the lowest perplexity wins, as in OpenCompass's ppl configurations, which
/// the paper ran: idioms in their sentence (<c>chid</c>), pronouns (<c>cluewsc</c>), keywords of an abstract (<c>csl</c>), inference (<c>ocnli</c>).
/// The first token is scored too, after the prefix token, where OpenCompass leaves it out unless a tokenizer puts BOS before it.
/// </summary>
/// <param name="part"><c>chid</c>, <c>cluewsc</c>, <c>csl</c> or <c>ocnli</c>.</param>
public sealed class FewClueTask(string part) : MultipleChoiceTask(new(
    $"fewclue_{part}", "understanding", $"OpenCompass FewCLUE_{(part == "ocnli" ? "ocnli_fc" : part)}_ppl, 0 shots: acc by perplexity of the whole text",
    $"fewclue/{part}_test_public.json", "Xu et al. 2021, 2107.07498"))
{
    private static readonly string[] Relations = ["contradiction", "entailment", "neutral"];

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) => JsonLines.Read(data.Require(Source)).Select((line, index) =>
    {
        (string[] choices, string[] texts, int gold) = part switch
        {
            "chid" => Idiom(line),
            "cluewsc" => Pronoun(line),
            "csl" => Keywords(line),
            _ => Inference(line),
        };
        return new ChoiceItem { Id = $"{Name}/{index}", Requests = [.. texts.Select(text => new ScoreRequest("", text))], Choices = choices, Gold = gold };
    });

    private static (string[] Choices, string[] Texts, int Gold) Idiom(JsonLine line)
    {
        line.Require(["candidates", "content", "answer"]);
        string[] idioms = [.. line.Texts("candidates")];
        string[] texts = [.. idioms.Select(idiom => $"以下句子是否通顺？\n{line.Text("content").Replace("#idiom#", idiom, StringComparison.Ordinal)}\n这个句子是通顺的。")];
        return (idioms, texts, line.IntBelow("answer", idioms.Length));
    }

    private static (string[] Choices, string[] Texts, int Gold) Pronoun(JsonLine line)
    {
        JsonLine target = line.Require(["text", "target", "label"]).Inner("target");
        string question = $"{line.Text("text")}\n此处，代词“{target.Text("span2_text")}“被用于指代“{target.Text("span1_text")}“吗?\n";
        return (["否", "是"], [question + "否", question + "是"], line.OneOf("label", "false", "true"));
    }

    private static (string[] Choices, string[] Texts, int Gold) Keywords(JsonLine line)
    {
        string summary = $"摘要：{line.Require(["abst", "keyword", "label"]).Text("abst")}", keywords = string.Join('，', line.Texts("keyword"));
        return (["0", "1"], [summary, $"{summary}\n关键词：{keywords}"], line.IntBelow("label", 2));
    }

    private static (string[] Choices, string[] Texts, int Gold) Inference(JsonLine line)
    {
        string premise = line.Require(["sentence1", "sentence2", "label"]).Text("sentence1"), claim = line.Text("sentence2");
        string question = $"阅读文章：{premise}\n根据上文，回答如下问题： {claim}？\n答：";
        return (Relations, [question + "错", question + "对", $"如果{premise}为真，那么{claim}也为真吗?可能"], line.OneOf("label", Relations));
    }

    /// <inheritdoc/>
    protected override ItemOutcome Judge(ChoiceItem item, ReadOnlySpan<ScoreAnswer> answers)
    {
        var perToken = new ScoreAnswer[answers.Length];
        for (int i = 0; i < answers.Length; i++)
            perToken[i] = answers[i] with { LogLikelihood = answers[i].LogLikelihood / answers[i].TokenCount };
        return base.Judge(item, perToken) with { Prompt = item.Requests[0].Continuation };
    }
}
