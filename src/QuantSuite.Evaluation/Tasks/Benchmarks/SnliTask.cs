namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>SNLI: does a sentence follow from a picture's caption, contradict it, or neither? In the prompt of the harness's MNLI, as it has no SNLI.</summary>
public sealed class SnliTask() : MultipleChoiceTask(new(
    "snli", "understanding", "lm-evaluation-harness mnli 1.0's prompt, 0 shots: acc",
    "snli/test.tsv", "Bowman et al. 2015, 1508.05326"))
{
    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data)
    {
        string path = data.Require(Source);
        return Csv.ReadTable(path, File.ReadAllText(path), ["premise", "hypothesis", "label"], '\t').Select((row, index) =>
            ChoiceItem.Of($"snli/{index}", Prompt(row["premise"], row["hypothesis"]), ["True", "Neither", "False"], row.OneOf("label", "0", "1", "2")));
    }

    /// <summary>The harness's prompt for natural language inference.</summary>
    public static string Prompt(string premise, string hypothesis)
    {
        string claim = PythonText.Strip(hypothesis);
        return $"{premise}\nQuestion: {claim}{(claim.EndsWith('.') ? "" : ".")} True, False or Neither?\nAnswer:";
    }
}
