namespace QuantSuite.Evaluation.Metrics;

/// <summary>F1 of one class of answers among the items of a task.</summary>
public static class AnswerF1
{
    /// <summary>2·hits/(expected + answered); 0 where the class is neither expected nor answered, as scikit-learn has it.</summary>
    /// <param name="isOfClass">Whether an answer is of the class.</param>
    public static double Of(IReadOnlyList<ItemOutcome> outcomes, Func<string, bool> isOfClass)
    {
        int expected = outcomes.Count(outcome => isOfClass(outcome.Expected)), answered = outcomes.Count(outcome => isOfClass(outcome.Answer));
        int hits = outcomes.Count(outcome => isOfClass(outcome.Expected) && isOfClass(outcome.Answer));
        return hits == 0 ? 0 : 2.0 * hits / (expected + answered);
    }
}
