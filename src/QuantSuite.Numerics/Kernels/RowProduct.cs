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
    private const int DensePrefetchBytes = 6144;
    private const int PrefetchBytes = 3072;
    private const int Line = 64;
    private const int CodePanels = 4;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>Whether there is a fused loop for this weight. For others, decode into a scratch first.</summary>
    public static bool Supports(PanelMatrix weight) =>
        weight is DensePanels or QuantizedMatrix or TableMatrix or NestedMatrix || (weight is SegmentedMatrix segmented && segmented.Segments.All(Supports));

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
        Prefetch(quantized.Offsets, panel);
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

    // y[count · 16] starts from +0.
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
        new Span<float>(y, count * Width).Clear();
        GoOn(weight, first, count, x, y);
    }

    // y[count · 16] goes on.
    private static void GoOn(PanelMatrix weight, int first, int count, float* x, float* y)
    {
        if (weight is QuantizedMatrix quantized)
        {
            var loop = new CodePanelsLoop(quantized, first, count, x, y);
            quantized.Law.Run(ref loop);
        }
        else if (weight is SegmentedMatrix segmented)
            foreach (PanelMatrix segment in segmented.Segments)
            {
                GoOn(segment, first, count, x, y);
                x += segment.Columns;
            }
        else
            for (int i = 0; i < count; i++)
                weight.MultiplyRow(first + i, x, y + i * Width);
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

    // Up to four panels, side by side. Where there are fewer, the last one is repeated; y has room for four.
    private readonly struct CodePanelsLoop : ICodeLoop
    {
        private readonly QuantizedMatrix weight;
        private readonly CodeGrids grids;
        private readonly float* x, y;
        private readonly int first, last;

        public CodePanelsLoop(QuantizedMatrix weight, int first, int count, float* x, float* y)
        {
            this.weight = weight;
            this.first = first;
            this.x = x;
            this.y = y;
            last = count - 1;
            grids = new CodeGrids(weight, first, 0, (last + 1) * weight.GroupCount);
            Prefetch(weight.Scales, first + CodePanels);
            Prefetch(weight.Zeros, first + CodePanels);
            Prefetch(weight.Offsets, first + CodePanels);
        }

        public void Run<TWidth, TValues>()
            where TWidth : struct, ICodeWidth
            where TValues : struct, ICodeValues<TValues>
        {
            if (grids.Offsets != null)
                Multiply<TWidth, TValues, OffsetGrid>();
            else if (grids.Zeros != null || weight.Law.Zero != 0)
                Multiply<TWidth, TValues, ZeroGrid>();
            else
                Multiply<TWidth, TValues, ScaleGrid>();
        }

        private void Multiply<TWidth, TValues, TGrid>()
            where TWidth : struct, ICodeWidth
            where TValues : struct, ICodeValues<TValues>
            where TGrid : struct, ICodeGrid
        {
            nint panelWords = (nint)weight.BlockCount * TWidth.Bits * Width;
            if (TWidth.Bits == 3 && ThreeBitRow.Supports(weight) && ThreeBitRow.Holds(grids.Zeros, (last + 1) * weight.GroupCount))
            {
                ThreeBitRow.Multiply((uint*)weight.Codes + first * panelWords, panelWords, Math.Min(last, 1), Math.Min(last, 2), last, grids.Scales, grids.Zeros, weight.GroupCount,
                    weight.Columns, weight.GroupSize, PrefetchBytes / sizeof(uint), x, y);
                return;
            }
            if (TWidth.Bits == 8 && ByteFloatRow.Supports(weight))
            {
                ByteFloatRow.Multiply((uint*)weight.Codes + first * panelWords, panelWords, Math.Min(last, 1), Math.Min(last, 2), last,
                    (byte*)Unsafe.AsPointer(ref weight.Law.Bytes![0]), grids.Scales, weight.GroupCount, weight.Columns, weight.GroupSize,
                    PrefetchBytes / sizeof(uint), x, y);
                return;
            }
            MultiplyCodes<TWidth, TValues, TGrid>((uint*)weight.Codes + first * panelWords, panelWords, last, grids.Scales, grids.Zeros, grids.Offsets, weight.Law.Zero,
                weight.GroupCount, weight.Columns, weight.GroupSize, weight.ColumnGroups, TValues.From(weight.Law), x, y);
        }
    }

    // No calls in here: a register does not live through one.
    [MethodImpl(Hot)]
    private static void MultiplyCodes<TWidth, TValues, TGrid>(
        uint* b0, nint panelWords, int last, float* scales, float* zeros, float* offsets, float commonZero, nint groupCount, int columns, int groupSize, int* groups,
        TValues values, float* x, float* y)
        where TWidth : struct, ICodeWidth
        where TValues : struct, ICodeValues<TValues>
        where TGrid : struct, ICodeGrid
    {
        nint ahead = PrefetchBytes / sizeof(uint), group = 0;
        nint p1 = last < 1 ? last : 1, p2 = last < 2 ? last : 2, p3 = last;
        uint* b1 = b0 + p1 * panelWords, b2 = b0 + p2 * panelWords, b3 = b0 + p3 * panelWords, crossing = b0 + panelWords - ahead;
        p1 *= groupCount * Width;
        p2 *= groupCount * Width;
        p3 *= groupCount * Width;
        Vector512<float> z0 = Vector512.Create(commonZero), z1 = z0, z2 = z0, z3 = z0, o0 = default, o1 = default, o2 = default, o3 = default;
        Vector512<float> s0 = Vector512.Load(y), s1 = Vector512.Load(y + Width), s2 = Vector512.Load(y + 2 * Width), s3 = Vector512.Load(y + 3 * Width);
        Vector512<float> f0 = default, f1 = default, f2 = default, f3 = default;
        for (float* end = x + columns, groupEnd = x; x < end;)
        {
            nint next = b0 < crossing ? ahead : ahead + (CodePanels - 1) * panelWords;
            for (int line = 0; line < TWidth.Bits; line++)
            {
                Sse.Prefetch0(b0 + next + line * Width);
                Sse.Prefetch0(b1 + next + line * Width);
                Sse.Prefetch0(b2 + next + line * Width);
                Sse.Prefetch0(b3 + next + line * Width);
            }
            for (int word = 0; word < CodeWords.CountOf<TWidth>() && x < end; word++)
            {
                Vector512<int> c0 = CodeWords.Load<TWidth>(b0, word), c1 = CodeWords.Load<TWidth>(b1, word);
                Vector512<int> c2 = CodeWords.Load<TWidth>(b2, word), c3 = CodeWords.Load<TWidth>(b3, word);
                float* wordEnd = x + CodeWords.ColumnsOf<TWidth>(word);
                wordEnd = wordEnd < end ? wordEnd : end;
                while (x < wordEnd)
                {
                    if (x == groupEnd)
                    {
                        group = groups == null ? group : *groups++ * Width;
                        f0 = Vector512.Load(scales + group);
                        f1 = Vector512.Load(scales + group + p1);
                        f2 = Vector512.Load(scales + group + p2);
                        f3 = Vector512.Load(scales + group + p3);
                        if (zeros != null)
                        {
                            z0 = Vector512.Load(zeros + group);
                            z1 = Vector512.Load(zeros + group + p1);
                            z2 = Vector512.Load(zeros + group + p2);
                            z3 = Vector512.Load(zeros + group + p3);
                        }
                        if (offsets != null)
                        {
                            o0 = Vector512.Load(offsets + group);
                            o1 = Vector512.Load(offsets + group + p1);
                            o2 = Vector512.Load(offsets + group + p2);
                            o3 = Vector512.Load(offsets + group + p3);
                        }
                        group += Width;
                        groupEnd += groups == null ? groupSize : 1;
                    }
                    for (float* stop = wordEnd < groupEnd ? wordEnd : groupEnd; x < stop; x++)
                    {
                        Vector512<float> activation = Vector512.Create(*x);
                        s0 = Vector512.FusedMultiplyAdd(activation, TGrid.Value(values.Of(c0), z0, f0, o0), s0);
                        s1 = Vector512.FusedMultiplyAdd(activation, TGrid.Value(values.Of(c1), z1, f1, o1), s1);
                        s2 = Vector512.FusedMultiplyAdd(activation, TGrid.Value(values.Of(c2), z2, f2, o2), s2);
                        s3 = Vector512.FusedMultiplyAdd(activation, TGrid.Value(values.Of(c3), z3, f3, o3), s3);
                        c0 = TWidth.Next(c0);
                        c1 = TWidth.Next(c1);
                        c2 = TWidth.Next(c2);
                        c3 = TWidth.Next(c3);
                    }
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
