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
        AssertEqualBits(expected, actual);
        for (int token = 0; token < Tokens; token++)
            kernels.Multiply(x.Slice(token, 1), packed, actual.Slice(token, 1));
        AssertEqualBits(expected, actual);
    }

    [Theory]
    [InlineData(1, 96)]
    [InlineData(2, 33)]
    [InlineData(3, 100)]
    [InlineData(4, 31)]
    [InlineData(5, 65)]
    [InlineData(6, 64)]
    [InlineData(7, 95)]
    [InlineData(8, 37)]
    public void ARowOfCodesIsItsCodesOneByOne(int bits, int columns)
    {
        const int Rows = 19;
        var random = new CaseRandom(bits);
        using PackedCodes whole = new(Rows, columns, bits), single = new(Rows, columns, bits);
        for (int row = 0; row < Rows; row++)
        {
            byte[] codes = [.. Enumerable.Range(0, columns).Select(_ => (byte)(random.Unit() * (1 << bits)))];
            whole.SetRow(row, [.. codes.Reverse()]);
            whole.SetRow(row, codes);
            for (int column = 0; column < columns; column++)
                single[row, column] = codes[column];
            Assert.Equal(codes, Enumerable.Range(0, columns).Select(column => (byte)whole[row, column]));
        }
        Assert.Equal(Bytes(single), Bytes(whole));
        Assert.Throws<ArgumentException>(() => whole.SetRow(0, new byte[columns + 1]));

        static unsafe byte[] Bytes(PackedCodes codes) => new ReadOnlySpan<byte>(codes.Pointer, (int)codes.ByteCount).ToArray();
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

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void CodesComeBackAndTakeTheirBits(int bits)
    {
        using var codes = new PackedCodes(19, 70, bits);
        for (int pass = 0; pass < 2; pass++)
            for (int row = 0; row < 19; row++)
                for (int column = 0; column < 70; column++)
                    codes[row, column] = row * 31 + column * 7 + pass * 13;
        for (int row = 0; row < 19; row++)
            for (int column = 0; column < 70; column++)
                Assert.Equal((row * 31 + column * 7 + 13) % (1 << bits), codes[row, column]);
        Assert.Equal(32 * 96 * bits / 8, codes.ByteCount);
    }

    [Fact]
    public void TablesTakeTwoBytesAnEntry()
    {
        using var matrix = new TableMatrix(32, 64, 3, 64, ScaleFormat.Fp16);
        Assert.Equal(32 * 64 * 3 / 8 + 32 * 8 * 2, matrix.ByteCount);
        matrix.SetTable(3, 0, [1, 2, 3, 4, 5, 6, 7, 0.1f]);
        matrix.SetCode(3, 9, 7);
        Assert.Equal((float)(Half)0.1f, matrix[3, 9]);
    }

    [Fact]
    public void OutliersReplaceWhatTheBaseSays()
    {
        var random = new CaseRandom(1);
        Outlier[] outliers = [new(20, 40, 7.5f), new(20, 3, -2), new(0, 40, 0)];
        using var matrix = new OutlierMatrix(random.Quantized(21, 64, 3, 16, symmetric: false), outliers, ScaleFormat.Fp16);
        for (int row = 0; row < 21; row++)
            for (int column = 0; column < 64; column++)
                Assert.Equal(outliers.Where(outlier => (outlier.Row, outlier.Column) == (row, column)).Select(outlier => outlier.Value)
                    .DefaultIfEmpty(matrix.Inliers[row, column]).Single(), matrix[row, column]);
        Assert.Equal(outliers.OrderBy(outlier => outlier.Row).ThenBy(outlier => outlier.Column), matrix.Outliers());
        Assert.Equal(matrix.Inliers.ByteCount + 22 * 4 + 3 * 4, matrix.ByteCount);
    }

    [Fact]
    public void TwoOutliersInOnePlaceAreRefused() => Assert.Contains("[1, 2]", Assert.Throws<ArgumentException>(() =>
        new OutlierMatrix(new CaseRandom(1).Quantized(4, 4, 3, 4, symmetric: true), [new(1, 2, 3), new(1, 2, 4)], ScaleFormat.Fp16)).Message, StringComparison.Ordinal);

    [Fact]
    public void SegmentsAreTheirPartsSideBySide()
    {
        var random = new CaseRandom(1);
        QuantizedMatrix first = random.Quantized(17, 32, 2, 32, symmetric: true), second = random.Quantized(17, 40, 4, 32, symmetric: false);
        using var matrix = new SegmentedMatrix([first, second]);
        Assert.Equal(72, matrix.Columns);
        Assert.Equal(first[5, 31], matrix[5, 31]);
        Assert.Equal(second[16, 39], matrix[16, 71]);
        Assert.Equal(first.ByteCount + second.ByteCount, matrix.ByteCount);
    }

    // NaNs are one class.
    private static void AssertEqualBits(Matrix expected, Matrix actual)
    {
        for (int i = 0; i < expected.Span.Length; i++)
            if (!float.IsNaN(expected.Span[i]) || !float.IsNaN(actual.Span[i]))
                Assert.Equal(BitConverter.SingleToInt32Bits(expected.Span[i]), BitConverter.SingleToInt32Bits(actual.Span[i]));
    }
}
