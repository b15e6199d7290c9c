using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// One row of x times some panels, straight from the stored weights: decode of one sequence, where reading memory is what takes the time.
/// Enough panels go side by side that no chain of fused multiply-adds waits for itself: one of 32-bit values, the two that share a line of 16-bit values,
/// four of codes. Lines are asked for well ahead of their use: without that the same loops were measured at half the speed.
/// </summary>
internal static unsafe class RowProduct
{
    private const int Width = PanelMatrix.PanelWidth;
    private const int BlockWidth = QuantizedMatrix.BlockWidth;
    private const int DensePrefetchBytes = 6144;
    private const int PrefetchBytes = 3072;
    private const int Line = 64;
    private const int CodePanels = 4;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>Whether there is a fused loop for this weight. For others, decode into a scratch first.</summary>
    public static bool Supports(PanelMatrix weight) => weight is DensePanels || (weight is QuantizedMatrix quantized && PanelDecoder.HasWholeBlocks(quantized));

    /// <summary>Panels that go side by side.</summary>
    public static int PanelsTogether(PanelMatrix weight) => weight is DensePanels dense ? dense.RowsTogether / Width : CodePanels;

    /// <summary>Computes the outputs of panels [first, end), the chains over x; y is the whole row of outputs.</summary>
    public static void Multiply(PanelMatrix weight, int first, int end, float* x, float* y)
    {
        float* outputs = stackalloc float[CodePanels * Width];
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
        for (int i = 0; i < CodePanels; i++)
        {
            byte* head = weight.Locate(panel + i, 0, out _);
            for (int line = 0; line < PrefetchBytes; line += Line)
                Sse.Prefetch0(head + line);
        }
        Prefetch(quantized.Scales, panel);
        Prefetch(quantized.Zeros, panel);
    }

    // The numbers of all groups of four panels.
    private static void Prefetch(GroupValues? values, int panel)
    {
        if (values is null)
            return;
        byte* end = values.Locate(panel + CodePanels, 0);
        for (byte* line = values.Locate(panel, 0); line < end; line += Line)
            Sse.Prefetch0(line);
    }

