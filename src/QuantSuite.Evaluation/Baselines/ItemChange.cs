namespace QuantSuite.Evaluation.Baselines;

/// <summary>An item whose outcome is not what it was.</summary>
/// <param name="Index">Its place in the task, from 0.</param>
/// <param name="Before">The earlier answer in words; where only its letter is known, the choice of that letter, or <c>right</c> or <c>wrong</c>.</param>
/// <param name="BeforeScore">The earlier score.</param>
/// <param name="Now">The item in this run.</param>
public sealed record ItemChange(int Index, string Before, double BeforeScore, ItemOutcome Now)
{
    /// <summary>This run's score less the earlier one; NaN where either is not finite.</summary>
    public double Difference => double.IsFinite(Now.Score) && double.IsFinite(BeforeScore) ? Now.Score - BeforeScore : double.NaN;
}
