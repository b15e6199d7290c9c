namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// lm-evaluation-harness's <c>bootstrap_stderr</c>, draw for draw: chunks of 1,000 resamples, the i-th drawn by Python's <c>random.Random(i).choices</c>; the
/// sample standard deviation of all replicates. For metrics without a formula (perplexity, BLEU), where its printed ± should be met.
/// </summary>
public static class LmEvalBootstrap
{
    private const int ChunkSize = 1000;

    /// <summary>The standard error of a statistic of the items.</summary>
    /// <param name="iterations">Resamples; lm-evaluation-harness takes 100,000, and 100 for BLEU, chrF and TER.</param>
    public static double StandardError<T>(IReadOnlyList<T> items, Func<IReadOnlyList<T>, double> statistic, int iterations = 100_000)
    {
        int chunks = Math.Max(1, iterations / ChunkSize), size = Math.Min(ChunkSize, iterations);
        var replicates = new double[chunks * size];
        var resample = new T[items.Count];
        for (int r = 0; r < replicates.Length; r += size)
        {
            var random = new PythonRandom((uint)(r / size));
            for (int k = 0; k < size; k++)
            {
                for (int i = 0; i < resample.Length; i++)
                    resample[i] = items[random.NextChoice(items.Count)];
                replicates[r + k] = statistic(resample);
            }
        }
        double mean = replicates.Sum() / replicates.Length;
        return Math.Sqrt(replicates.Sum(x => (x - mean) * (x - mean)) / (replicates.Length - 1));
    }
}
