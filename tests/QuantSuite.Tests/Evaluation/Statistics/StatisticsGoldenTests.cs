using System.Text.Json;
using QuantSuite.Evaluation.Statistics;
using Xunit;
using static QuantSuite.Tests.Evaluation.Statistics.MetricGoldens;

namespace QuantSuite.Tests.Evaluation.Statistics;

public class StatisticsGoldenTests
{
    private static readonly double Z95 = NormalDistribution.Critical(0.025);
    private static readonly double Z90 = NormalDistribution.Critical(0.05);

    public static TheoryData<string> PairedDifferences => Files("paired_difference*.json");

    public static TheoryData<string> McNemars => Files("mcnemar*.json");

    public static TheoryData<string> Bootstraps => Files("bootstrap_paired*.json");

    public static TheoryData<string> StandardErrors => Files("lmeval_stderr*.json");

    public static TheoryData<string> Groups => Files("lmeval_group*.json");

    public static TheoryData<string> PerplexityErrors => Files("lmeval_bootstrap_ppl*.json");

    public static TheoryData<string> Proportions => Files("proportion_ci*.json");

    [SkippableTheory, MemberData(nameof(PairedDifferences))]
    public void Paired_difference(string file)
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases(file))
        {
            var table = new PairedOutcomes(@case.Count("both_right"), @case.Count("only_first"), @case.Count("only_second"), @case.Count("both_wrong"));
            Near(expected.Number("diff"), table.Difference, tolerance, @case, "difference");
            Near(expected.GetProperty("newcombe_method10"), table.Newcombe(Z95), tolerance, @case, "Newcombe");
            Near(expected.GetProperty("tango_95"), table.Tango(Z95), tolerance, @case, "Tango 95 %");
            Near(expected.GetProperty("tango_90"), table.Tango(Z90), tolerance, @case, "Tango 90 %");
            foreach (JsonProperty margin in expected.EnumerateObject().Where(property => property.Name.StartsWith("margin_", StringComparison.Ordinal)))
                NonInferiority(table, margin, tolerance, @case);
        }
    }

    private static void NonInferiority(PairedOutcomes table, JsonProperty expected, double tolerance, JsonElement @case)
    {
        double margin = double.Parse(expected.Name["margin_".Length..], System.Globalization.CultureInfo.InvariantCulture);
        double lower = table.ScoreStatistic(-margin), upper = table.ScoreStatistic(margin);
        Near(expected.Value.Number("noninferior_z"), lower, tolerance, @case, expected.Name + " lower z");
        Near(expected.Value.Number("noninferior_p"), NormalDistribution.UpperTail(lower), tolerance, @case, expected.Name + " lower p");
        Near(expected.Value.Number("upper_z"), upper, tolerance, @case, expected.Name + " upper z");
        Near(expected.Value.Number("upper_p"), NormalDistribution.Cdf(upper), tolerance, @case, expected.Name + " upper p");
    }

    [SkippableTheory, MemberData(nameof(McNemars))]
    public void McNemar(string file)
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases(file))
        {
            var table = new PairedOutcomes(3, @case.Count("b"), @case.Count("c"), 4);
            Near(expected.Number("exact_p"), table.McNemarExact(), tolerance, @case, "exact p");
            Near(expected.Number("mid_p"), table.McNemarMidP(), tolerance, @case, "mid-p");
        }
    }

    [SkippableTheory, MemberData(nameof(Bootstraps))]
    public void Bootstrap_on_given_resamples(string file)
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases(file))
        {
            double[] differences = @case.Numbers("differences");
            double estimate = differences.Sum() / differences.Length;
            double[] replicates = [.. @case.GetProperty("resample_indices").EnumerateArray().Select(row => Mean(row, differences))];
            Array.Sort(replicates);
            Near(expected.GetProperty("percentile_95"), Bootstrap.Percentile(replicates, 0.025, 0.975), tolerance, @case, "percentile");
            Near(expected.GetProperty("basic_95"), Bootstrap.Basic(replicates, estimate, 0.025, 0.975), tolerance, @case, "basic");
            JsonElement bca = expected.GetProperty("bca");
            double bias = Bootstrap.Bias(replicates, estimate), acceleration = Bootstrap.Acceleration(Jackknife(differences));
            Near(bca.Number("z0"), bias, tolerance, @case, "z0");
            Near(bca.Number("acceleration"), acceleration, tolerance, @case, "acceleration");
            Near(bca.GetProperty("bca_95"), Bootstrap.BiasCorrected(replicates, bias, acceleration, 0.025, 0.975), tolerance, @case, "BCa");
        }
    }

    private static double Mean(JsonElement indices, double[] values) => indices.EnumerateArray().Sum(index => values[index.GetInt32()]) / values.Length;

    private static double[] Jackknife(double[] values) =>
        [.. Enumerable.Range(0, values.Length).Select(left => values.Where((_, i) => i != left).Sum() / (values.Length - 1))];

    [SkippableTheory, MemberData(nameof(StandardErrors))]
    public void Standard_error_of_a_mean(string file)
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases(file))
        {
            double[] values = @case.Numbers("values");
            double? actual = StandardError.OfMean(values);
            if (expected.GetProperty("mean_stderr").ValueKind == JsonValueKind.Object)
                Assert.Null(actual);
            else
                Near(expected.Number("mean_stderr"), actual!.Value, tolerance, @case, "standard error");
        }
    }

    [SkippableTheory, MemberData(nameof(Groups))]
    public void Standard_error_of_a_group(string file)
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases(file))
        {
            int[] sizes = [.. @case.Numbers("sizes").Select(size => (int)size)];
            Near(expected.Number("pooled"), StandardError.Pooled(@case.Numbers("stderrs"), sizes), tolerance, @case, "pooled");
            Near(expected.Number("unweighted"), StandardError.Unweighted(@case.Numbers("stderrs")), tolerance, @case, "unweighted");
        }
    }

    [SkippableTheory, MemberData(nameof(PerplexityErrors))]
    public void Bootstrapped_standard_error_of_perplexity(string file)
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases(file))
        {
            double error = LmEvalBootstrap.StandardError(@case.Numbers("items"), values => Math.Exp(-values.Sum() / values.Count), @case.Count("iters"));
            Near(expected.Number("stderr"), error, tolerance, @case, "standard error");
            var random = new PythonRandom(0);
            foreach (JsonElement resample in @case.GetProperty("first_three_resamples_of_chunk_0").EnumerateArray())
                Assert.All(resample.EnumerateArray(), index => Assert.Equal(index.GetInt32(), random.NextChoice(resample.GetArrayLength())));
        }
    }

    [SkippableTheory, MemberData(nameof(Proportions))]
    public void Wilson_interval(string file)
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases(file))
        {
            Interval actual = Wilson.Interval(@case.Count("successes"), @case.Count("n"), NormalDistribution.Critical(@case.Number("alpha") / 2));
            Near(expected.GetProperty("wilson"), actual, tolerance, @case, "Wilson");
        }
    }
}
