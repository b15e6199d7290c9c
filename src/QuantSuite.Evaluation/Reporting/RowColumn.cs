namespace QuantSuite.Evaluation.Reporting;

/// <summary>A column of the table of rows: its heading, and what it means.</summary>
/// <param name="Key">What the script sorts by.</param>
/// <param name="Class">Style class: n for numbers, name for what narrow pages fold into the task.</param>
public sealed record RowColumn(string Key, string Name, string Unit, string Class, string Meaning)
{
    /// <summary>The columns, in order; a row's cells are in <c>RowLine.razor</c>.</summary>
    public static IReadOnlyList<RowColumn> All { get; } =
    [
        new("verdict", "Verdict", "", "", "How the row stands to its approved baseline; the tiles at the top explain each badge."),
        new("task", "Task", "", "",
            "The task, and below it the ability that it measures. Opens the row's detail: changed items, metrics, settings, hashes."),
        new("model", "Model", "", "name", "The model's name."),
        new("recipe", "Recipe", "", "name", "Method and scheme of the quantization, in its canonical text; fp32 is the model as it is."),
        new("score", "Score", "± SE", "n",
            "The task's first metric with its standard error; fractions of items are in per cent. Perplexities and bits per byte are better when lower."),
        new("approved", "Δ approved", "[limits]", "n",
            "Paired change of the mean score against the approved run, below it the one-sided 99 % limits of the verdict: points, or nats per token."),
        new("full", "Δ fp32", "± SE", "n",
            "Paired change against fp32 of the same model on the same items. ▼ and ▲ stand for changes beyond two standard errors."),
        new("flips", "Flips", "fp32", "n",
            "Items that fp32 has right and this row has wrong (−), and the reverse (+). Many flips with little change in accuracy still mean another model."),
        new("bits", "Bits", "/weight", "n", "Bits per weight of the quantized linears, scales and zero points counted."),
        new("seconds", "Time", "s", "n cost", "Wall-clock seconds of the row, without loading and quantizing."),
        new("speed", "Tokens", "/s", "n cost", "Tokens processed per second, prompt and generated together."),
    ];
}
