using QuantSuite.Models;

namespace QuantSuite.Evaluation;

/// <summary>The sequences of ids by which an item is scored: the continuations of all choices, the windows of a text, or a generated text after its prompt.</summary>
internal static class ItemSequences
{
    /// <summary>The sequences of an item.</summary>
    /// <param name="answered">An outcome whose text stands for what is generated; where it is empty the right answer does.</param>
    public static IEnumerable<ScoredSequence> Of(DecoderModel model, EvalItem item, ItemOutcome answered) => item switch
    {
        ChoiceItem choice => choice.Requests.Select(model.Encode),
        TextItem text => model.Encode(text.Request),
        GenerationItem generation => [model.Encode(new ScoreRequest(generation.Request.Context, TextOf(generation, answered), generation.Request.Prefix))],
        _ => throw new NotSupportedException($"Items of {item.GetType().Name} are scored by no sequence."),
    };

    private static string TextOf(GenerationItem item, ItemOutcome answered) => answered.Answer.Trim().Length > 0 ? answered.Answer : item.Target;
}
