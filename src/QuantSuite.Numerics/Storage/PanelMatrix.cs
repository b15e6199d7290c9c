namespace QuantSuite.Numerics;

/// <summary>
/// A weight [out, in] prepacked in panels of 16 output rows, so that a SIMD lane is an output row and the same memory serves a matrix product
/// (prefill) and a matrix-vector product (decode). Within a panel the columns run in ascending order, 16 values each: [out/16][in][16].
/// Rows beyond the last are zero.
/// </summary>
public abstract unsafe class PanelMatrix : IDisposable
{
    /// <summary>Output rows of one panel: the lanes of a 512-bit register.</summary>
    public const int PanelWidth = 16;

    /// <summary>For a weight [rows, columns].</summary>
    protected PanelMatrix(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Outputs.</summary>
    public int Rows { get; }

    /// <summary>Inputs.</summary>
    public int Columns { get; }

    /// <summary>Panels of 16 rows, the last one filled up.</summary>
    public int PanelCount => (Rows + PanelWidth - 1) / PanelWidth;

    /// <summary>Bytes held: codes or values, scales, zero points, padding.</summary>
    public abstract long ByteCount { get; }

    /// <summary>The float32 value of one weight, exactly as every kernel sees it.</summary>
    public abstract float this[int row, int column] { get; }

    /// <summary>The float32 values of columns [firstColumn, firstColumn + count) of a panel, [count][16]. The definition; kernels have faster ways.</summary>
    public virtual void DecodePanel(int panel, int firstColumn, int count, Span<float> destination)
    {
        for (int k = 0; k < count; k++)
            for (int lane = 0; lane < PanelWidth; lane++)
            {
                int row = panel * PanelWidth + lane;
                destination[k * PanelWidth + lane] = row < Rows ? this[row, firstColumn + k] : 0;
            }
    }

    /// <summary>The same for the kernels, sixteen rows at a time where the storage knows how; <paramref name="first"/> is a multiple of 32.</summary>
    internal virtual void Decode(int panel, int first, int count, float* destination) => DecodePanel(panel, first, count, new Span<float>(destination, count * PanelWidth));

    /// <summary>sums[16] of a panel go on as the chains of x[k]·value[k] over all columns: one row of activations, where a storage has a way of its own.</summary>
    internal virtual void MultiplyRow(int panel, float* x, float* sums) => throw new NotSupportedException();

    /// <summary>The first byte that holds a column of a panel, to be asked for ahead, and the bytes from a column to the next; null where there is no such place.</summary>
    internal virtual byte* Locate(int panel, int column, out nint columnBytes)
    {
        columnBytes = 0;
        return null;
    }

    /// <summary>The float32 values of one row.</summary>
    public virtual void CopyRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        for (int column = 0; column < Columns; column++)
            destination[column] = this[row, column];
    }

    /// <summary>All values, row-major: the dequantized twin.</summary>
    public Matrix ToMatrix()
    {
        var matrix = new Matrix(Rows, Columns);
        for (int row = 0; row < Rows; row++)
            CopyRow(row, matrix.Row(row));
        return matrix;
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}
