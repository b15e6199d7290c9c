using QuantSuite.Models;
using QuantSuite.Models.Tokenization;

namespace QuantSuite.Evaluation.Rows;

/// <summary>
/// Warns by name where a recipe was calibrated on text that holds items of the task it is evaluated on: its result would be too good. One for a run: the n-grams of a text are
/// made once, however many recipes calibrate on it.
/// </summary>
public sealed class CalibrationLeaks
{
    private (string Text, LeakDetector Detector)? last;
    private (Tokenizer Tokenizer, string Text, int[] Ids)? encoded;

    /// <summary>What to tell the user of a row, or null where no item of it stands in the text.</summary>
    /// <param name="source">The calibration text's name.</param>
    /// <param name="text">The whole text.</param>
    /// <param name="row">The row that is about to run.</param>
    /// <param name="items">Its items, as they will be asked.</param>
    /// <param name="model">The row's model, whose windows tell which part of a long text is fed.</param>
    public string? Warning(string source, string text, EvalRow row, IReadOnlyList<EvalItem> items, LanguageModel model)
    {
        LeakDetector detector = DetectorOf(text);
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

    private LeakDetector DetectorOf(string text)
    {
        if (last is not { } known || known.Text != text)
            last = known = (text, new LeakDetector(text));
        return known.Detector;
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
        if (encoded is not { } known || known.Tokenizer != model.Tokenizer || !ReferenceEquals(known.Text, request.Text))
            encoded = known = (model.Tokenizer, request.Text, model.Tokenizer.Encode(request.Text, addSpecial: false));
        int prefix = request.Rule.Prefixed ? 1 : 0;
        Window[] fed = [.. request.Rule.Cut(known.Ids.Length + prefix, model.MaxLength).Take(windows)];
        return fed.Length == 0 ? "" : model.Tokenizer.Decode(known.Ids[Math.Max(0, fed[0].Start - prefix)..(fed[^1].End - prefix)]);
    }
}
