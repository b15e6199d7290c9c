using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>What holds for GPTQ whatever the numbers.</summary>
public class GptqTests
{
    private static readonly QuantScheme Scheme = new() { Weights = NumericFormats.Int(3), Granularity = Granularity.Group(16) };

    [Fact]
    public void WithoutCorrelationsItIsRoundingToNearest()
    {
        using Kernels kernels = Kernels.Create(2);
        using Matrix weight = Random(24, 80, 1), copy = Random(24, 80, 1);
        var identity = new SquareMatrix(80);
        for (int i = 0; i < 80; i++)
            identity[i, i] = 1;
        GptqResult result = new Gptq().Quantize(weight, identity, Scheme, kernels);
        using QuantizedMatrix nearest = Rtn.RoundToNearest(copy, Scheme);
        for (int row = 0; row < 24; row++)
            for (int column = 0; column < 80; column++)
                Assert.Equal(nearest.Code(row, column), result.Code(row, column));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void PackedCodesDecodeToItsValues(bool actOrder, bool staticGroups)
    {
        using Kernels kernels = Kernels.Create(2);
        using Matrix weight = Random(20, 64, 2);
        GptqResult result = new Gptq { ActOrder = actOrder, StaticGroups = staticGroups }.Quantize(weight, Hessian(64, kernels), Scheme, kernels);
        using QuantizedMatrix packed = result.Pack(Scheme);
        Assert.Equal(actOrder && !staticGroups, packed.HasColumnGroups);
        for (int row = 0; row < 20; row++)
            for (int column = 0; column < 64; column++)
                Assert.Equal(result.Value(row, column), packed[row, column]);
    }

    [Theory]
    [InlineData(1, 64)]
    [InlineData(3, 100)]
    public void ThreadsAndRowsTogetherReachNoCode(int threads, int columns)
    {
        using Kernels one = Kernels.Create(2), other = Kernels.Create(threads);
        using Matrix weight = Random(21, columns, 3), copy = Random(21, columns, 3), single = new Matrix(1, columns, Random(21, columns, 3).Row(4));
        SquareMatrix hessian = Hessian(columns, one);
        GptqResult expected = new Gptq().Quantize(weight, hessian.Copy(), Scheme, one), actual = new Gptq().Quantize(copy, hessian.Copy(), Scheme, other);
        GptqResult alone = new Gptq().Quantize(single, hessian.Copy(), Scheme, other);
        for (int row = 0; row < 21; row++)
            for (int column = 0; column < columns; column++)
                Assert.Equal(expected.Value(row, column), actual.Value(row, column));
        for (int column = 0; column < columns; column++)
            Assert.Equal(expected.Value(4, column), alone.Value(0, column));
    }

    [Fact]
    public void RaisesTheDampingAndSaysSo()
    {
        using Kernels kernels = Kernels.Create(1);
        using Matrix weight = Random(4, 32, 4);
        var hessian = new SquareMatrix(32);
        for (int i = 0; i < 32; i++)
            hessian[i, i] = 1;
        hessian[0, 1] = hessian[1, 0] = 1.05;
        var said = new List<string>();
        new Gptq().Quantize(weight, hessian, Scheme, kernels, said.Add);
        Assert.Contains("raised to 0.1", Assert.Single(said));
    }

    [Fact]
    public void RefusesAHessianThatNoDampingSaves()
    {
        using Kernels kernels = Kernels.Create(1);
        using Matrix weight = Random(4, 32, 4);
        var hessian = new SquareMatrix(32);
        for (int i = 0; i < 32; i++)
            hessian[i, i] = 1;
        hessian[0, 1] = hessian[1, 0] = 50;
        Assert.Contains("not positive definite", Assert.Throws<CalibrationException>(() => new Gptq().Quantize(weight, hessian, Scheme, kernels)).Message);
    }

    private static SquareMatrix Hessian(int size, Kernels kernels)
    {
        using Matrix x = Random(3 * size, size, 9);
        for (int row = 0; row < x.Rows; row++)
            for (int column = 1; column < size; column++)
                x[row, column] += 0.7f * x[row, column - 1];
        var statistics = new InputStatistics(size, CalibrationNeeds.Hessian);
        statistics.Add(x, kernels);
        return statistics.Hessian();
    }

    private static Matrix Random(int rows, int columns, ulong seed)
    {
        var random = new SeededRandom(seed);
        var matrix = new Matrix(rows, columns);
        foreach (ref float value in matrix.Span)
            value = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
        return matrix;
    }
}