    private static void MultiplyTogether(PanelMatrix weight, int first, int count, float* x, float* y)
    {
        if (weight is DensePanels dense)
        {
            byte* source = weight.Locate(first, 0, out _);
            if (dense.Format.Bits == 32)
                MultiplyFloats((float*)source, x, dense.Columns, y);
            else if (dense.Format == NumericFormats.Bf16)
                MultiplyHalves<BFloat16Reader>((ushort*)source, x, dense.Columns, y, count);
            else
                MultiplyHalves<HalfReader>((ushort*)source, x, dense.Columns, y, count);
            return;
        }
        var quantized = (QuantizedMatrix)weight;
        var loop = new ProductLoop(quantized, first, x, y);
        quantized.Law.Run(ref loop);
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

    private readonly struct ProductLoop(QuantizedMatrix weight, int firstPanel, float* x, float* y) : ICodeLoop
    {
        public void Run<TWidth, TValues>()
            where TWidth : struct, ICodeWidth
            where TValues : struct, ICodeValues<TValues>
        {
            if (weight.Zeros is null && weight.Law.Zero == 0)
                MultiplyCodes<TWidth, TValues, WithoutZeros>(weight, firstPanel, x, y);
            else
                MultiplyCodes<TWidth, TValues, WithZeros>(weight, firstPanel, x, y);
        }
    }

    [MethodImpl(Hot)]
    private static void MultiplyCodes<TWidth, TValues, TZeros>(QuantizedMatrix weight, int firstPanel, float* x, float* y)
        where TWidth : struct, ICodeWidth
        where TValues : struct, ICodeValues<TValues>
        where TZeros : struct, IZeros
    {
        int groupCount = weight.GroupCount, columns = weight.Columns, groupSize = weight.GroupSize, panelCount = weight.PanelCount;
        nint panelWords = (nint)weight.BlockCount * TWidth.Bits * Width, ahead = PrefetchBytes / sizeof(uint);
        int p1 = Math.Min(firstPanel + 1, panelCount - 1), p2 = Math.Min(firstPanel + 2, panelCount - 1), p3 = Math.Min(firstPanel + 3, panelCount - 1);
        uint* codes = (uint*)weight.Codes, b0 = codes + firstPanel * panelWords, b1 = codes + p1 * panelWords, b2 = codes + p2 * panelWords, b3 = codes + p3 * panelWords;
        uint* crossing = b0 + panelWords - ahead;
        nint room = groupCount * Width;
        float* grids = Scratch.Grids(2 * CodePanels * room);
        GroupValues scales = weight.Scales;
        float* g0 = scales.Read(firstPanel, 0, groupCount, grids), g1 = scales.Read(p1, 0, groupCount, grids + room);
        float* g2 = scales.Read(p2, 0, groupCount, grids + 2 * room), g3 = scales.Read(p3, 0, groupCount, grids + 3 * room);
        float* h0 = null, h1 = null, h2 = null, h3 = null;
        Vector512<float> z0 = Vector512.Create(weight.Law.Zero), z1 = z0, z2 = z0, z3 = z0;
        if (weight.Zeros is { } zeros)
        {
            grids += CodePanels * room;
            h0 = zeros.Read(firstPanel, 0, groupCount, grids);
            h1 = zeros.Read(p1, 0, groupCount, grids + room);
            h2 = zeros.Read(p2, 0, groupCount, grids + 2 * room);
            h3 = zeros.Read(p3, 0, groupCount, grids + 3 * room);
        }
        Prefetch(weight.Scales, firstPanel + CodePanels);
        Prefetch(weight.Zeros, firstPanel + CodePanels);
        TValues values = TValues.From(weight.Law);
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default, f0 = default, f1 = default, f2 = default, f3 = default;
        for (int first = 0, group = 0, groupFirst = 0; first < columns; first += BlockWidth)
        {
            if (first == groupFirst)
            {
                f0 = Vector512.Load(g0 + group);
                f1 = Vector512.Load(g1 + group);
                f2 = Vector512.Load(g2 + group);
                f3 = Vector512.Load(g3 + group);
                if (h0 != null)
                {
                    z0 = Vector512.Load(h0 + group);
                    z1 = Vector512.Load(h1 + group);
                    z2 = Vector512.Load(h2 + group);
                    z3 = Vector512.Load(h3 + group);
                }
                group += Width;
                groupFirst += groupSize;
            }
            nint next = b0 < crossing ? ahead : ahead + (CodePanels - 1) * panelWords;
            for (int line = 0; line < TWidth.Bits; line++)
            {
                Sse.Prefetch0(b0 + next + line * Width);
                Sse.Prefetch0(b1 + next + line * Width);
                Sse.Prefetch0(b2 + next + line * Width);
                Sse.Prefetch0(b3 + next + line * Width);
            }
            int count = Math.Min(BlockWidth, columns - first);
            for (int word = 0; count > 0; word++)
            {
                Vector512<int> c0 = CodeWords.Load<TWidth>(b0, word), c1 = CodeWords.Load<TWidth>(b1, word);
                Vector512<int> c2 = CodeWords.Load<TWidth>(b2, word), c3 = CodeWords.Load<TWidth>(b3, word);
                int here = Math.Min(count, CodeWords.ColumnsOf<TWidth>(word));
                count -= here;
                for (float* end = x + here; x < end; x++)
                {
                    Vector512<float> activation = Vector512.Create(*x);
                    s0 = Vector512.FusedMultiplyAdd(activation, TZeros.Subtract(values.Of(c0), z0) * f0, s0);
                    s1 = Vector512.FusedMultiplyAdd(activation, TZeros.Subtract(values.Of(c1), z1) * f1, s1);
                    s2 = Vector512.FusedMultiplyAdd(activation, TZeros.Subtract(values.Of(c2), z2) * f2, s2);
                    s3 = Vector512.FusedMultiplyAdd(activation, TZeros.Subtract(values.Of(c3), z3) * f3, s3);
                    c0 >>>= TWidth.Bits;
                    c1 >>>= TWidth.Bits;
                    c2 >>>= TWidth.Bits;
                    c3 >>>= TWidth.Bits;
                }
            }
            b0 += TWidth.Bits * Width;
            b1 += TWidth.Bits * Width;
            b2 += TWidth.Bits * Width;
            b3 += TWidth.Bits * Width;
        }
        s0.Store(y);
        s1.Store(y + Width);
        s2.Store(y + 2 * Width);
        s3.Store(y + 3 * Width);
    }

    private interface IZeros
    {
        static abstract Vector512<float> Subtract(Vector512<float> value, Vector512<float> zero);
    }

    private readonly struct WithZeros : IZeros
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Subtract(Vector512<float> value, Vector512<float> zero) => value - zero;
    }

    private readonly struct WithoutZeros : IZeros
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Subtract(Vector512<float> value, Vector512<float> zero) => value;
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
