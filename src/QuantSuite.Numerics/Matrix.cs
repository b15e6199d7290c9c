namespace QuantSuite.Numerics;

/// <summary>A float32 matrix [rows, columns], row-major, in host memory outside the garbage collector's heap.</summary>
public sealed unsafe class Matrix : IDisposable
{
    private readonly NativeBuffer? buffer;

    /// <summary>A matrix of zeros.</summary>
    public Matrix(int rows, int columns)
        : this(rows, columns, zeroed: true)
    {
    }

    /// <summary>A matrix with these values, row-major.</summary>
    public Matrix(int rows, int columns, ReadOnlySpan<float> values)
        : this(rows, columns, zeroed: false)
    {
        if (values.Length != (long)rows * columns)
            throw new ArgumentException($"A matrix [{rows}, {columns}] takes {(long)rows * columns} values, got {values.Length}.", nameof(values));
        values.CopyTo(Span);
    }

    private Matrix(int rows, int columns, bool zeroed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        Rows = rows;
        Columns = columns;
        buffer = new NativeBuffer((long)rows * columns * sizeof(float), zeroed);
        Pointer = (float*)buffer.Pointer;
    }

    private Matrix(int rows, int columns, float* pointer)
    {
        Rows = rows;
        Columns = columns;
        Pointer = pointer;
    }

    /// <summary>Number of rows (tokens of an activation, outputs of a weight).</summary>
    public int Rows { get; }

    /// <summary>Number of columns (features; inputs of a weight).</summary>
    public int Columns { get; }

    /// <summary>The first value, 64-byte aligned. Valid until disposal.</summary>
    public float* Pointer { get; }

    /// <summary>All values, row-major; at most 2³¹−1 of them.</summary>
    public Span<float> Span => new(Pointer, checked(Rows * Columns));

    /// <summary>One value.</summary>
    public ref float this[int row, int column] => ref Row(row)[column];

    /// <summary>The values of one row.</summary>
    public Span<float> Row(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return new Span<float>(Pointer + (long)row * Columns, Columns);
    }

    /// <summary>A view of some rows. It owns no memory and must not outlive this matrix.</summary>
    public Matrix Slice(int firstRow, int rowCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstRow + rowCount, Rows, nameof(rowCount));
        return new Matrix(rowCount, Columns, Pointer + (long)firstRow * Columns);
    }

    /// <summary>A view with another number of columns, a divisor of this one's: each row becomes several. It owns no memory and must not outlive this matrix.</summary>
    public Matrix Reshape(int columns)
    {
        if (columns < 1 || Columns % columns != 0)
            throw new ArgumentException($"Rows of {Columns} columns cannot be cut in rows of {columns}.", nameof(columns));
        return new Matrix(checked(Rows * (Columns / columns)), columns, Pointer);
    }

    /// <inheritdoc/>
    public void Dispose() => buffer?.Dispose();
}
