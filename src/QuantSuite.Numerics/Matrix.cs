namespace QuantSuite.Numerics;

/// <summary>A float32 matrix [rows, columns], row-major, in host memory outside the garbage collector's heap.</summary>
public sealed unsafe class Matrix : IDisposable
{
    private readonly NativeBuffer buffer;

    /// <summary>A matrix of zeros.</summary>
    public Matrix(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        Rows = rows;
        Columns = columns;
        buffer = new NativeBuffer((long)rows * columns * sizeof(float));
        Pointer = (float*)buffer.Pointer;
    }

    /// <summary>A matrix with these values, row-major.</summary>
    public Matrix(int rows, int columns, ReadOnlySpan<float> values)
        : this(rows, columns)
    {
        if (values.Length != (long)rows * columns)
            throw new ArgumentException($"A matrix [{rows}, {columns}] takes {(long)rows * columns} values, got {values.Length}.", nameof(values));
        values.CopyTo(Span);
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

    /// <inheritdoc/>
    public void Dispose() => buffer.Dispose();
}
