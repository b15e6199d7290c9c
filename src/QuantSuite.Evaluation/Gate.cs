using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation;

/// <summary>How two runs of the same items are compared. <see cref="For"/> derives the margin; docs/gates.md says from what.</summary>
/// <param name="Kind">What an item's <see cref="ItemOutcome.Score"/> is.</param>
/// <param name="Margin">The largest loss that is still no degradation, in the unit of the mean score (a fraction of items, or nats per token).</param>
public sealed record Gate(GateKind Kind, double Margin)
{
    /// <summary>
    /// A row's level: a row without a loss fails with at most this chance. Where scores and log-likelihood margins both judge, each has half of it.
    /// </summary>
    public const double Alpha = 0.01;

    /// <summary>
    /// c, nats: log-likelihood margins count up to ±c. Beyond it an answer is decided, and how far it is decided says more about its length than about
    /// the model.
    /// </summary>
    public const double Handicap = 4;

    // Material: the field calls 99 % of the reference's accuracy lossless, and a perplexity within 1 % the same.
    private const double MaterialShare = 0.01;
    private static readonly double MaterialNats = Math.Log(1.01);

    // Harmless churn: 2 % of the items flip when weights go to 8 bits, which nobody calls damage. It must pass in 4 of 5 runs. Log-likelihood margins of
    // runs that flip so many differ by 0.17 to 0.65 nats (SmolLM2 at int4 and int3, scaled; standard deviation within ±c).
    private const double HarmlessFlips = 0.02;
    private const double HarmlessNats = 0.4;
    private const double Power = 0.8;

    // Beyond that the honest answer is that so few items cannot tell.
    private const double LargestShare = 0.1;

    /// <summary>
    /// The gate of a task. Right or wrong, and scores that run from 0 to 1: <see cref="ShareMargin"/>. Log-likelihoods: ln 1.01 nats per token,
    /// which is one per cent of perplexity.
    /// </summary>
    public static Gate For(GateKind kind, int itemCount, NoiseFloor? noise = null) =>
        new(kind, kind == GateKind.LogLikelihood ? MaterialNats : ShareMargin(itemCount, Math.Max(HarmlessFlips, noise?.FlipRate ?? 0)));

    /// <summary>
    /// max(0.01, (z_α + z_β)·√(0.02/n) + z_α²/n), at most 0.1: what is material, or where n items cannot resolve that, the smallest loss that they
    /// can exclude for a run whose flips are harmless. The last term is Tango's interval without a flip.
    /// </summary>
    /// <param name="harmlessFlips">The share of items that flips without harm: 2 %, or the engine's own noise where that is more.</param>
    public static double ShareMargin(int itemCount, double harmlessFlips = HarmlessFlips)
    {
        double z = NormalDistribution.Critical(Alpha);
        double n = Math.Max(1, itemCount);
        double resolvable = (z + NormalDistribution.Quantile(Power)) * Math.Sqrt(harmlessFlips / n) + z * z / n;
        return Math.Round(Math.Clamp(resolvable, MaterialShare, LargestShare), 4);
    }

    /// <summary>
    /// The largest harmless loss of the mean log-likelihood margin, nats: max(2c·0.01, (z_{α/2} + z_β)·0.4/√n), at most 2c·0.1. Why 2c: the mean of
    /// margins cut to ±c, over 2c, is the
    /// accuracy averaged over all handicaps from −c to c nats, so that one point of it is 2c·0.01 nats.
    /// </summary>
    public static double NatsMargin(int itemCount)
    {
        double resolvable = (NormalDistribution.Critical(Alpha / 2) + NormalDistribution.Quantile(Power)) * HarmlessNats / Math.Sqrt(Math.Max(1, itemCount));
        return Math.Clamp(resolvable, 2 * Handicap * MaterialShare, 2 * Handicap * LargestShare);
    }

    /// <summary>A log-likelihood margin as the gate counts it: cut to ±<see cref="Handicap"/>. NaN stays.</summary>
    public static double Cut(double margin) => Math.Clamp(margin, -Handicap, Handicap);
}
