using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>Gives codes of one row, [columns] bytes.</summary>
internal delegate void CodeRow(int row, Span<byte> codes);

/// <summary>Makes a <see cref="QuantizedMatrix"/> of the codes, scales and zero points of a file: the one place where layouts become panels.</summary>
/// <param name="format">The format of the codes.</param>
/// <param name="groupSize">Columns that share a scale.</param>
/// <param name="symmetric">Whether all zero points are the format's middle (or it has none).</param>
internal sealed class PackedGrid(NumericFormat format, int groupSize, bool symmetric)
{
    /// <summary>The group of each column, where it is not column / group size everywhere.</summary>
    public int[]? GroupOf { get; init; }

    /// <summary>Packs a weight.</summary>
    /// <param name="grid">(row, group) to scale and zero point.</param>
    /// <param name="codes">Fills the codes of a row.</param>
    public QuantizedMatrix Pack(int rows, int columns, Func<int, int, QuantGrid> grid, CodeRow codes)
    {
        bool ordered = GroupOf is null || !GroupOf.Where((group, column) => group != column / groupSize).Any();
        var matrix = new QuantizedMatrix(rows, columns, format, ordered ? groupSize : 1, symmetric);
        try
        {
            var row = new byte[columns];
            for (int i = 0; i < rows; i++)
            {
                for (int group = 0; group < matrix.GroupCount; group++)
                    matrix.SetGrid(i, group, grid(i, ordered ? group : GroupOf![group]));
                codes(i, row);
                for (int column = 0; column < columns; column++)
                    matrix.SetCode(i, column, row[column]);
            }
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }
}
