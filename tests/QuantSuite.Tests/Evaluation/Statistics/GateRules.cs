using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Tests.Evaluation.Statistics;

/// <summary>One drawn pair of runs, as a gate sees it.</summary>
/// <param name="Table">First is now, second is before: <c>OnlySecond</c> are the lost items.</param>
/// <param name="Nats">The paired change of the cut margins.</param>
public readonly record struct DrawnRuns(PairedOutcomes Table, MeanChange Nats)
{
    public int Count => Table.Count;

    public double Now => (double)(Table.BothRight + Table.OnlyFirst) / Count;

    public double Before => (double)(Table.BothRight + Table.OnlySecond) / Count;

    public static DrawnRuns Of(double[] before, double[] now)
    {
        int both = 0, onlyNow = 0, onlyBefore = 0;
        double sum = 0, squares = 0, largest = 0;
        for (int i = 0; i < before.Length; i++)
        {
            bool right = now[i] > 0, was = before[i] > 0;
            both += right && was ? 1 : 0;
            onlyNow += right && !was ? 1 : 0;
            onlyBefore += was && !right ? 1 : 0;
            double change = Gate.Cut(now[i]) - Gate.Cut(before[i]);
            sum += change;
            squares += change * change;
            largest = Math.Max(largest, Math.Abs(change));
        }
        return new DrawnRuns(new PairedOutcomes(both, onlyNow, onlyBefore, before.Length - both - onlyNow - onlyBefore), new MeanChange(before.Length, sum, squares, largest));
    }
}

/// <summary>
/// The guarded interval of <see cref="PairedRatio"/> from four sums, for ten thousand simulated runs; a test holds the two equal.
/// </summary>
public readonly record struct MeanChange(int Count, double Sum, double Squares, double Largest)
{
    public Interval Guarded(double z)
    {
        double n = Count + z * z, centre = Sum / n, variance = Math.Max(0, (Squares + z * z * Largest * Largest) / n - centre * centre);
        double half = z * Math.Sqrt(variance / n);
        return new Interval(centre - half, centre + half);
    }
}

/// <summary>The gates of the field and this suite's, as rules that fail a run or not. Formulae: docs/gates.md.</summary>
public static class GateRules
{
    private static readonly double Z05 = NormalDistribution.Critical(0.05), Z01 = NormalDistribution.Critical(Gate.Alpha), Z005 = NormalDistribution.Critical(Gate.Alpha / 2);

    public static IReadOnlyList<(string Name, Func<DrawnRuns, bool> Fails)> All { get; } =
    [
        ("TensorRT-LLM: unpaired, σ = ½, α = 0.05", runs => runs.Now < runs.Before - Z05 * Math.Sqrt(0.5 / runs.Count)),
        ("vLLM lm-eval: 8 % of the reference", runs => runs.Now < runs.Before * (1 - 0.08)),
        ("vLLM gsm8k: 8 points", runs => runs.Now < runs.Before - 0.08),
        ("llm-compressor: round(ratio, 2) ≥ 0.95", runs => Math.Round(runs.Now / runs.Before, 2) < 0.95),
        ("GPTQModel: 0.95 ≤ ratio ≤ 1.10", runs => runs.Now / runs.Before is < 0.95 or > 1.10),
        ("McNemar exact, α = 0.05, no margin (2602.10144)", runs => runs.Table.LossP() <= 0.05),
        ("QuantSuite shows a loss, right or wrong alone", runs => Scores(runs, Gate.Alpha, Z01, 0)),
        ("QuantSuite shows a loss, with log-likelihood margins", runs => Scores(runs, Gate.Alpha / 2, Z005, 0) || Margins(runs, 0)),
        ("QuantSuite fails, right or wrong alone", runs => Scores(runs, Gate.Alpha, Z01, Gate.ShareMargin(runs.Count))),
        ("QuantSuite fails, with log-likelihood margins", Fails),
    ];

    /// <summary>This suite's rule for a choice task: <see cref="Comparison.Kind"/> is <see cref="VerdictKind.Fail"/>.</summary>
    public static bool Fails(DrawnRuns runs) => Scores(runs, Gate.Alpha / 2, Z005, Gate.ShareMargin(runs.Count)) || Margins(runs, Gate.NatsMargin(runs.Count));

    private static bool Scores(DrawnRuns runs, double alpha, double z, double margin)
    {
        if (runs.Table.OnlySecond <= runs.Table.OnlyFirst || runs.Table.LossP() > alpha)
            return false;
        Interval limits = runs.Table.Tango(z);
        return limits.High < 0 && limits.Low <= -margin;
    }

    private static bool Margins(DrawnRuns runs, double margin)
    {
        Interval limits = runs.Nats.Guarded(Z005);
        return limits.High + MarginText.Step < 0 && limits.Low - MarginText.Step <= -margin;
    }
}
