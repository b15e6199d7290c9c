using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// A weight [out, in] in fp32, bf16 or fp16. One column of neighbouring rows fills a cache line: [out/16][in][16] values of 32 bits, [out/32][in][32] of 16,
/// where a panel is every other half line. So a single row of activations reads memory in one ascending stream with enough independent chains to keep up.
/// </summary>
public sealed unsafe class DensePanels : PanelMatrix
{
    private readonly NativeBuffer buffer;

    /// <summary>Packs a weight, rounding each value to the format.</summary>
    public DensePanels(Matrix weight, FloatingFormat format)
        : base(weight.Rows, weight.Columns)
    {
        Format = format;
        RowsTogether = PanelWidth * 32 / format.Bits;
        buffer = new NativeBuffer((long)(Rows + RowsTogether - 1) / RowsTogether * RowsTogether * Columns * format.Bits / 8);
        for (int row = 0; row < Rows; row += RowsTogether)
            PackPanel(weight, row);
    }

    /// <summary>fp32, bf16 or fp16.</summary>
    public FloatingFormat Format { get; }

    /// <summary>Rows that share a line: 16 or 32.</summary>
    public int RowsTogether { get; }

    /// <summary>The first byte of the panels.</summary>
    public byte* Pointer => buffer.Pointer;

    /// <inheritdoc/>
    public override long ByteCount => buffer.ByteCount;

    /// <inheritdoc/>
    public override float this[int row, int column]
    {
        get
        {
            long index = Index(row, column);
            if (Format.Bits == 32)
                return ((float*)Pointer)[index];
            ushort bits = ((ushort*)Pointer)[index];
            return Format == NumericFormats.Bf16 ? FloatingFormat.FromBFloat16(bits) : (float)BitConverter.UInt16BitsToHalf(bits);
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => buffer.Dispose();

    internal override void Decode(int panel, int first, int count, float* destination)
    {
        if (Format.Bits == 32)
            base.Decode(panel, first, count, destination);
        else
            PanelDecoder.DecodeHalves(this, panel, first, count, destination);
    }

    internal override byte* Locate(int panel, int column, out nint columnBytes)
    {
        columnBytes = 64;
        int row = panel * PanelWidth;
        return Pointer + ((long)(row / RowsTogether) * Columns + column) * columnBytes + row % RowsTogether * Format.Bits / 8;
    }

    private long Index(int row, int column) => ((long)(row / RowsTogether) * Columns + column) * RowsTogether + row % RowsTogether;

    // The rows of one panel side by side, so that lines are written in order.
    private void PackPanel(Matrix weight, int first)
    {
        int count = Math.Min(RowsTogether, Rows - first);
        float* source = weight.Pointer + (long)first * Columns;
        byte* line = Pointer + (long)first * Columns * Format.Bits / 8;
        for (int column = 0; column < Columns; column++, source++, line += 64)
            for (int row = 0; row < count; row++)
                Set(line, row, source[(long)row * Columns]);
    }

    private void Set(byte* line, int row, float value)
    {
        if (Format.Bits == 32)
            ((float*)line)[row] = value;
        else
            ((ushort*)line)[row] = Format == NumericFormats.Bf16 ? FloatingFormat.ToBFloat16(value) : BitConverter.HalfToUInt16Bits((Half)value);
    }
}
