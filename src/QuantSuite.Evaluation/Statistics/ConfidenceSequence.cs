namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// One-sided tests of the mean of paired differences in [−1, 1] that may be looked at after every item: they stop when they like and keep α
/// (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86, 2024). Whoever holds that the mean is at most m
/// sells a bet whose fair price that makes it; the buyer's capital
/// <code>
/// K_t = Π_i (1 + λ_i·(d_i − m)),    0 ≤ λ_i ≤ c/(1 + m),   λ_i from the items before i alone
/// </code>
/// is then a supermartingale, so P(K ever reaches 1/α) ≤ α (Ville). λ is Kelly's stake by the running mean and variance (the paper's aGRAPA),
/// λ_i = (μ̂ − m)/(σ̂² + (μ̂ − m)²), with c = ¾. Items come in a seeded order, so they are exchangeable draws of what the task asks about.
/// </summary>
public sealed class ConfidenceSequence
{
    private const double Cap = 0.75;

    private readonly double _mean;
    private readonly int _side;
    private double _sum, _squares, _logCapital, _most;

    /// <summary>A test against one bound.</summary>
    /// <param name="mean">m, above −1 and below 1.</param>
    /// <param name="above">True tests "the mean is at most m" and rejects where it is above; false tests "at least m".</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mean"/> is outside of (−1, 1).</exception>
    public ConfidenceSequence(double mean, bool above)
    {
        if (!(Math.Abs(mean) < 1))
            throw new ArgumentOutOfRangeException(nameof(mean), mean, "A mean of differences in [−1, 1] is tested strictly inside of them.");
        _side = above ? 1 : -1;
        _mean = _side * mean;
    }

    /// <summary>Items so far.</summary>
    public int Count { get; private set; }

    /// <summary>1 over the largest capital so far: a p-value at every moment, at most α with a chance of at most α.</summary>
    public double P => Math.Exp(-_most);

    /// <summary>Takes the next difference.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside of [−1, 1] or no number.</exception>
    public void Add(double difference)
    {
        if (!(Math.Abs(difference) <= 1))
            throw new ArgumentOutOfRangeException(nameof(difference), difference, "Paired differences of scores from 0 to 1 lie in [−1, 1].");
        double d = _side * difference;
        _logCapital += Math.Log(1 + Stake() * (d - _mean));
        _most = Math.Max(_most, _logCapital);
        _sum += d;
        _squares += d * d;
        Count++;
    }

    // Half an item at each end beforehand keeps the first stakes small without looking ahead.
    private double Stake()
    {
        double n = Count + 1, mean = _sum / n, variance = (_squares + 0.25) / n - mean * mean;
        double gain = mean - _mean;
        return Math.Clamp(gain / (variance + gain * gain), 0, Cap / (1 + _mean));
    }
}
