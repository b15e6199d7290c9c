using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>
/// The values of codes whose meaning each group of each row tells by a table of its own, sixteen rows at a time. Up to 4 bits the tables of sixteen rows are held in
/// registers, of which the bits of the codes select one value a row; longer tables are gathered from the cache. A value goes to memory, or straight onto the chain of one row
/// of activations: selecting takes at least as long as a fused multiply-add waits for the last one.
/// </summary>
internal readonly unsafe struct TableDecoder
{
    private const int Width = PanelMatrix.PanelWidth;

    private readonly uint* block;
    private readonly float* tables;
    private readonly nint blockWords;
    private readonly int count, groupSize, groupEnd;
    private readonly bool arePlanes;

    /// <summary>Columns [first, first + count) of a panel; <paramref name="first"/> is a multiple of 32.</summary>
    /// <param name="block">The codes of the first column's block.</param>
    /// <param name="blockWords">Words from a block to the next.</param>
    /// <param name="arePlanes">Whether a block is bit planes, the top bit first, bit k of a word for column k; else <see cref="PackedCodes"/>.</param>
    /// <param name="first">The first column.</param>
    /// <param name="count">Columns.</param>
    /// <param name="groupSize">Columns that share a table.</param>
    /// <param name="tables">[groups from the first column's on][code][16].</param>
    public TableDecoder(byte* block, nint blockWords, bool arePlanes, int first, int count, int groupSize, float* tables)
    {
        this.block = (uint*)block;
        this.blockWords = blockWords;
        this.arePlanes = arePlanes;
        this.count = count;
        this.groupSize = groupSize;
        this.tables = tables;
        groupEnd = Math.Min(groupSize - first % groupSize, count);
    }

    /// <summary>Writes the values of codes of so many bits, [count][16].</summary>
    public void Decode(int bits, float* destination)
    {
        var sink = new Values { Destination = destination };
        Run(bits, ref sink);
    }

    /// <summary>sums[16] go on as the chains of x[k]·value[k].</summary>
    public void Multiply(int bits, float* x, float* sums)
    {
        var sink = new Chain { X = x, Sum = Vector512.Load(sums) };
        Run(bits, ref sink);
        sink.Sum.Store(sums);
    }

    private void Run<TSink>(int bits, ref TSink sink)
        where TSink : struct, IValueSink
    {
        if (arePlanes)
            Run<TSink, Planes>(bits, ref sink);
        else
            Run<TSink, Words>(bits, ref sink);
    }

    private void Run<TSink, TOrder>(int bits, ref TSink sink)
        where TSink : struct, IValueSink
        where TOrder : struct, ICodeOrder
    {
        sink = bits switch
        {
            1 => Run<OneBit, TOrder, TSink>(block, blockWords, count, groupSize, groupEnd, tables, sink),
            2 => Run<TwoBits, TOrder, TSink>(block, blockWords, count, groupSize, groupEnd, tables, sink),
            3 => Run<ThreeBits, TOrder, TSink>(block, blockWords, count, groupSize, groupEnd, tables, sink),
            4 => Run<FourBits, TOrder, TSink>(block, blockWords, count, groupSize, groupEnd, tables, sink),
            5 => Run<FiveBits, TOrder, TSink>(block, blockWords, count, groupSize, groupEnd, tables, sink),
            6 => Run<SixBits, TOrder, TSink>(block, blockWords, count, groupSize, groupEnd, tables, sink),
            7 => Run<SevenBits, TOrder, TSink>(block, blockWords, count, groupSize, groupEnd, tables, sink),
            _ => Run<EightBits, TOrder, TSink>(block, blockWords, count, groupSize, groupEnd, tables, sink),
        };
    }

    // No calls in here: a register does not live through one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TSink Run<TWidth, TOrder, TSink>(uint* block, nint blockWords, int count, int groupSize, int groupEnd, float* tables, TSink sink)
        where TWidth : struct, ICodeWidth
        where TOrder : struct, ICodeOrder
        where TSink : struct, IValueSink
    {
        Vector512<int> lanes = Vector512<int>.Indices, mask = Vector512.Create((1 << TWidth.Bits) - 1), bit = default, codes = default, c1 = default, c2 = default, c3 = default;
        Vector512<float> t0 = default, t1 = default, t2 = default, t3 = default, t4 = default, t5 = default, t6 = default, t7 = default;
        Vector512<float> t8 = default, t9 = default, t10 = default, t11 = default, t12 = default, t13 = default, t14 = default, t15 = default;
        int groupFirst = 0;
        for (int column = 0; column < count; block += blockWords)
            for (int word = 0; word < (TOrder.ArePlanes ? 1 : CodeWords.CountOf<TWidth>()) && column < count; word++)
            {
                if (TOrder.ArePlanes)
                {
                    bit = Vector512<int>.One;
                    (codes, c1) = (Plane<TWidth>(block, 0), Plane<TWidth>(block, 1));
                    (c2, c3) = (Plane<TWidth>(block, 2), Plane<TWidth>(block, 3));
                }
                else
                    codes = CodeWords.Load<TWidth>(block, word);
                int wordEnd = column + (TOrder.ArePlanes ? PackedCodes.BlockWidth : CodeWords.ColumnsOf<TWidth>(word));
                wordEnd = wordEnd < count ? wordEnd : count;
                while (column < wordEnd)
                {
                    if (column == groupFirst)
                    {
                        if (groupFirst > 0)
                        {
                            tables += Width << TWidth.Bits;
                            groupEnd += groupSize;
                        }
                        if (TWidth.Bits <= 4)
                            (t0, t1) = (Vector512.Load(tables), Vector512.Load(tables + Width));
                        if (TWidth.Bits is >= 2 and <= 4)
                            (t2, t3) = (Vector512.Load(tables + 2 * Width), Vector512.Load(tables + 3 * Width));
                        if (TWidth.Bits is >= 3 and <= 4)
                        {
                            (t4, t5) = (Vector512.Load(tables + 4 * Width), Vector512.Load(tables + 5 * Width));
                            (t6, t7) = (Vector512.Load(tables + 6 * Width), Vector512.Load(tables + 7 * Width));
                        }
                        if (TWidth.Bits == 4)
                        {
                            (t8, t9) = (Vector512.Load(tables + 8 * Width), Vector512.Load(tables + 9 * Width));
                            (t10, t11) = (Vector512.Load(tables + 10 * Width), Vector512.Load(tables + 11 * Width));
                            (t12, t13) = (Vector512.Load(tables + 12 * Width), Vector512.Load(tables + 13 * Width));
                            (t14, t15) = (Vector512.Load(tables + 14 * Width), Vector512.Load(tables + 15 * Width));
                        }
                        groupFirst = groupEnd;
                    }
                    for (int stop = wordEnd < groupEnd ? wordEnd : groupEnd; column < stop; column++)
                    {
                        if (TWidth.Bits > 4)
                        {
                            Vector512<int> index = TOrder.ArePlanes ? Index<TWidth>(block, bit) : codes & mask;
                            sink.Take(PanelDecoder.Gather(tables, (index << 4) + lanes));
                        }
                        else
                        {
                            Vector512<int> d1 = TOrder.ArePlanes ? c1 : codes, d2 = TOrder.ArePlanes ? c2 : codes, d3 = TOrder.ArePlanes ? c3 : codes;
                            Vector512<int> b0 = TOrder.ArePlanes ? bit : Vector512<int>.One, b1 = TOrder.ArePlanes ? bit : Vector512.Create(2);
                            Vector512<int> b2 = TOrder.ArePlanes ? bit : Vector512.Create(4), b3 = TOrder.ArePlanes ? bit : Vector512.Create(8);
                            Vector512<float> value = Select(codes, b0, t0, t1);
                            if (TWidth.Bits >= 2)
                                value = Select(d1, b1, value, Select(codes, b0, t2, t3));
                            if (TWidth.Bits >= 3)
                                value = Select(d2, b2, value, Select(d1, b1, Select(codes, b0, t4, t5), Select(codes, b0, t6, t7)));
                            if (TWidth.Bits == 4)
                                value = Select(d3, b3, value, Select(d2, b2, Select(d1, b1, Select(codes, b0, t8, t9), Select(codes, b0, t10, t11)),
                                    Select(d1, b1, Select(codes, b0, t12, t13), Select(codes, b0, t14, t15))));
                            sink.Take(value);
                        }
                        if (TOrder.ArePlanes)
                            bit <<= 1;
                        else
                            codes = TWidth.Next(codes);
                    }
                }
            }
        return sink;
    }

    // The plane of a bit, counted from the lowest; the lowest again where there is none.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Plane<TWidth>(uint* block, int bit)
        where TWidth : struct, ICodeWidth => Vector512.Load((int*)block + (TWidth.Bits - 1 - (bit < TWidth.Bits ? bit : 0)) * Width);

    // The codes of one column. No loop, so that it is compiled in place.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Index<TWidth>(uint* block, Vector512<int> column)
        where TWidth : struct, ICodeWidth
    {
        Vector512<int> code = Bit<TWidth>(block, column, 0) | Bit<TWidth>(block, column, 1) | Bit<TWidth>(block, column, 2) | Bit<TWidth>(block, column, 3)
            | Bit<TWidth>(block, column, 4);
        if (TWidth.Bits > 5)
            code |= Bit<TWidth>(block, column, 5);
        if (TWidth.Bits > 6)
            code |= Bit<TWidth>(block, column, 6);
        if (TWidth.Bits > 7)
            code |= Bit<TWidth>(block, column, 7);
        return code;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Bit<TWidth>(uint* block, Vector512<int> column, int bit)
        where TWidth : struct, ICodeWidth =>
        Vector512.AndNot(Vector512.Create(1 << bit), Vector512.Equals(Plane<TWidth>(block, bit) & column, Vector512<int>.Zero));

    // Where the bit is not set the first, else the second.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Select(Vector512<int> codes, Vector512<int> bit, Vector512<float> clear, Vector512<float> set) =>
        Vector512.ConditionalSelect(Vector512.Equals(codes & bit, Vector512<int>.Zero).AsSingle(), clear, set);

    // Where a value of sixteen rows goes.
    private interface IValueSink
    {
        void Take(Vector512<float> value);
    }

    private struct Values : IValueSink
    {
        public float* Destination;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(Vector512<float> value)
        {
            value.Store(Destination);
            Destination += Width;
        }
    }

    private struct Chain : IValueSink
    {
        public float* X;
        public Vector512<float> Sum;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(Vector512<float> value) => Sum = Vector512.FusedMultiplyAdd(Vector512.Create(*X++), value, Sum);
    }

    private interface ICodeOrder
    {
        static abstract bool ArePlanes { get; }
    }

    private readonly struct Words : ICodeOrder
    {
        public static bool ArePlanes => false;
    }

    private readonly struct Planes : ICodeOrder
    {
        public static bool ArePlanes => true;
    }
}
