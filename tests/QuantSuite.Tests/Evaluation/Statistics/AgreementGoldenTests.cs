using System.Text.Json;
using QuantSuite.Evaluation.Statistics;
using QuantSuite.Tests.Repository;
using Xunit;
using static QuantSuite.Tests.Evaluation.Statistics.MetricGoldens;

namespace QuantSuite.Tests.Evaluation.Statistics;

/// <summary>Corrections, correlations and agreement against statsmodels and scipy; and that no file of reference values lies there untaken.</summary>
public sealed class AgreementGoldenTests
{
    [SkippableFact]
    public void Every_golden_file_is_taken()
    {
        string tests = string.Concat(SourceTree.Files.Where(file => file.StartsWith("tests/", StringComparison.Ordinal) && file.EndsWith("GoldenTests.cs", StringComparison.Ordinal)).Select(SourceTree.Read));
        string[] names = [.. Directory.EnumerateFiles(Goldens.Folder("metrics"), "*.json").Select(path => Path.GetFileNameWithoutExtension(path))];
        Assert.All(names, name => Assert.True(tests.Contains($"\"{name}.json\"") || tests.Contains($"\"{name}*.json\""), $"no golden test takes {name}.json"));
    }

    [SkippableFact]
    public void Corrections_equal_statsmodels()
    {
        (string Name, Correction Correction)[] all =
        [
            ("holm", Correction.Holm), ("bh", Correction.BenjaminiHochberg), ("bonferroni", Correction.Bonferroni), ("by", Correction.BenjaminiYekutieli),
            ("hochberg", Correction.Hochberg),
        ];
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("multiple_testing.json"))
            foreach ((string name, Correction correction) in all)
            {
                double[] adjusted = MultipleTesting.Adjust(@case.Numbers("p"), correction);
                double[] wanted = expected.GetProperty(name).Numbers("adjusted");
                for (int i = 0; i < wanted.Length; i++)
                    Near(wanted[i], adjusted[i], tolerance, @case, $"{name} {i}");
            }
    }

    [SkippableFact]
    public void Correlations_equal_scipy()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("correlation.json"))
        {
            double[] x = @case.Numbers("x"), y = @case.Numbers("y");
            if (expected.TryGetProperty("error", out _))
            {
                Assert.Throws<ArgumentException>(() => Correlation.Pearson(x, y));
                continue;
            }
            double pearson = Correlation.Pearson(x, y), spearman = Correlation.Spearman(x, y);
            (string, double)[] values =
            [
                ("pearson", pearson), ("pearson_p", Correlation.PearsonP(pearson, x.Length)), ("spearman", spearman), ("spearman_p", Correlation.SpearmanP(spearman, x.Length)),
                ("kendall_tau_b", Correlation.KendallB(x, y)), ("kendall_tau_c", Correlation.KendallC(x, y)), ("kendall_p", Correlation.KendallP(x, y)),
            ];
            foreach ((string name, double value) in values)
                Near(expected.Number(name), value, tolerance, @case, name);
        }
    }

    [SkippableFact]
    public void Kappa_equals_statsmodels()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("cohens_kappa_table.json"))
        {
            double[][] table = Table(@case);
            var kappa = CohensKappa.Of(table);
            Near(expected.Number("kappa"), kappa.Kappa, tolerance, @case, "kappa");
            Near(expected.Number("kappa_max"), kappa.MaximumKappa, tolerance, @case, "largest kappa");
            Near(expected.Number("std_kappa"), kappa.StandardError, tolerance, @case, "standard error");
            Near(expected.Number("std_kappa0"), kappa.NullStandardError, tolerance, @case, "standard error under independence");
            if (!double.IsNaN(kappa.Kappa))
                Near(expected.Number("kappa_quadratic"), CohensKappa.Weighted(table, 2), tolerance, @case, "quadratic kappa");
        }
    }

    [SkippableFact]
    public void Marginal_homogeneity_equals_statsmodels()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("stuart_maxwell.json"))
        {
            double[][] table = Table(@case);
            MarginalHomogeneity stuart = MarginalHomogeneity.StuartMaxwell(table), bhapkar = MarginalHomogeneity.Bhapkar(table), bowker = MarginalHomogeneity.Bowker(table);
            Near(expected.Number("stuart_maxwell"), stuart.Statistic, tolerance, @case, "Stuart–Maxwell");
            Near(expected.Number("p"), stuart.P, tolerance, @case, "p");
            Near(expected.Number("bhapkar"), bhapkar.Statistic, tolerance, @case, "Bhapkar");
            Near(expected.Number("bhapkar_p"), bhapkar.P, tolerance, @case, "Bhapkar's p");
            Near(expected.Number("bowker"), bowker.Statistic, tolerance, @case, "Bowker");
            Near(expected.Number("bowker_p"), bowker.P, tolerance, @case, "Bowker's p");
            Assert.Equal(expected.Number("df"), stuart.Degrees);
            Assert.Equal(expected.Number("bowker_df"), bowker.Degrees);
        }
    }

    [SkippableFact]
    public void McNemar_chi_square_equals_statsmodels()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("mcnemar.json"))
        {
            var table = new PairedOutcomes(0, @case.Count("b"), @case.Count("c"), 0);
            double plain = table.ChiSquare(), corrected = table.ChiSquare(corrected: true);
            if (expected.GetProperty("chi2").ValueKind == JsonValueKind.Null)
            {
                Assert.Equal((double.NaN, double.NaN), (plain, corrected));
                continue;
            }
            Near(expected.Number("chi2"), plain, tolerance, @case, "chi square");
            Near(expected.Number("chi2_p"), SpecialFunctions.ChiSquareUpperTail(plain, 1), tolerance, @case, "its p");
            Near(expected.Number("chi2_cc"), corrected, tolerance, @case, "corrected");
            Near(expected.Number("chi2_cc_p"), SpecialFunctions.ChiSquareUpperTail(corrected, 1), tolerance, @case, "its corrected p");
        }
    }

    [SkippableFact]
    public void Exact_interval_of_a_proportion_equals_statsmodels()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("proportion_ci.json"))
            Near(expected.GetProperty("clopper_pearson"), Binomial.ClopperPearson(@case.Count("successes"), @case.Count("n"), @case.Number("alpha")), tolerance, @case, "Clopper–Pearson");
    }

    private static double[][] Table(JsonElement @case) => [.. @case.GetProperty("table").EnumerateArray().Select(row => row.EnumerateArray().Select(MetricGoldens.Number).ToArray())];
}
