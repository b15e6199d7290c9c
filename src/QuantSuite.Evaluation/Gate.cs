using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation;

/// <summary>How two runs of the same items are compared. The factories derive the margin; docs/gates.md says from what.</summary>
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

    /// <summary>For items that are right or wrong; <see cref="ShareMargin"/>.</summary>
    public static Gate RightOrWrong(int itemCount) => new(GateKind.RightOrWrong, ShareMargin(itemCount));

    /// <summary>For mean scores (ROUGE, F1) that run over <paramref name="range"/>: <see cref="ShareMargin"/> of that range.</summary>
    public static Gate Score(int itemCount, double range = 1) => new(GateKind.Score, range * ShareMargin(itemCount));

    /// <summary>For nats per token: ln 1.01, one per cent of perplexity.</summary>
    public static Gate LogLikelihood() => new(GateKind.LogLikelihood, MaterialNats);

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
