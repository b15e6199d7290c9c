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
    [MethodImpl(Hot)]
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
        var loop = new CodePanelsLoop(quantized, first, x, y);
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

    // Up to four panels, side by side. Where the weight has fewer, the last one is repeated.
    private readonly struct CodePanelsLoop : ICodeLoop
    {
        private readonly QuantizedMatrix weight;
        private readonly float* x, y, scales, zeros;
        private readonly int first, last;

        public CodePanelsLoop(QuantizedMatrix weight, int first, float* x, float* y)
        {
            this.weight = weight;
            this.first = first;
            this.x = x;
            this.y = y;
            last = Math.Min(CodePanels, weight.PanelCount - first) - 1;
            int gridCount = (last + 1) * weight.GroupCount;
            float* room = Scratch.Grids(2L * gridCount * Width);
            scales = weight.Scales.Read(first, 0, gridCount, room);
            zeros = weight.Zeros is null ? null : weight.Zeros.Read(first, 0, gridCount, room + (long)gridCount * Width);
            Prefetch(weight.Scales, first + CodePanels);
            Prefetch(weight.Zeros, first + CodePanels);
        }

        public void Run<TWidth, TValues>()
            where TWidth : struct, ICodeWidth
            where TValues : struct, ICodeValues<TValues>
        {
            nint panelWords = (nint)weight.BlockCount * TWidth.Bits * Width;
            uint* codes = (uint*)weight.Codes + first * panelWords;
            TValues values = TValues.From(weight.Law);
            if (zeros == null && weight.Law.Zero == 0)
                MultiplyCodes<TWidth, TValues, WithoutZeros>(codes, panelWords, last, scales, null, 0, weight.Columns, weight.GroupSize, values, x, y);
            else
                MultiplyCodes<TWidth, TValues, WithZeros>(codes, panelWords, last, scales, zeros, weight.Law.Zero, weight.Columns, weight.GroupSize, values, x, y);
        }
    }

    // No calls in here: a register does not live through one.
    [MethodImpl(Hot)]
    private static void MultiplyCodes<TWidth, TValues, TZeros>(
        uint* b0, nint panelWords, int last, float* g0, float* h0, float commonZero, int columns, int groupSize, TValues values, float* x, float* y)
        where TWidth : struct, ICodeWidth
        where TValues : struct, ICodeValues<TValues>
        where TZeros : struct, IZeros
    {
        nint ahead = PrefetchBytes / sizeof(uint), grids = (nint)((columns + groupSize - 1) / groupSize) * Width;
        int p1 = last < 1 ? last : 1, p2 = last < 2 ? last : 2, p3 = last;
        uint* b1 = b0 + p1 * panelWords, b2 = b0 + p2 * panelWords, b3 = b0 + p3 * panelWords, crossing = b0 + panelWords - ahead;
        Vector512<float> z0 = Vector512.Create(commonZero), z1 = z0, z2 = z0, z3 = z0;
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default, f0 = default, f1 = default, f2 = default, f3 = default;
        for (int first = 0, groupFirst = 0; first < columns; first += BlockWidth)
        {
            if (first == groupFirst)
            {
                f0 = Vector512.Load(g0);
                f1 = Vector512.Load(g0 + p1 * grids);
                f2 = Vector512.Load(g0 + p2 * grids);
                f3 = Vector512.Load(g0 + p3 * grids);
                g0 += Width;
                if (h0 != null)
                {
                    z0 = Vector512.Load(h0);
                    z1 = Vector512.Load(h0 + p1 * grids);
                    z2 = Vector512.Load(h0 + p2 * grids);
                    z3 = Vector512.Load(h0 + p3 * grids);
                    h0 += Width;
                }
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
            int count = columns - first < BlockWidth ? columns - first : BlockWidth;
            for (int word = 0; count > 0; word++)
            {
                Vector512<int> c0 = CodeWords.Load<TWidth>(b0, word), c1 = CodeWords.Load<TWidth>(b1, word);
                Vector512<int> c2 = CodeWords.Load<TWidth>(b2, word), c3 = CodeWords.Load<TWidth>(b3, word);
                int here = CodeWords.ColumnsOf<TWidth>(word);
                here = here < count ? here : count;
                count -= here;
                for (float* end = x + here; x < end; x++)
                {
                    Vector512<float> activation = Vector512.Create(*x);
                    s0 = Vector512.FusedMultiplyAdd(activation, TZeros.Subtract(values.Of(c0), z0) * f0, s0);
                    s1 = Vector512.FusedMultiplyAdd(activation, TZeros.Subtract(values.Of(c1), z1) * f1, s1);
                    s2 = Vector512.FusedMultiplyAdd(activation, TZeros.Subtract(values.Of(c2), z2) * f2, s2);
                    s3 = Vector512.FusedMultiplyAdd(activation, TZeros.Subtract(values.Of(c3), z3) * f3, s3);
                    c0 = TWidth.Next(c0);
                    c1 = TWidth.Next(c1);
                    c2 = TWidth.Next(c2);
                    c3 = TWidth.Next(c3);
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
