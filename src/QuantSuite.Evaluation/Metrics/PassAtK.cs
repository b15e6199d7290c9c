namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// pass@k of Chen et al. ("Evaluating Large Language Models Trained on Code", 2021): the chance that at least one of k samples passes, estimated without
/// bias from n samples of which
/// c pass, 1 − C(n − c, k)/C(n, k), as a product that never overflows.
/// </summary>
public static class PassAtK
{
    /// <summary>The estimate for one problem; 1 where fewer than k samples fail.</summary>
    public static double Estimate(int sampleCount, int passedCount, int k)
    {
        if (sampleCount - passedCount < k)
            return 1;
        double none = 1;
        for (int i = sampleCount - passedCount + 1; i <= sampleCount; i++)
            none *= 1 - (double)k / i;
        return 1 - none;
    }
}
