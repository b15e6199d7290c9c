using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>Numbers in fp32, fp16 or bf16; setting one rounds it to the nearest, ties to even.</summary>
public sealed unsafe class FloatValues : GroupValues
{
    private readonly NativeBuffer buffer;

    /// <summary>Room for numbers in this format.</summary>
    public FloatValues(int rows, int groupCount, ScaleFormat format = ScaleFormat.Fp32)
        : base(rows, groupCount)
    {
        if (format is not (ScaleFormat.Fp32 or ScaleFormat.Fp16 or ScaleFormat.Bf16))
            throw new ArgumentException($"Expected fp32, fp16 or bf16, got {format}.", nameof(format));
        Format = format;
        buffer = new NativeBuffer(PaddedCount * NumberBytes);
    }

    /// <summary>How the numbers are held.</summary>
    public ScaleFormat Format { get; }

    /// <inheritdoc/>
    public override long ByteCount => buffer.ByteCount;

    /// <inheritdoc/>
    public override float this[int row, int group]
    {
        get
        {
            long index = IndexOf(row, group);
            return Format switch
            {
                ScaleFormat.Fp32 => ((float*)buffer.Pointer)[index],
                ScaleFormat.Fp16 => (float)((Half*)buffer.Pointer)[index],
                _ => FloatingFormat.FromBFloat16(((ushort*)buffer.Pointer)[index]),
            };
        }

        set
        {
            long index = IndexOf(row, group);
            if (Format == ScaleFormat.Fp32)
                ((float*)buffer.Pointer)[index] = value;
            else if (Format == ScaleFormat.Fp16)
                ((Half*)buffer.Pointer)[index] = (Half)value;
            else
                ((ushort*)buffer.Pointer)[index] = FloatingFormat.ToBFloat16(value);
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => buffer.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override float* Read(int panel, int firstGroup, int count, float* destination)
    {
        byte* source = Locate(panel, firstGroup);
        if (Format == ScaleFormat.Fp32)
            return (float*)source;
        for (int i = 0; i < count; i++)
        {
            ushort* halves = (ushort*)source + i * Width;
            (Format == ScaleFormat.Fp16 ? PanelDecoder.FromHalf(halves) : PanelDecoder.FromBFloat16(halves)).Store(destination + i * Width);
        }
        return destination;
    }

    internal override byte* Locate(int panel, int group) => buffer.Pointer + FirstOf(panel, group) * NumberBytes;

    private int NumberBytes => Format == ScaleFormat.Fp32 ? 4 : 2;
}
