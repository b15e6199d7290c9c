using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// One row of x times a strip of 48 outputs, straight from the stored weights: decode of one sequence, where reading memory is what takes the time.
/// Three panels are read side by side where one chain of fused multiply-adds alone would wait for itself. Lines are asked for well ahead of their use,
/// across the end of the strip into the next one: without that the same loops were measured at half the speed.
/// </summary>
internal static unsafe class RowProduct
{
    private const int Width = PanelMatrix.PanelWidth;
    private const int BlockWidth = QuantizedMatrix.BlockWidth;
    private const int PrefetchBytes = 2048;
    private const int FloatPrefetchBytes = 4096;
    private const int GroupsAhead = 8;
    private const int Line = 64;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>Whether there is a fused loop for this weight. For others, decode into a scratch first.</summary>
    public static bool Supports(PanelMatrix weight) => weight switch
    {
        DensePanels => true,
        QuantizedMatrix quantized => PanelDecoder.HasWholeBlocks(quantized) && quantized.Format.Bits is 2 or 3 or 4 or 8
            && (quantized.Format.Bits < 8 || quantized.Format is IntegerFormat),
        _ => false,
    };

    /// <summary>Computes y[0 … 47] = the chains over x of three panels, or of those that are left (the other outputs are repeats).</summary>
    public static void Multiply(PanelMatrix weight, int panel0, float* x, float* y)
    {
        int panel1 = Math.Min(panel0 + 1, weight.PanelCount - 1), panel2 = Math.Min(panel0 + 2, weight.PanelCount - 1);
        if (weight is QuantizedMatrix quantized)
            switch (quantized.Format.Bits)
            {
                case 2:
                    MultiplyCodes<TwoBitReader>(quantized, panel0, panel1, panel2, x, y);
                    return;
                case 3:
                    MultiplyCodes<ThreeBitReader>(quantized, panel0, panel1, panel2, x, y);
                    return;
                case 4:
                    MultiplyCodes<FourBitReader>(quantized, panel0, panel1, panel2, x, y);
                    return;
                default:
                    MultiplyCodes<EightBitReader>(quantized, panel0, panel1, panel2, x, y);
                    return;
            }
        var dense = (DensePanels)weight;
        if (dense.Format.Bits == 32)
            MultiplyFloats(dense, panel0, panel2, x, y);
        else if (dense.Format == NumericFormats.Bf16)
            MultiplyHalves<BFloat16Reader>(dense, panel0, panel1, panel2, x, y);
        else
            MultiplyHalves<HalfReader>(dense, panel0, panel1, panel2, x, y);
    }

