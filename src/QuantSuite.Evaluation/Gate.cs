using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation;

/// <summary>How two runs of the same items are compared. <see cref="For"/> derives the margin; docs/gates.md says from what.</summary>
/// <param name="Kind">What an item's <see cref="ItemOutcome.Score"/> is.</param>
/// <param name="Margin">The largest loss that is still no degradation, in the unit of the mean score (a fraction of items, or nats per token).</param>
public sealed record Gate(GateKind Kind, double Margin)
{
    /// <summary>The level of each one-sided limit.</summary>
    public const double Alpha = 0.01;

    // Material: the field calls 99 % of the reference's accuracy lossless, and a perplexity within 1 % the same.
    private const double MaterialShare = 0.01;
    private static readonly double MaterialNats = Math.Log(1.01);

    // Harmless churn: 2 % of the items flip when weights go to 8 bits, which nobody calls damage. It must pass in 4 of 5 runs.
    private const double HarmlessFlips = 0.02;
    private const double Power = 0.8;

    // Beyond that the honest answer is that so few items cannot tell.
    private const double LargestShare = 0.1;

    /// <summary>
    /// The gate of a task. Right or wrong, and scores that run from 0 to 1: <see cref="ShareMargin"/>. Log-likelihoods: ln 1.01 nats per token,
    /// which is one per cent of perplexity.
    /// </summary>
    public static Gate For(GateKind kind, int itemCount) => new(kind, kind == GateKind.LogLikelihood ? MaterialNats : ShareMargin(itemCount));

    /// <summary>
    /// max(0.01, (z_α + z_β)·√(0.02/n) + z_α²/n), at most 0.1: what is material, or where n items cannot resolve that, the smallest loss that they
    /// can exclude for a run whose flips are harmless. The last term is Tango's interval without a flip.
    /// </summary>
    public static double ShareMargin(int itemCount)
    {
        double z = NormalDistribution.Critical(Alpha);
        double n = Math.Max(1, itemCount);
        double resolvable = (z + NormalDistribution.Quantile(Power)) * Math.Sqrt(HarmlessFlips / n) + z * z / n;
        return Math.Round(Math.Clamp(resolvable, MaterialShare, LargestShare), 4);
    }
}
