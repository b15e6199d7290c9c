using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using QuantSuite.Quantization.Statistics;
using Xunit;

namespace QuantSuite.Tests.Quantization;

public class StatisticsTests
{
    // The first: deviations −4, −1, 0, 1, 4 from 2; their squares sum to 34, their fourth powers to 514.
    [Theory]
    [InlineData(new[] { -2f, 1, 2, 3, 6 }, 6, 2, 2.6076809620810595, 5 * 514.0 / (34 * 34))]
    [InlineData(new[] { -1f, 1 }, 1, 0, 1, 1)]
    [InlineData(new[] { 0f, 0, 0, 10 }, 10, 2.5, 4.330127018922194, 2.3333333333333335)] // (3·2.5⁴ + 7.5⁴)/4 / 18.75²
    public void Moments_by_hand(float[] values, double absMax, double mean, double std, double kurtosis)
    {
        var whole = new Moments();
        whole.Add(values);
        var pieces = new Moments();
        foreach (float value in values)
            pieces.Add([value]);
        foreach (Moments moments in (Moments[])[whole, pieces])
        {
            Assert.Equal(values.Length, moments.Count);
            Assert.Equal(absMax, moments.AbsMax);
            Assert.Equal(mean, moments.Mean, 12);
            Assert.Equal(std, moments.Std, 12);
            Assert.Equal(kurtosis, moments.Kurtosis, 12);
        }
    }

    [Fact]
    public void Pieces_of_any_size_join_to_the_whole()
    {
        var random = new SeededRandom(3);
        float[] values = [.. Enumerable.Range(0, 1000).Select(_ => 5 + (float)Math.Pow(random.NextInt(1000) / 500.0 - 1, 5))];
        var whole = new Moments();
        whole.Add(values);
        Moments left = new(), right = new();
        left.Add(values.AsSpan(0, 17));
        right.Add(values.AsSpan(17));
        left.Add(right);
        left.Add(new Moments());
        Assert.Equal(whole.Mean, left.Mean, 12);
        Assert.Equal(whole.Std, left.Std, 12);
        Assert.Equal(whole.Kurtosis, left.Kurtosis, 9);
    }

    [Fact]
    public void What_is_no_number_shows()
    {
        var moments = new Moments();
        moments.Add([1, float.NaN]);
        Assert.True(double.IsNaN(moments.AbsMax) && double.IsNaN(moments.Std) && double.IsNaN(moments.Kurtosis));
        Assert.True(double.IsNaN(new Moments().Mean));
    }

    [Theory]
    [InlineData(ProbeParts.Layer, "fp32[layers.0=int3]", "fp32[layers.1=int3]")]
    [InlineData(ProbeParts.Kind, "fp32[q_proj=int3]", "fp32[down_proj=int3]")]
    [InlineData(ProbeParts.Module, "fp32[self_attn=int3]", "fp32[mlp=int3]")]
    public void Probes_are_recipes(ProbeParts parts, string first, string last)
    {
        string[] names = ["model.layers.0.self_attn.q_proj", "model.layers.0.mlp.down_proj", "model.layers.1.self_attn.q_proj", "model.layers.1.mlp.down_proj"];
        IReadOnlyList<SensitivityProbe> probes = SensitivityProbe.List(names, parts, "int3");
        Assert.Equal([first, last], probes.Select(probe => probe.Recipe.ToString()));
        Assert.All(probes, probe =>
        {
            Assert.Equal(2, probe.LinearCount);
            Assert.Equal(2, names.Count(name => probe.Recipe.SchemeOf(name).Weights.Bits == 3));
            Assert.Equal(2, names.Count(name => probe.Recipe.SchemeOf(name).Weights.IsFullPrecision));
        });
    }

    [Theory]
    [InlineData(1, new[] { 2 })]
    [InlineData(3, new[] { 1, 2, 4 })]
    [InlineData(9, new[] { 0, 1, 2, 3, 4 })]
    public void The_largest_inputs_are_kept(int count, int[] expected) => Assert.Equal(expected, LlmInt8.LargestColumns([1, 7, 9, 0, 7], count));

    [Fact]
    public void So_many_outlier_dimensions_stay_in_fp16()
    {
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = QuantizedMicroWorld.Load("llmint8-int8-a8-top3", kernels), full = QuantizedMicroWorld.Load("fp32", kernels);
        Assert.All(model.Linears, linear => Assert.Equal(3, Assert.IsType<MixedColumns>(linear.Panels).OutlierColumns.Length));
        Assert.InRange(QuantizedMicroWorld.LogitDifference(full, model), 1e-6, 0.1);
    }

    [Fact]
    public void A_model_s_tensors_are_all_there()
    {
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = QuantizedMicroWorld.Load("fp32", kernels);
        CalibrationTokens tokens = QuantizedMicroWorld.Tokens();
        IReadOnlyList<TensorStatistics> all = TensorStatistics.Of(model, tokens);
        Assert.Equal(4 * (7 + 4 + 2), all.Count);
        using Matrix values = model.Architecture.Blocks[2].Groups[0].Weights[1].Panels.ToMatrix();
        var expected = new Moments();
        expected.Add(values.Span);
        TensorStatistics weight = Assert.Single(all, line => line is { Role: TensorRole.Weight, Kind: "k_proj", Layer: 2 });
        Assert.Equal(expected.Kurtosis, weight.Moments.Kurtosis, 9);
        Assert.Equal(8 * 64 * 128, Assert.Single(all, line => line is { Kind: "mlp input", Layer: 1 }).Moments.Count);
    }
}
