using System.Globalization;
using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>Any-Precision's nested clusters against the authors' code (../shared/goldens/quantization/any-precision): the upscaling from the seed given there, and the seed of our own.</summary>
public class AnyPrecisionGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("any-precision");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("any-precision", file);
        switch (golden.Op)
        {
            case "any_precision.seed_and_upscale":
                using (Matrix weight = golden.Input("W"), sensitivity = golden.Input("F"))
                    for (int row = 0; row < weight.Rows; row++)
                    {
                        CompareRow(golden, row, weight.Row(row).ToArray(), sensitivity.Row(row).ToArray());
                        CompareSeed(golden, row, weight.Row(row).ToArray(), sensitivity.Row(row).ToArray());
                    }
                break;
            case "any_precision.two_cluster":
                CompareTwoMeans(golden);
                break;
            default:
                throw golden.Unknown();
        }
    }

    private static void CompareRow(QuantizationCase golden, int row, float[] values, float[] sensitivity)
    {
        int seedBits = golden.Parameter("seed_bits"), parentBits = golden.Parameter("parent_bits");
        int[] codes = golden.Ints("codes_parent")[(row * values.Length)..((row + 1) * values.Length)];
        // Equal values that a border parts: which of them went below is the reference's sorting, not its method, so they stand in the order of its codes.
        int[] order = [.. Enumerable.Range(0, values.Length).OrderBy(i => values[i]).ThenBy(i => codes[i])];
        int[] borders = [.. Enumerable.Range(0, (1 << seedBits) + 1).Select(cluster => codes.Count(code => code >> (parentBits - seedBits) < cluster))];
        var points = new WeightedPoints(values, sensitivity, order);
        NestedClusters clusters = NestedClusters.From(points, borders, Table(golden, row, seedBits));
        for (int bits = seedBits; bits <= parentBits; bits++)
        {
            if (bits > seedBits)
                clusters.Split();
            QuantizationCase.Near(Table(golden, row, bits), clusters.Tables[^1], 1e-6, $"row {row}, table of {bits} bits");
            double expected = golden.Doubles(golden.Expected.GetProperty("weighted_sse").GetProperty(Key(bits)))[row];
            Assert.Equal(expected, clusters.Error, 1e-3 * expected + 1e-12);
        }
        var actual = new byte[values.Length];
        clusters.CopyCodes(actual);
        Assert.Equal(codes, actual.Select(code => (int)code));
    }

    // The seed by dynamic programming has the least error there is, so never more than the reference's.
    private static void CompareSeed(QuantizationCase golden, int row, float[] values, float[] sensitivity)
    {
        double optimum = golden.Doubles(golden.Expected.GetProperty("optimal_weighted_sse_at_seed_bits_by_dynamic_programming"))[row];
        NestedClusters own = NestedClusters.Seed(new WeightedPoints(values, sensitivity), golden.Parameter("seed_bits"));
        Assert.Equal(optimum, own.Error, 1e-6 * optimum + 1e-12);
    }

    private static void CompareTwoMeans(QuantizationCase golden)
    {
        float[] values = golden.Floats(golden.Inputs.GetProperty("x_sorted")), weights = golden.Floats(golden.Inputs.GetProperty("weights"));
        (float low, float high, int middle) = NestedClusters.TwoMeans(new WeightedPoints(values, weights), golden.Parameter("start"), golden.Parameter("stop"));
        Assert.Equal(golden.Ints("borders"), new[] { golden.Parameter("start"), middle, golden.Parameter("stop") });
        QuantizationCase.Near(golden.Floats("centroids"), [low, high], 1e-6, "centroids");
    }

    private static float[] Table(QuantizationCase golden, int row, int bits)
    {
        JsonElement table = golden.Expected.GetProperty("lut").GetProperty(Key(bits));
        return golden.Floats(table)[(row << bits)..((row + 1) << bits)];
    }

    private static string Key(int bits) => bits.ToString(CultureInfo.InvariantCulture);
}
