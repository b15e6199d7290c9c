using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// One row of x times some panels, straight from the stored weights: decode of one sequence, where reading memory is what takes the time.
/// Enough panels go side by side that no chain of fused multiply-adds waits for itself: one of 32-bit values, the two that share a line of 16-bit values,
/// three of codes. Lines are asked for well ahead of their use: without that the same loops were measured at half the speed.
/// </summary>
internal static unsafe class RowProduct
{
    private const int Width = PanelMatrix.PanelWidth;
    private const int BlockWidth = QuantizedMatrix.BlockWidth;
    private const int DensePrefetchBytes = 6144;
    private const int PrefetchBytes = 3072;
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

    /// <summary>Panels that go side by side.</summary>
    public static int PanelsTogether(PanelMatrix weight) => weight is DensePanels dense ? dense.RowsTogether / Width : 3;

    /// <summary>Computes the outputs of panels [first, end), the chains over x; y is the whole row of outputs.</summary>
    public static void Multiply(PanelMatrix weight, int first, int end, float* x, float* y)
    {
        float* outputs = stackalloc float[3 * Width];
        while (first < end)
        {
            int count = PanelsTogether(weight);
            count = Math.Min(count - first % count, end - first);
            float* result = y + first * Width;
            bool whole = count == PanelsTogether(weight) && (first + count) * Width <= weight.Rows;
            MultiplyTogether(weight, first, count, x, whole ? result : outputs);
            if (!whole)
                new Span<float>(outputs, Math.Min(count * Width, weight.Rows - first * Width)).CopyTo(new Span<float>(result, count * Width));
            first += count;
        }
    }

    /// <summary>Asks for the lines of codes that the loops would have asked for before these panels, where a thread begins.</summary>
    public static void PrefetchHead(PanelMatrix weight, int panel)
    {
        if (weight is not QuantizedMatrix quantized)
            return;
        int groups = Math.Min(GroupsAhead, quantized.GroupCount) * Width;
        for (int i = 0; i < 3; i++)
        {
            byte* head = PanelDecoder.Locate(weight, panel + i, 0, out _);
            for (int line = 0; line < PrefetchBytes; line += Line)
                Sse.Prefetch0(head + line);
            nint grid = (nint)(panel + i) * quantized.GroupCount * Width;
            for (int group = 0; group < groups; group += Width)
                Sse.Prefetch0(quantized.Scales + grid + group);
            Sse.Prefetch0(quantized.Zeros + grid);
            Sse.Prefetch0(quantized.Zeros + grid + Line);
        }
    }

    private static void MultiplyTogether(PanelMatrix weight, int first, int count, float* x, float* y)
    {
        if (weight is DensePanels dense)
        {
            byte* source = PanelDecoder.Locate(weight, first, 0, out _);
            if (dense.Format.Bits == 32)
                MultiplyFloats((float*)source, x, dense.Columns, y);
            else if (dense.Format == NumericFormats.Bf16)
                MultiplyHalves<BFloat16Reader>((ushort*)source, x, dense.Columns, y, count);
            else
                MultiplyHalves<HalfReader>((ushort*)source, x, dense.Columns, y, count);
            return;
        }
        var quantized = (QuantizedMatrix)weight;
        int second = Math.Min(first + 1, weight.PanelCount - 1), third = Math.Min(first + 2, weight.PanelCount - 1);
        switch (quantized.Format.Bits)
        {
            case 2:
                MultiplyCodes<TwoBitReader>(quantized, first, second, third, x, y);
                break;
            case 3:
                MultiplyCodes<ThreeBitReader>(quantized, first, second, third, x, y);
                break;
            case 4:
                MultiplyCodes<FourBitReader>(quantized, first, second, third, x, y);
                break;
            default:
                MultiplyCodes<EightBitReader>(quantized, first, second, third, x, y);
                break;
        }
    }

    [MethodImpl(Hot)]
    private static void MultiplyFloats(float* weight, float* x, nint columns, float* y)
    {
        Vector512<float> sum = default;
        for (nint k = 0; k < columns; k++, weight += Width)
        {
            Sse.Prefetch0((byte*)weight + DensePrefetchBytes);
            sum = Vector512.FusedMultiplyAdd(Vector512.Create(x[k]), Vector512.Load(weight), sum);
        }
        sum.Store(y);
    }

    // Both panels of a line, or the one that is asked for.
    [MethodImpl(Hot)]
    private static void MultiplyHalves<TReader>(ushort* weight, float* x, nint columns, float* y, int count)
        where TReader : struct, IHalfReader
    {
        nint other = count == 2 ? Width : 0;
        Vector512<float> s0 = default, s1 = default;
        for (nint k = 0; k < columns; k++, weight += 2 * Width)
        {
            Sse.Prefetch0((byte*)weight + DensePrefetchBytes);
            Vector512<float> activation = Vector512.Create(x[k]);
            s0 = Vector512.FusedMultiplyAdd(activation, TReader.Read(weight), s0);
            s1 = Vector512.FusedMultiplyAdd(activation, TReader.Read(weight + other), s1);
        }
        s0.Store(y);
        s1.Store(y + Width);
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
