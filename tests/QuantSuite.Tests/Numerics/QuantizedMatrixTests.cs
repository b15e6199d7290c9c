using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>Packed codes come back as they were set, and take the bytes that their bits say.</summary>
public sealed class QuantizedMatrixTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void CodesScalesAndZerosComeBack(int bits)
    {
        const int Rows = 21, Columns = 75, GroupSize = 20;
        using var matrix = new QuantizedMatrix(Rows, Columns, NumericFormats.Int(bits), GroupSize, symmetric: false);
        for (int pass = 0; pass < 2; pass++)
            for (int row = 0; row < Rows; row++)
            {
                for (int group = 0; group < matrix.GroupCount; group++)
                    matrix.SetGrid(row, group, new QuantGrid(row + group / 8f + 0.5f, (row + group) % (1 << bits)));
                for (int column = 0; column < Columns; column++)
                    matrix.SetCode(row, column, Code(row, column, pass, bits));
            }
        for (int row = 0; row < Rows; row++)
            for (int column = 0; column < Columns; column++)
            {
                int group = column / GroupSize, code = Code(row, column, 1, bits);
                Assert.Equal(code, matrix.Code(row, column));
                Assert.Equal((code - (row + group) % (1 << bits)) * (row + group / 8f + 0.5f), matrix[row, column]);
            }
    }

    [Theory]
    [InlineData(4, 32, true, 576 * 576 / 2 + 576 * 18 * 4)]
    [InlineData(4, 32, false, 576 * 576 / 2 + 576 * 18 * 5)]
    [InlineData(3, 576, true, 576 * 576 * 3 / 8 + 576 * 4)]
    [InlineData(8, 128, false, 576 * 576 + 576 * 5 * 5)]
    public void BytesAreCodesScalesAndZeros(int bits, int groupSize, bool symmetric, int expected)
    {
        using var matrix = new QuantizedMatrix(576, 576, NumericFormats.Int(bits), groupSize, symmetric);
        Assert.Equal(expected, matrix.ByteCount);
    }

    [Fact]
    public void RowsAndColumnsAreFilledUpToWholePanelsAndBlocks()
    {
        using var matrix = new QuantizedMatrix(17, 33, NumericFormats.Int(4), 33, symmetric: true);
        Assert.Equal(2 * 2 * 4 * 64 + 2 * 16 * 4, matrix.ByteCount);
    }

    [Fact]
    public void ASymmetricMatrixRefusesAnotherZeroPoint()
    {
        using var matrix = new QuantizedMatrix(16, 32, NumericFormats.Int(4), 32, symmetric: true);
        Assert.Throws<ArgumentException>(() => matrix.SetGrid(0, 0, new QuantGrid(1, 7)));
    }

    private static int Code(int row, int column, int pass, int bits) => (row * 31 + column * 7 + pass * 13) % (1 << bits);
}
