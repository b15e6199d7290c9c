namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// How far one model's distribution of the next token is from another's, at one position. b is the base model (full precision), q the one that is judged, y the
/// token that came:
/// <code>
/// Kl = Σ b·(ln b − ln q)      ReverseKl = Σ q·(ln q − ln b)      JensenShannon = ½·Σ b·ln(b/m) + ½·Σ q·ln(q/m),  m = (b + q)/2
/// DeltaP = q(y) − b(y)        SameTop: both have their largest logit at the same token (the first of equals)
/// </code>
/// All in double over the whole vocabulary, two passes over the two rows and nothing stored. llama.cpp leaves out tokens with ln b below −16 and reads the
/// base from 16 bits, so its KLD of a near-lossless model drowns in rounding; this one does not.
/// </summary>
/// <param name="Kl">Nats.</param>
/// <param name="ReverseKl">Nats.</param>
/// <param name="JensenShannon">Nats, at most ln 2.</param>
/// <param name="BaseLogP">ln b(y).</param>
/// <param name="LogP">ln q(y).</param>
public readonly record struct TokenDivergence(double Kl, double ReverseKl, double JensenShannon, bool SameTop, double BaseLogP, double LogP)
{
    /// <summary>q(y) − b(y).</summary>
    public double DeltaP => Math.Exp(LogP) - Math.Exp(BaseLogP);

    /// <summary>Compares two rows of logits.</summary>
    /// <param name="baseLogits">Logits of the base model [vocabulary].</param>
    /// <param name="logits">Logits of the judged model [vocabulary].</param>
    /// <param name="target">y.</param>
    /// <exception cref="ArgumentException">The rows differ in length, or y is outside of them.</exception>
    public static TokenDivergence Of(ReadOnlySpan<float> baseLogits, ReadOnlySpan<float> logits, int target)
    {
        if (baseLogits.Length != logits.Length || (uint)target >= (uint)logits.Length)
            throw new ArgumentException($"Rows of {baseLogits.Length} and {logits.Length} logits with token {target}; expected two rows of one vocabulary that holds the token.");
        (double baseSum, int baseTop) = LogSumExp(baseLogits);
        (double sum, int top) = LogSumExp(logits);
        double forward = 0, reverse = 0, jensen = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            double logB = baseLogits[i] - baseSum, logQ = logits[i] - sum;
            double b = Math.Exp(logB), q = Math.Exp(logQ);
            forward += b > 0 ? b * (logB - logQ) : 0;
            reverse += q > 0 ? q * (logQ - logB) : 0;
            jensen += Half(b, logB, q) + Half(q, logQ, b);
        }
        return new TokenDivergence(NotBelowZero(forward), NotBelowZero(reverse), NotBelowZero(jensen), baseTop == top, baseLogits[target] - baseSum, logits[target] - sum);
    }

    // A sum that mathematics keeps from being negative, and rounding does not; NaN stays.
    private static double NotBelowZero(double sum) => sum < 0 ? 0 : sum;

    private static double Half(double p, double logP, double other) => p > 0 ? 0.5 * p * (logP - Math.Log((p + other) / 2)) : 0;

    private static (double Value, int Top) LogSumExp(ReadOnlySpan<float> row)
    {
        int top = 0;
        for (int i = 1; i < row.Length; i++)
            top = row[i] > row[top] ? i : top;
        double sum = 0;
        foreach (float logit in row)
            sum += Math.Exp((double)logit - row[top]);
        return (row[top] + Math.Log(sum), top);
    }
}
