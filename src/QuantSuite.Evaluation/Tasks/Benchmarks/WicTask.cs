namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>Words in Context of SuperGLUE: does a word mean the same in two sentences? It is shown as the first sentence inflects it.</summary>
public sealed class WicTask() : MultipleChoiceTask(new(
    "wic", "understanding", "lm-evaluation-harness wic 1.0, 0 shots: acc",
    "superglue/WiC.zip", "Pilehvar and Camacho-Collados 2018, 1808.09121"))
{
    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data) =>
        SuperGlue.Validation(data.Require(Source), "sentence1", "sentence2", "start1", "end1", "label").Select((line, index) => ChoiceItem.Of($"wic/{index}",
            $"Sentence 1: {line.Text("sentence1")}\nSentence 2: {line.Text("sentence2")}\n"
            + $"Question: Is the word '{Word(line)}' used in the same way in the two sentences above?\nAnswer:",
            ["no", "yes"], line.Bool("label") ? 1 : 0));

    private static string Word(JsonLine line) => PythonText.Slice(line.Text("sentence1"), line.Int("start1"), line.Int("end1"))
        ?? throw line.Error($"the word from 'start1' = {line.Int("start1")} to 'end1' = {line.Int("end1")} does not lie in 'sentence1'.");
}
