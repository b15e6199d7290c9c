using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// Codes of 1 to 8 bits whose meaning each group of each row tells by a table of its own: value = table[row, group][code]. Any-Precision's look-up tables of a row
/// (2402.10517), BiLLM's and DB-LLM's few values of a group.
/// </summary>
/// <remarks>
/// Codes: <see cref="PackedCodes"/>. Tables are fp32 or fp16, [panel][group][code][16], so that sixteen rows' values of one code are one
/// load; sixteen codes at a time are gathered from the table of their group.
/// </remarks>
public sealed unsafe class TableMatrix : PanelMatrix
{
    private readonly PackedCodes codes;
    private readonly FloatValues tables;

    /// <summary>Room for a weight [rows, columns]; <see cref="SetTable"/> and <see cref="SetCode"/> fill it.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="bits">Bits of a code, 1 to 8.</param>
    /// <param name="groupSize">Columns of a row that share a table; the last group may be shorter.</param>
    /// <param name="tableFormat">fp32, fp16 or bf16.</param>
    public TableMatrix(int rows, int columns, int bits, int groupSize, ScaleFormat tableFormat)
        : base(rows, columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        codes = new PackedCodes(rows, columns, bits);
        Bits = bits;
        GroupSize = Math.Min(groupSize, columns);
        GroupCount = (columns + GroupSize - 1) / GroupSize;
        tables = new FloatValues(rows, checked(GroupCount << bits), tableFormat);
    }

    /// <summary>Bits of a code.</summary>
    public int Bits { get; }

    /// <summary>Columns of a row that share a table.</summary>
    public int GroupSize { get; }

    /// <summary>fp32, fp16 or bf16.</summary>
    public ScaleFormat TableFormat => tables.Format;

    /// <summary>Tables of a row.</summary>
    public int GroupCount { get; }

    /// <inheritdoc/>
    public override long ByteCount => codes.ByteCount + tables.ByteCount;

    /// <inheritdoc/>
    public override float this[int row, int column] => tables[row, (column / GroupSize << Bits) + codes[row, column]];

    /// <summary>What a code of a group of a row means.</summary>
    public float Value(int row, int group, int code) => tables[row, (group << Bits) + code];

    /// <summary>The code of one weight.</summary>
    public int Code(int row, int column) => codes[row, column];

    /// <summary>Sets what the codes of a group of a row mean, rounded to the table's format: at most 2ᵇ values.</summary>
    public void SetTable(int row, int group, ReadOnlySpan<float> values)
    {
        if (values.Length > 1 << Bits)
            throw new ArgumentException($"Row {row}, group {group}: {Bits} bits name {1 << Bits} values, got {values.Length}.", nameof(values));
        for (int code = 0; code < values.Length; code++)
            tables[row, (group << Bits) + code] = values[code];
    }

    /// <summary>Sets the code of one weight. Rows may be set by several threads, each its own.</summary>
    public void SetCode(int row, int column, int code) => codes[row, column] = code;

    /// <summary>Sets the codes [columns] of a row.</summary>
    public void SetCodes(int row, ReadOnlySpan<byte> codes) => this.codes.SetRow(row, codes);

    /// <inheritdoc/>
    public override void Dispose()
    {
        codes.Dispose();
        tables.Dispose();
    }

    internal override void Decode(int panel, int first, int count, float* destination) => Decoder(panel, first, count).Decode(Bits, destination);

    internal override void MultiplyRow(int panel, float* x, float* sums) => Decoder(panel, 0, Columns).Multiply(Bits, x, sums);

    internal override byte* Locate(int panel, int column, out nint columnBytes) => codes.Locate(panel, column, out columnBytes);

    private TableDecoder Decoder(int panel, int first, int count)
    {
        int firstTable = first / GroupSize << Bits, tableCount = (((first + count - 1) / GroupSize + 1) << Bits) - firstTable;
        float* values = tables.Read(panel, firstTable, tableCount, Scratch.Grids((long)tableCount * PanelWidth));
        return new TableDecoder(Locate(panel, first, out _), Bits * PanelWidth, arePlanes: false, first, count, GroupSize, values);
    }
}
