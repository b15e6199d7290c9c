using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>Every storage multiplies to the bits of its dequantized twin, many rows at once as one at a time.</summary>
public sealed class PackedStorageTests
{
    public static TheoryData<string> Names() => [.. PackedSample.All.Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ProductsEqualTheDequantizedTwin(string name)
    {
        const int Outputs = 67, Inputs = 196, Tokens = 19;
        var random = new CaseRandom(5);
        using PanelMatrix packed = PackedSample.All.Single(sample => sample.Name == name).Make(random, Outputs, Inputs);
        using Matrix values = packed.ToMatrix(), x = random.Matrix(Tokens, Inputs), expected = new(Tokens, Outputs), actual = new(Tokens, Outputs);
        using var twin = new DensePanels(values, NumericFormats.Fp32);
        using Kernels kernels = Kernels.Create(2);
        kernels.Multiply(x, twin, expected);
        kernels.Multiply(x, packed, actual);
        Assert.Equal(expected.Span, actual.Span);
        for (int token = 0; token < Tokens; token++)
            kernels.Multiply(x.Slice(token, 1), packed, actual.Slice(token, 1));
        Assert.Equal(expected.Span, actual.Span);
    }

    [Theory]
    [InlineData(ScaleFormat.Fp32, 4)]
    [InlineData(ScaleFormat.Fp16, 2)]
    [InlineData(ScaleFormat.Bf16, 2)]
    [InlineData(ScaleFormat.E8M0, 1)]
    [InlineData(ScaleFormat.E4M3, 1)]
    public void ScalesTakeTheBytesOfTheirFormat(ScaleFormat format, int bytes)
    {
        using GroupValues values = GroupValues.Create(format, 48, 10);
        Assert.Equal(480 * bytes, values.ByteCount);
    }

    [Fact]
    public void NestedScalesTakeTheirBitsAndASecondLevel()
    {
        using var doubled = new NestedValues(512, 9, new float[256], 256) { Offset = 0.5f };
        Assert.Equal(512 * 9 + 512 * 9 / 256 * 4 + 4, doubled.ByteCount);
        using var threeBits = new NestedValues(64, 9, new float[8], 0, hasZeros: true);
        Assert.Equal(64 * 9 * 3 / 8 + 4 * 9 * 8, threeBits.ByteCount);
    }

    [Theory]
    [InlineData(ScaleFormat.Fp32, 0.1f)]
    [InlineData(ScaleFormat.Fp16, 0.125f)]
    [InlineData(ScaleFormat.Bf16, 3f)]
    [InlineData(ScaleFormat.E8M0, 0.25f)]
    [InlineData(ScaleFormat.E8M0, 1.1754943508222875e-38f)]
    [InlineData(ScaleFormat.E4M3, 448f / 3)]
    [InlineData(ScaleFormat.E4M3, 1f / 512 / 3)]
    public void ScalesComeBack(ScaleFormat format, float scale)
    {
        using GroupValues values = GroupValues.Create(format, 20, 3, tensorDivisor: 3);
        values[17, 2] = scale;
        Assert.Equal(scale, values[17, 2]);
        Assert.NotEqual(scale, values[17, 1]);
    }

    [Theory]
    [InlineData(ScaleFormat.E8M0, 3f)]
    [InlineData(ScaleFormat.E4M3, 0.9f)]
    public void AByteRefusesWhatItDoesNotHold(ScaleFormat format, float scale)
    {
        using GroupValues values = GroupValues.Create(format, 20, 3, tensorDivisor: 3);
        Assert.Contains("Row 2, group 1", Assert.Throws<ArgumentException>(() => values[2, 1] = scale).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ActOrderNamesAGroupForEachColumn()
    {
        int[] groups = [.. Enumerable.Range(0, 64).Select(column => column * 7 % 4)];
        var scales = new FloatValues(16, 4);
        using var matrix = new QuantizedMatrix(16, 64, NumericFormats.Int(4), 16, scales, groupOfColumn: groups);
        for (int group = 0; group < 4; group++)
            matrix.SetGrid(3, group, new QuantGrid(group + 1, 8));
        for (int column = 0; column < 64; column++)
        {
            matrix.SetCode(3, column, 9);
            Assert.Equal(groups[column] + 1, matrix[3, column]);
        }
        Assert.Equal(16 * 64 / 2 + 16 * 4 * 4 + 64 * 4, matrix.ByteCount);
    }
}
