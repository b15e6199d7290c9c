using System.Globalization;

namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// The divergences of many tokens, under the names that llama.cpp's <c>llama-perplexity --kl-divergence</c> prints, and the ones that it lacks (reverse KL,
/// Jensen–Shannon). Six numbers a token are kept, for percentiles; the vocabulary never is. Tokens of one chunk are not independent, so each ± is
/// the cluster-robust one (<see cref="StandardError.OfRatio"/>); llama.cpp's counts tokens as independent draws and is too narrow.
/// </summary>
public sealed class DivergenceSummary
{
    private static readonly (double P, string Name)[] KlPercentiles =
        [(1, "Maximum"), (0.999, "99.9%"), (0.99, "99.0%"), (0.95, "95.0%"), (0.9, "90.0%"), (0.5, "Median"), (0.1, "10.0%"), (0.05, "5.0%"), (0.01, "1.0%"), (0.001, "0.1%"), (0, "Minimum")];

    private static readonly (double P, string Name)[] DeltaPercentiles =
        [(1, "Maximum"), (0.999, "99.9%"), (0.99, "99.0%"), (0.95, "95.0%"), (0.9, "90.0%"), (0.75, "75.0%"), (0.5, "Median"),
         (0.25, "25.0%"), (0.1, "10.0%"), (0.05, "5.0%"), (0.01, "1.0%"), (0.001, "0.1%"), (0, "Minimum")];

    private readonly List<TokenDivergence> _tokens = [];
    private readonly List<string> _chunks = [];

    /// <summary>Tokens so far.</summary>
    public int Count => _tokens.Count;

    /// <summary>The tokens, for histograms.</summary>
    public IReadOnlyList<TokenDivergence> Tokens => _tokens;

    /// <summary>Takes a token.</summary>
    /// <param name="chunk">The chunk or document that it shares with others.</param>
    public void Add(TokenDivergence token, string chunk)
    {
        _tokens.Add(token);
        _chunks.Add(chunk);
    }

    /// <summary>Mean KLD, nats.</summary>
    public Metric MeanKl => Mean("Mean KLD", token => token.Kl, "nats");

    /// <summary>KL of q against b the other way round, nats.</summary>
    public Metric MeanReverseKl => Mean("Mean reverse KLD", token => token.ReverseKl, "nats");

    /// <summary>Jensen–Shannon divergence, nats.</summary>
    public Metric MeanJensenShannon => Mean("Mean JSD", token => token.JensenShannon, "nats");

    /// <summary>The share of tokens whose most likely token is the same.</summary>
    public Metric SameTop => Mean("Same top p", token => token.SameTop ? 1 : 0, "") with { HigherIsBetter = true };

    /// <summary>Mean of q(y) − b(y).</summary>
    public Metric MeanDeltaP => Mean("Mean Δp", token => token.DeltaP, "") with { HigherIsBetter = true };

    /// <summary>√ of the mean of (q(y) − b(y))²; its error by the derivative of the root.</summary>
    public Metric RmsDeltaP
    {
        get
        {
            Metric squares = Mean("RMS Δp", token => token.DeltaP * token.DeltaP, "");
            double rms = Math.Sqrt(squares.Value);
            return squares with { Value = rms, StandardError = rms > 0 ? squares.StandardError / (2 * rms) : squares.StandardError };
        }
    }

    /// <summary>ln(PPL(Q)/PPL(base)): the mean paired change of the negative log-likelihood, nats per token.</summary>
    public Metric LogRatio => Mean("Mean ln(PPL(Q)/PPL(base))", token => token.BaseLogP - token.LogP, "nats/token");

    /// <summary>All of it, in llama.cpp's order.</summary>
    public IReadOnlyList<Metric> Metrics()
    {
        Metric q = Exponential("Mean PPL(Q)", Mean("", token => -token.LogP, "")), b = Exponential("Mean PPL(base)", Mean("", token => -token.BaseLogP, ""));
        return
        [
            q, b, new Metric("Cor(ln(PPL(Q)), ln(PPL(base)))", Correlation(), null, true), LogRatio, Exponential("Mean PPL(Q)/PPL(base)", LogRatio),
            new Metric("Mean PPL(Q)-PPL(base)", q.Value - b.Value, null, false),
            MeanKl, .. Percentiles("KLD", token => token.Kl, KlPercentiles, false), MeanReverseKl, MeanJensenShannon,
            MeanDeltaP, .. Percentiles("Δp", token => token.DeltaP, DeltaPercentiles, true), RmsDeltaP, SameTop,
        ];
    }

    private IEnumerable<Metric> Percentiles(string of, Func<TokenDivergence, double> value, (double P, string Name)[] percentiles, bool higher)
    {
        double[] sorted = [.. _tokens.Select(value)];
        Array.Sort(sorted);
        return percentiles.Select(p => new Metric(string.Create(CultureInfo.InvariantCulture, $"{p.Name} {of}"), Bootstrap.Quantile(sorted, p.P), null, higher));
    }

    private Metric Mean(string name, Func<TokenDivergence, double> value, string unit)
    {
        double[] values = [.. _tokens.Select(value)];
        double? error = StandardError.OfRatio(values, [.. values.Select(_ => 1.0)], _chunks);
        return new Metric(name, values.Length == 0 ? double.NaN : values.Sum() / values.Length, error, HigherIsBetter: false, unit);
    }

    private static Metric Exponential(string name, Metric log) =>
        new(name, Math.Exp(log.Value), Math.Exp(log.Value) * log.StandardError, HigherIsBetter: false);

    private double Correlation() => Count < 2 ? double.NaN : Statistics.Correlation.Pearson([.. _tokens.Select(token => token.LogP)], [.. _tokens.Select(token => token.BaseLogP)]);
}
