namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// How sure a model is of the choice it makes: p(chosen) = exp(ln p chosen) / Σ over choices exp(ln p), as Kadavath et al. (2207.05221) read it off
/// multiple-choice questions, held against how often such answers are right.
/// </summary>
public static class ChoiceConfidence
{
    /// <summary>Expected calibration error over ten bins; items without a number are left out.</summary>
    public static Metric ExpectedError(IReadOnlyList<ItemOutcome> outcomes) => Of("ece", outcomes, (p, right) => ConfidenceError.Expected(p, right));

    /// <summary>The largest gap of a bin.</summary>
    public static Metric MaximumError(IReadOnlyList<ItemOutcome> outcomes) => Of("mce", outcomes, (p, right) => ConfidenceError.Maximum(p, right));

    /// <summary>Brier's score of the chosen answer.</summary>
    public static Metric Brier(IReadOnlyList<ItemOutcome> outcomes) => Of("brier", outcomes, ConfidenceError.Brier);

    /// <summary>Probability of the likeliest choice among all of an item's.</summary>
    public static double OfBest(IReadOnlyList<double> logLikelihoods)
    {
        double best = logLikelihoods.Max();
        return 1 / logLikelihoods.Sum(sum => Math.Exp(sum - best));
    }

    private static Metric Of(string name, IReadOnlyList<ItemOutcome> outcomes, Func<IReadOnlyList<double>, IReadOnlyList<int>, double> error)
    {
        ItemOutcome[] sound = [.. outcomes.Where(outcome => outcome.Code != '!' && outcome.LogLikelihoods.All(double.IsFinite))];
        double value = sound.Length == 0 ? double.NaN
            : error([.. sound.Select(outcome => OfBest(outcome.LogLikelihoods))], [.. sound.Select(outcome => (int)outcome.Score)]);
        return new Metric(name, value, null, HigherIsBetter: false);
    }
}
