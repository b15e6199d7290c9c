namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// What a stored baseline keeps of a distribution: the probabilities of its k most likely tokens, and the rest as one number. Merging outcomes never
/// increases a divergence (data processing inequality; Cover and Thomas, §2.8), so the KL between two distributions over {k tokens, rest}
/// <code>
/// KL_coarse = Σ_{i ≤ k} b_i·ln(b_i/q_i) + b_rest·ln(b_rest/q_rest)   ≤   KL
/// </code>
/// is a certified lower bound: where it exceeds a limit, the true KL does too. It proves a loss; it never proves that there is none.
/// </summary>
/// <param name="Tokens">The k token ids.</param>
/// <param name="LogP">ln b of each.</param>
public sealed record CoarseDistribution(IReadOnlyList<int> Tokens, IReadOnlyList<double> LogP)
{
    // What a double can tell of 1 − Σ: rests below it are taken as what lowers the bound.
    private const double Certain = 1e-9;

    /// <summary>The k most likely tokens of a row of logits, the most likely first, lower ids first among equals.</summary>
    public static CoarseDistribution Of(ReadOnlySpan<float> logits, int k)
    {
        var best = new PriorityQueue<int, (float Logit, int NegatedId)>();
        for (int i = 0; i < logits.Length; i++)
        {
            best.Enqueue(i, (logits[i], -i));
            if (best.Count > k)
                best.Dequeue();
        }
        var ids = new int[best.Count];
        for (int i = ids.Length - 1; i >= 0; i--)
            ids[i] = best.Dequeue();
        double sum = LogSumExp(logits);
        var logP = new double[ids.Length];
        for (int i = 0; i < ids.Length; i++)
            logP[i] = logits[ids[i]] - sum;
        return new CoarseDistribution(ids, logP);
    }

    /// <summary>
    /// The certified lower bound of KL(b‖q), nats. <paramref name="slack"/> is the largest error of a stored ln b (half a step of its quantization): the
    /// bound is
    /// lowered by as much as any b within it could lower it.
    /// </summary>
    public double LowerBound(ReadOnlySpan<float> logits, double slack = 0)
    {
        double sum = LogSumExp(logits), kl = 0, b = 0, q = 0;
        for (int i = 0; i < Tokens.Count; i++)
        {
            double logQ = logits[Tokens[i]] - sum, p = Math.Exp(LogP[i]);
            kl += p * (LogP[i] - logQ);
            b += p;
            q += Math.Exp(logQ);
        }
        double restB = Math.Max(double.Epsilon, 1 - b), restQ = restB < Certain ? 1 : Math.Max(Certain, 1 - q);
        double tail = Math.Log(restB) - Math.Log(restQ);
        return Math.Max(0, kl + restB * tail - Slack(logits, sum, tail, slack));
    }

    // KL is convex in b, so it lies above its tangent: Σ (∂KL/∂b_i)·δ_i with |δ_i| ≤ b_i·(e^slack − 1), and the rest takes what the others give.
    private double Slack(ReadOnlySpan<float> logits, double sum, double tail, double slack)
    {
        double bound = 0;
        for (int i = 0; i < Tokens.Count; i++)
            bound += Math.Exp(LogP[i]) * Math.Abs(LogP[i] - (logits[Tokens[i]] - sum) - tail);
        return bound * (Math.Exp(slack) - 1);
    }

    private static double LogSumExp(ReadOnlySpan<float> row)
    {
        float top = float.NegativeInfinity;
        foreach (float logit in row)
            top = Math.Max(top, logit);
        double sum = 0;
        foreach (float logit in row)
            sum += Math.Exp((double)logit - top);
        return top + Math.Log(sum);
    }
}
