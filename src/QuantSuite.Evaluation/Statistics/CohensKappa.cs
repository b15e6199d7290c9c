namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// Agreement of two raters beyond chance from a square table of counts (Cohen 1960): κ = (p_o − p_e)/(1 − p_e). Two runs of a model are two raters of its
/// items: κ tells how far their answers agree beyond what their answers' frequencies alone would give. Equal to statsmodels' <c>cohens_kappa</c>.
/// </summary>
/// <param name="Kappa">1 full agreement, 0 as by chance; NaN where one category holds everything.</param>
/// <param name="StandardError">Of Fleiss, Cohen and Everitt (Psychological Bulletin 72, 1969).</param>
/// <param name="NullStandardError">The same if the raters were independent.</param>
/// <param name="MaximumKappa">The largest κ that the margins allow.</param>
public sealed record CohensKappa(double Kappa, double StandardError, double NullStandardError, double MaximumKappa)
{
    /// <summary>κ of a table [first rater, second rater].</summary>
    public static CohensKappa Of(IReadOnlyList<IReadOnlyList<double>> table)
    {
        int k = table.Count;
        double total = table.Sum(row => row.Sum());
        double[] rows = [.. table.Select(row => row.Sum() / total)];
        double[] columns = [.. Enumerable.Range(0, k).Select(j => table.Sum(row => row[j]) / total)];
        double agreed = Enumerable.Range(0, k).Sum(i => table[i][i] / total), chance = rows.Zip(columns, (r, c) => r * c).Sum();
        double kappa = (agreed - chance) / (1 - chance);
        double most = (rows.Zip(columns, Math.Min).Sum() - chance) / (1 - chance);
        double nullVariance = (chance + chance * chance - rows.Zip(columns, (r, c) => r * c * (r + c)).Sum()) / (total * (1 - chance) * (1 - chance));
        return new CohensKappa(kappa, Math.Sqrt(Variance(table, total, rows, columns, kappa, chance)), Math.Sqrt(nullVariance), most);
    }

    /// <summary>κ with weights (i − j)^power: 1 linear, 2 quadratic. 1 − Σ w·observed / Σ w·expected.</summary>
    public static double Weighted(IReadOnlyList<IReadOnlyList<double>> table, int power)
    {
        int k = table.Count;
        double total = table.Sum(row => row.Sum()), observed = 0, expected = 0;
        for (int i = 0; i < k; i++)
            for (int j = 0; j < k; j++)
            {
                double weight = Math.Pow(Math.Abs(i - j), power);
                observed += weight * table[i][j];
                expected += weight * table[i].Sum() * table.Sum(row => row[j]) / total;
            }
        return 1 - observed / expected;
    }

    private static double Variance(IReadOnlyList<IReadOnlyList<double>> table, double total, double[] rows, double[] columns, double kappa, double chance)
    {
        double diagonal = 0, others = 0, left = 1 - kappa;
        for (int i = 0; i < rows.Length; i++)
            for (int j = 0; j < rows.Length; j++)
            {
                double p = table[i][j] / total;
                if (i == j)
                    diagonal += p * Math.Pow(1 - (rows[i] + columns[i]) * left, 2);
                else
                    others += p * Math.Pow(columns[i] + rows[j], 2);
            }
        double variance = (diagonal + left * left * others - Math.Pow(kappa - chance * left, 2)) / (total * (1 - chance) * (1 - chance));
        return variance is < 0 and > -1e-12 ? 0 : variance;
    }
}
