namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// AdvGLUE: sentences of GLUE, changed by typos, synonyms or people until models fail. The prompts are OpenCompass's, which the paper ran; where it lets
/// the model write and looks for a letter, here the letters are scored, so that a model that writes none is judged too.
/// </summary>
/// <param name="part">A part of the file: <c>sst2</c>, <c>qqp</c>, <c>mnli</c>, <c>mnli-mm</c>, <c>qnli</c> or <c>rte</c>.</param>
public sealed class AdvGlueTask(string part) : MultipleChoiceTask(new(
    $"advglue_{part.Replace('-', '_')}", "robustness", $"OpenCompass adv_glue_{part.Replace('-', '_')}'s prompt, 0 shots, letters scored: acc",
    "advglue/dev.json", "Wang et al. 2021, 2111.02840"))
{
    private static readonly string[] Letters = ["A", "B", "C"];

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data)
    {
        (string instruction, (string Label, string Column)[] fields, int choiceCount) = Form();
        string[] columns = [.. fields.Select(field => field.Column), "label"];
        return JsonLines.ReadListOf(data.Require(Source), part, columns).Select(record =>
        {
            IEnumerable<string> lines = [instruction, .. fields.Select(field => $"{field.Label}: {record.Text(field.Column)}"), "Answer:"];
            return ChoiceItem.Of($"{Name}/{record.Number}", string.Join('\n', lines), Letters[..choiceCount], record.IntBelow("label", choiceCount));
        });
    }

    // OpenCompass calls the two sentences of RTE by each other's names; kept, as its numbers are made with it.
    private (string Instruction, (string Label, string Column)[] Fields, int ChoiceCount) Form() => part switch
    {
        "sst2" => ("For the given sentence, label the sentiment of the sentence as positive or negative. "
            + "The answer should be exactly 'A. negative' or 'B. positive'.", [("sentence", "sentence")], 2),
        "qqp" => ("Please identify whether Question 1 has the same meaning as Question 2. The answer should be exactly 'A. no' or 'B. yes'.",
            [("Question 1", "question1"), ("Question 2", "question2")], 2),
        "qnli" => ("Please identify whether the sentence answers the question. The answer should be exactly 'A. yes' or 'B. no'.",
            [("question", "question"), ("sentence", "sentence")], 2),
        "rte" => ("Please identify whether the premise entails the hypothesis. The answer should be exactly 'A. yes' or 'B. no'.",
            [("hypothesis", "sentence1"), ("premise", "sentence2")], 2),
        _ => ("Please identify whether the premise entails the hypothesis. The answer should be exactly 'A. yes', 'B. maybe' or 'C. no'.",
            [("premise", "premise"), ("hypothesis", "hypothesis")], 3),
    };
}
