namespace QuantSuite.Numerics;

/// <summary>Activations [rows, columns] as signed 8-bit codes with one scale a row (token): x ≈ code·scale, symmetric, |code| ≤ 127.</summary>
public sealed unsafe class QuantizedRows : IDisposable
{
    private readonly NativeBuffer codes;
    private readonly NativeBuffer scales;

    /// <summary>Room for so many rows.</summary>
    public QuantizedRows(int rows, int columns)
    {
        Rows = rows;
        Columns = columns;
        codes = new NativeBuffer((long)rows * columns);
        scales = new NativeBuffer((long)rows * sizeof(float));
    }

    /// <summary>Tokens.</summary>
    public int Rows { get; }

    /// <summary>Features.</summary>
    public int Columns { get; }

    /// <summary>Codes, row-major.</summary>
    public sbyte* Codes => (sbyte*)codes.Pointer;

    /// <summary>The codes of one row.</summary>
    public Span<sbyte> Row(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return new Span<sbyte>(Codes + (long)row * Columns, Columns);
    }

    /// <summary>One scale a row.</summary>
    public float* Scales => (float*)scales.Pointer;

    /// <inheritdoc/>
    public void Dispose()
    {
        codes.Dispose();
        scales.Dispose();
    }
}