    // Four bytes a value: one chain keeps up with memory, and panel after panel is one stream, which was measured to be read faster than three.
    [MethodImpl(Hot)]
    private static void MultiplyFloats(DensePanels weight, int panel0, int panel2, float* x, float* y)
    {
        nint columns = weight.Columns, ahead = FloatPrefetchBytes / sizeof(float);
        float* b = (float*)weight.Pointer + panel0 * columns * Width;
        for (int panel = panel0; panel <= panel2; panel++, y += Width)
        {
            Vector512<float> sum = default;
            for (nint k = 0; k < columns; k++, b += Width)
            {
                Sse.Prefetch0(b + ahead);
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(x[k]), Vector512.Load(b), sum);
            }
            sum.Store(y);
        }
    }

    [MethodImpl(Hot)]
    private static void MultiplyHalves<TReader>(DensePanels weight, int panel0, int panel1, int panel2, float* x, float* y)
        where TReader : struct, IHalfReader
    {
        nint columns = weight.Columns, panelFloats = columns * Width, ahead = PrefetchBytes / sizeof(ushort);
        ushort* b0 = (ushort*)weight.Pointer + panel0 * panelFloats, b1 = (ushort*)weight.Pointer + panel1 * panelFloats;
        ushort* b2 = (ushort*)weight.Pointer + panel2 * panelFloats;
        Vector512<float> s0 = default, s1 = default, s2 = default;
        for (nint k = 0; k < columns; k++, b0 += Width, b1 += Width, b2 += Width)
        {
            if ((k & 1) == 0)
            {
                nint next = k * Width + ahead < panelFloats ? ahead : ahead + 2 * panelFloats;
                Sse.Prefetch0(b0 + next);
                Sse.Prefetch0(b1 + next);
                Sse.Prefetch0(b2 + next);
            }
            Vector512<float> activation = Vector512.Create(x[k]);
            s0 = Vector512.FusedMultiplyAdd(activation, TReader.Read(b0), s0);
            s1 = Vector512.FusedMultiplyAdd(activation, TReader.Read(b1), s1);
            s2 = Vector512.FusedMultiplyAdd(activation, TReader.Read(b2), s2);
        }
        Store(y, s0, s1, s2);
    }

    /// <summary>Asks for the lines that the loops would have asked for before a strip, where a thread begins.</summary>
    public static void PrefetchHead(PanelMatrix weight, int panel)
    {
        for (int i = 0; i < 3; i++)
        {
            byte* head = PanelDecoder.Locate(weight, panel + i, 0, out _);
            for (int line = 0; line < PrefetchBytes; line += Line)
                Sse.Prefetch0(head + line);
        }
        if (weight is not QuantizedMatrix quantized)
            return;
        int groups = Math.Min(GroupsAhead, quantized.GroupCount) * Width;
        for (int i = 0; i < 3; i++)
        {
            nint grid = (nint)(panel + i) * quantized.GroupCount * Width;
            for (int group = 0; group < groups; group += Width)
                Sse.Prefetch0(quantized.Scales + grid + group);
            Sse.Prefetch0(quantized.Zeros + grid);
            Sse.Prefetch0(quantized.Zeros + grid + 64);
        }
    }

    [MethodImpl(Hot)]
    private static void MultiplyCodes<TReader>(QuantizedMatrix weight, int panel0, int panel1, int panel2, float* x, float* y)
        where TReader : struct, ICodeReader
    {
        nint panelWords = (nint)weight.BlockCount * TReader.Bits * Width, panelGrids = (nint)weight.GroupCount * Width, ahead = PrefetchBytes / sizeof(uint);
        uint* b0 = (uint*)weight.Codes + panel0 * panelWords, b1 = (uint*)weight.Codes + panel1 * panelWords, b2 = (uint*)weight.Codes + panel2 * panelWords;
        float* g0 = weight.Scales + panel0 * panelGrids, g1 = weight.Scales + panel1 * panelGrids, g2 = weight.Scales + panel2 * panelGrids;
        byte* zeros = weight.Zeros, h0 = zeros + panel0 * panelGrids, h1 = zeros + panel1 * panelGrids, h2 = zeros + panel2 * panelGrids;
        uint* crossing = b0 + panelWords - ahead;
        Vector512<float> table = weight.LookUpTable, z0 = Vector512.Create(TReader.Bits == 8 ? weight.MiddleZero : 0), z1 = z0, z2 = z0;
        Vector512<float> s0 = default, s1 = default, s2 = default, f0 = default, f1 = default, f2 = default;
        int columns = weight.Columns, groupSize = weight.GroupSize;
        for (int first = 0, group = 0, groupFirst = 0; first < columns; first += BlockWidth)
        {
            if (first == groupFirst)
            {
                f0 = Vector512.Load(g0 + group);
                f1 = Vector512.Load(g1 + group);
                f2 = Vector512.Load(g2 + group);
                if (zeros != null)
                {
                    z0 = PanelDecoder.ZeroPoints(h0 + group);
                    z1 = PanelDecoder.ZeroPoints(h1 + group);
                    z2 = PanelDecoder.ZeroPoints(h2 + group);
                }
                nint nextGroup = group + GroupsAhead * Width < panelGrids ? group + GroupsAhead * Width : group + GroupsAhead * Width + 2 * panelGrids;
                Sse.Prefetch0(g0 + nextGroup);
                Sse.Prefetch0(g1 + nextGroup);
                Sse.Prefetch0(g2 + nextGroup);
                Sse.Prefetch0(h0 + nextGroup);
                Sse.Prefetch0(h1 + nextGroup);
                Sse.Prefetch0(h2 + nextGroup);
                group += Width;
                groupFirst += groupSize;
            }
            nint next = b0 < crossing ? ahead : ahead + 2 * panelWords;
            for (int line = 0; line < TReader.Bits; line++)
            {
                Sse.Prefetch0(b0 + next + line * (Line / sizeof(uint)));
                Sse.Prefetch0(b1 + next + line * (Line / sizeof(uint)));
                Sse.Prefetch0(b2 + next + line * (Line / sizeof(uint)));
            }
            int count = Math.Min(BlockWidth, columns - first);
            TReader r0 = default, r1 = default, r2 = default;
            for (int column = 0; column < count;)
            {
                r0.Load(b0, column);
                r1.Load(b1, column);
                r2.Load(b2, column);
                for (int end = Math.Min(count, column + TReader.ColumnsPerLoad); column < end; column++)
                {
                    Vector512<float> activation = Vector512.Create(x[first + column]);
                    s0 = Vector512.FusedMultiplyAdd(activation, (r0.Next(table) - z0) * f0, s0);
                    s1 = Vector512.FusedMultiplyAdd(activation, (r1.Next(table) - z1) * f1, s1);
                    s2 = Vector512.FusedMultiplyAdd(activation, (r2.Next(table) - z2) * f2, s2);
                }
            }
            b0 += TReader.Bits * Width;
            b1 += TReader.Bits * Width;
            b2 += TReader.Bits * Width;
        }
        Store(y, s0, s1, s2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* y, Vector512<float> s0, Vector512<float> s1, Vector512<float> s2)
    {
        s0.Store(y);
        s1.Store(y + Width);
        s2.Store(y + 2 * Width);
    }

    private interface IHalfReader
    {
        static abstract Vector512<float> Read(ushort* source);
    }

    private struct BFloat16Reader : IHalfReader
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Read(ushort* source) => PanelDecoder.FromBFloat16(source);
    }

    private struct HalfReader : IHalfReader
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Read(ushort* source) => PanelDecoder.FromHalf(source);
    }
}
