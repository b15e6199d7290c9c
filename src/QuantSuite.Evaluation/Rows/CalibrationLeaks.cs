using QuantSuite.Models;

namespace QuantSuite.Evaluation.Rows;

/// <summary>Warns by name where a recipe was calibrated on text that holds items of the task it is evaluated on: its result would be too good.</summary>
public sealed class CalibrationLeaks
{
    private static (string Text, LeakDetector Detector)? last;

    private readonly string source;
    private readonly LeakDetector detector;
    private (string Text, int[] Ids)? encoded;

    /// <summary>A calibration text; recipes of one run that share it share its n-grams.</summary>
    /// <param name="source">Its name, for the warning.</param>
    /// <param name="text">The whole text.</param>
    public CalibrationLeaks(string source, string text)
    {
        this.source = source;
        if (last is not { } known || known.Text != text)
            last = known = (text, new LeakDetector(text));
        detector = known.Detector;
    }

    /// <summary>What to tell the user of a row, or null where no item of it stands in the text.</summary>
    public string? WarningFor(EvalRow row, LanguageModel model, EvalSettings settings)
    {
        IReadOnlyList<EvalItem> items = row.Task.Fit(row.Task.Load(new EvalData(settings.DataFolders)), model);
        items = [.. items.Take(settings.Limit ?? items.Count)];
        int count = 0;
        (string Id, string Words)? example = null;
        foreach (EvalItem item in items)
            if (detector.FindShared(TextOf(item, model)) is { } words)
            {
                count++;
                example ??= (item.Id, words);
            }
        return example is not { } shown ? null
            : $"leak: {count} of {items.Count} items of {row.Task.Name} share {LeakDetector.WordCount} words in a row with the calibration text ({source}), such as {shown.Id}: " +
              $"“{shown.Words.ReplaceLineEndings(" ")}”. The result of {row.Recipe} may be too good; calibrate on another text (--calibration).";
    }

    private string TextOf(EvalItem item, LanguageModel model) => item switch
    {
        ChoiceItem choice => choice.Requests[choice.Gold].Context + choice.Requests[choice.Gold].Continuation,
        GenerationItem generation => $"{generation.Request.Context} {generation.Target}",
        TextItem { Request: { Windows: { } windows } request } => TextOf(request, windows, model),
        TextItem text => text.Request.Text,
        _ => item.Prompt,
    };

    // A text of which only some windows are fed.
    private string TextOf(RollingRequest request, Range windows, LanguageModel model)
    {
        if (encoded is not { } known || !ReferenceEquals(known.Text, request.Text))
            encoded = known = (request.Text, model.Tokenizer.Encode(request.Text, addSpecial: false));
        int prefix = request.Rule.Prefixed ? 1 : 0;
        Window[] fed = [.. request.Rule.Cut(known.Ids.Length + prefix, model.MaxLength).Take(windows)];
        return fed.Length == 0 ? "" : model.Tokenizer.Decode(known.Ids[Math.Max(0, fed[0].Start - prefix)..(fed[^1].End - prefix)]);
    }
}
