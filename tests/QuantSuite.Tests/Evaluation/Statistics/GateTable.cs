using System.Globalization;
using System.Text;
using QuantSuite.Numerics;

namespace QuantSuite.Tests.Evaluation.Statistics;

/// <summary>The table of docs/gates.md: how small a loss each rule sees in four of five runs, and how often it fails a run that lost nothing.</summary>
public sealed class GateTable
{
    public const int RunCount = 1000;

    public static readonly int[] ItemCounts = [200, 1319, 14_042];

    public static readonly double[] Discordances = [0.02, 0.05, 0.10];

    // Shares of the flips that are net losses: the loss is tilt × discordance.
    private static readonly double[] Tilts = [0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.36, 0.43, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

    private readonly Dictionary<(int Items, double Discordance), double[][]> _power = [];

    /// <summary>Simulates the cells of some item counts.</summary>
    public GateTable(params IEnumerable<int> itemCounts)
    {
        var cells = from n in itemCounts from d in Discordances select (Items: n, Discordance: d);
        foreach (var entry in cells.AsParallel().Select(cell => (cell, Power: Curves(cell.Items, cell.Discordance))).ToArray())
            _power[entry.cell] = entry.Power;
    }

    /// <summary>The smallest loss that a rule sees in four of five runs, a fraction; null where not even a loss of every discordant item.</summary>
    public double? Smallest(int rule, int items, double discordance)
    {
        double[] curve = [.. _power[(items, discordance)].Select(power => power[rule])];
        int above = Array.FindIndex(curve, power => power >= 0.8);
        if (above <= 0)
            return above < 0 ? null : 0;
        double share = (0.8 - curve[above - 1]) / (curve[above] - curve[above - 1]);
        return discordance * (Tilts[above - 1] + share * (Tilts[above] - Tilts[above - 1]));
    }

    /// <summary>The share of runs without a loss that a rule fails.</summary>
    public double FalseAlarms(int rule, int items, double discordance) => _power[(items, discordance)][0][rule];

    /// <summary>The rows of one item count, as they stand in the document.</summary>
    public string Rows(int items)
    {
        var text = new StringBuilder();
        for (int rule = 0; rule < GateRules.All.Count; rule++)
        {
            int own = rule;
            string[] cells = [.. Discordances.Select(d => Text(Smallest(own, items, d))), (100 * Discordances.Max(d => FalseAlarms(own, items, d))).ToString("0.0", CultureInfo.InvariantCulture)];
            text.Append(CultureInfo.InvariantCulture, $"| {items:#,0} | {GateRules.All[rule].Name} | {string.Join(" | ", cells)} |\n");
        }
        return text.ToString();
    }

    private static string Text(double? loss) => loss is { } known ? (100 * known).ToString("0.00", CultureInfo.InvariantCulture) : "–";

    private static double[][] Curves(int items, double discordance)
    {
        PairedPopulation population = PairedPopulation.Measured.At(discordance);
        var random = new SeededRandom((ulong)(items * 1000 + 1000 * discordance));
        double[] before = new double[items], now = new double[items];
        return [.. Tilts.Select(tilt => Powers(population, random, tilt, before, now))];
    }

    private static double[] Powers(PairedPopulation population, SeededRandom random, double tilt, double[] before, double[] now)
    {
        var failed = new double[GateRules.All.Count];
        for (int run = 0; run < RunCount; run++)
        {
            population.Draw(random, tilt, before, now);
            var drawn = DrawnRuns.Of(before, now);
            for (int rule = 0; rule < failed.Length; rule++)
                failed[rule] += GateRules.All[rule].Fails(drawn) ? 1.0 / RunCount : 0;
        }
        return failed;
    }
}
