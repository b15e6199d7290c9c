namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// Whether two runs give each answer equally often, from the square table of their answers: McNemar's question with more than two answers. It sees a model
/// that drifts towards one letter though its accuracy stays. Equal to statsmodels' <c>SquareTable.homogeneity</c> and <c>.symmetry</c>.
/// </summary>
/// <param name="Statistic">χ²; NaN where nothing disagrees.</param>
/// <param name="Degrees">Of freedom.</param>
/// <param name="P">Upper tail.</param>
public readonly record struct MarginalHomogeneity(double Statistic, double Degrees, double P)
{
    /// <summary>
    /// Stuart (1955) and Maxwell (1970): dᵀ V⁻¹ d over all categories but the last, d the differences of the margins, V_ii = row_i + column_i − 2·n_ii, V_ij = −(n_ij + n_ji).
    /// A category that nothing enters or leaves adds nothing, but is counted in the degrees of freedom, as statsmodels counts it.
    /// </summary>
    public static MarginalHomogeneity StuartMaxwell(IReadOnlyList<IReadOnlyList<double>> table)
    {
        int k = table.Count;
        int[] moved = [.. Enumerable.Range(0, k).Where(i => Row(table, i) + Column(table, i) - 2 * table[i][i] > 0)];
        double statistic = moved.Length == 0 ? double.NaN : Quadratic(table, moved[..^1]);
        return new MarginalHomogeneity(statistic, k - 1, SpecialFunctions.ChiSquareUpperTail(statistic, k - 1));
    }

    /// <summary>Bhapkar (1966): S/(1 − S/n) of Stuart and Maxwell's S; more powerful, the same for large n.</summary>
    public static MarginalHomogeneity Bhapkar(IReadOnlyList<IReadOnlyList<double>> table)
    {
        MarginalHomogeneity stuart = StuartMaxwell(table);
        double statistic = stuart.Statistic / (1 - stuart.Statistic / table.Sum(row => row.Sum()));
        return stuart with { Statistic = statistic, P = SpecialFunctions.ChiSquareUpperTail(statistic, stuart.Degrees) };
    }

    /// <summary>Bowker's test of symmetry (1948): Σ (n_ij − n_ji)²/(n_ij + n_ji) over pairs.</summary>
    public static MarginalHomogeneity Bowker(IReadOnlyList<IReadOnlyList<double>> table)
    {
        double statistic = 0, degrees = table.Count * (table.Count - 1) / 2.0;
        for (int i = 0; i < table.Count; i++)
            for (int j = 0; j < i; j++)
                if (table[i][j] + table[j][i] is > 0 and var sum)
                    statistic += Math.Pow(table[i][j] - table[j][i], 2) / sum;
        return new MarginalHomogeneity(statistic, degrees, SpecialFunctions.ChiSquareUpperTail(statistic, degrees));
    }

    private static double Row(IReadOnlyList<IReadOnlyList<double>> table, int i) => table[i].Sum();

    private static double Column(IReadOnlyList<IReadOnlyList<double>> table, int j) => table.Sum(row => row[j]);

    // dᵀ V⁻¹ d by Gaussian elimination; V is positive definite on these categories unless they split into groups that never mix.
    private static double Quadratic(IReadOnlyList<IReadOnlyList<double>> table, int[] categories)
    {
        int m = categories.Length;
        var v = new double[m, m];
        double[] d = [.. categories.Select(i => Row(table, i) - Column(table, i))];
        for (int a = 0; a < m; a++)
            for (int b = 0; b < m; b++)
            {
                int i = categories[a], j = categories[b];
                v[a, b] = a == b ? Row(table, i) + Column(table, i) - 2 * table[i][i] : -(table[i][j] + table[j][i]);
            }
        double sum = 0;
        for (int pivot = 0; pivot < m; pivot++)
        {
            if (v[pivot, pivot] <= 1e-9)
                continue;
            sum += d[pivot] * d[pivot] / v[pivot, pivot];
            for (int row = pivot + 1; row < m; row++)
            {
                double factor = v[row, pivot] / v[pivot, pivot];
                d[row] -= factor * d[pivot];
                for (int column = pivot; column < m; column++)
                    v[row, column] -= factor * v[pivot, column];
            }
        }
        return sum;
    }
}
