using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>HellaSwag: which of four endings follows. Six lines an item in the published file: context, label, endings.</summary>
public sealed partial class HellaSwagTask() : MultipleChoiceTask(new(
    "hellaswag", "commonsense", "lm-evaluation-harness hellaswag 1.0, 0 shots: acc, acc_norm",
    "hellaswag/hellaswag_val_full.txt.bz2", "Zellers et al. 2019, 1905.07830"))
{
    /// <inheritdoc/>
    protected override bool Normalized => true;

    /// <inheritdoc/>
    protected override IEnumerable<ChoiceItem> Read(EvalData data)
    {
        string path = data.Require(Source);
        string[] lines = Bzip2.ReadAllText(path).TrimEnd('\n').Split('\n');
        for (int i = 0; i < lines.Length; i += 6)
        {
            if (i + 6 > lines.Length || !int.TryParse(lines[i + 1], out int label) || label is < 0 or > 3)
                throw EvalDataException.AtLine(path, i + 2, "expected six lines an item: a context, the label 0 to 3, four endings.");
            yield return ChoiceItem.Of($"hellaswag/{i / 6}", Preprocess(lines[i]), [.. lines[(i + 2)..(i + 6)].Select(Preprocess)], label);
        }
    }

    /// <summary>The reference's clean-up: WikiHow's marks in brackets go, a title begins a sentence.</summary>
    public static string Preprocess(string text) =>
        Marks().Replace(PythonText.Strip(text).Replace(" [title]", ". ", StringComparison.Ordinal), "").Replace("  ", " ", StringComparison.Ordinal);

    [GeneratedRegex(@"\[.*?\]")]
    private static partial Regex Marks();
}
