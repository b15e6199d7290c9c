using System.Globalization;
using System.Text.Json;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Statistics;

/// <summary>The cases of the files in the folder of metric reference vectors.</summary>
public static class MetricGoldens
{
    /// <summary>The files of a name, one or several.</summary>
    public static TheoryData<string> Files(string pattern) => Goldens.Cases("metrics", pattern);

    /// <summary>The cases of a file with its tolerance; skips where the folder is absent.</summary>
    public static IEnumerable<(JsonElement Case, JsonElement Expected, double Tolerance)> Cases(string file)
    {
        JsonElement root = Goldens.Json(Path.Combine(Goldens.Folder("metrics"), file));
        double tolerance = root.GetProperty("tolerance_abs").GetDouble();
        JsonElement[] cases = [.. root.GetProperty("cases").EnumerateArray()];
        Assert.NotEmpty(cases);
        return cases.Select(@case => (@case, @case.GetProperty("expected"), tolerance));
    }

    /// <summary>A number, or one of the three that JSON lacks.</summary>
    public static double Number(this JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetDouble();

    public static double Number(this JsonElement value, string name) => value.GetProperty(name).Number();

    public static int Count(this JsonElement value, string name) => value.GetProperty(name).GetInt32();

    public static double[] Numbers(this JsonElement value, string name) => [.. value.GetProperty(name).EnumerateArray().Select(Number)];

    /// <summary>Equal within the file's tolerance, which is relative where numbers exceed 1.</summary>
    public static void Near(double expected, double actual, double tolerance, JsonElement @case, string what)
    {
        bool near = double.IsFinite(expected) ? Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)) : expected.Equals(actual);
        Assert.True(near, $"{@case.GetProperty("id").GetString()}: {what} is {actual:R}, expected {expected:R} ± {tolerance}");
    }

    public static void Near(JsonElement expected, QuantSuite.Evaluation.Statistics.Interval actual, double tolerance, JsonElement @case, string what)
    {
        Near(expected[0].Number(), actual.Low, tolerance, @case, what + " low");
        Near(expected[1].Number(), actual.High, tolerance, @case, what + " high");
    }
}
