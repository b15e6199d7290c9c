using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>The values of codes whose meaning each group of each row tells by a table of its own, sixteen rows at a time.</summary>
internal static unsafe class TableDecoder
{
    private const int Width = PanelMatrix.PanelWidth;

    /// <summary>Decodes columns [first, first + count) of a panel; <paramref name="first"/> is a multiple of 32.</summary>
    /// <param name="codes">The codes.</param>
    /// <param name="panel">Sixteen rows.</param>
    /// <param name="first">The first column.</param>
    /// <param name="count">Columns.</param>
    /// <param name="groupSize">Columns that share a table.</param>
    /// <param name="tables">[groups from the first column's on][code][16].</param>
    /// <param name="destination">[count][16].</param>
    public static void Decode(PackedCodes codes, int panel, int first, int count, int groupSize, float* tables, float* destination)
    {
        uint* block = (uint*)codes.Locate(panel, first, out _);
        switch (codes.Bits)
        {
            case 1:
                Decode<OneBit>(block, first, count, groupSize, tables, destination);
                break;
            case 2:
                Decode<TwoBits>(block, first, count, groupSize, tables, destination);
                break;
            case 3:
                Decode<ThreeBits>(block, first, count, groupSize, tables, destination);
                break;
            case 4:
                Decode<FourBits>(block, first, count, groupSize, tables, destination);
                break;
            case 5:
                Decode<FiveBits>(block, first, count, groupSize, tables, destination);
                break;
            case 6:
                Decode<SixBits>(block, first, count, groupSize, tables, destination);
                break;
            case 7:
                Decode<SevenBits>(block, first, count, groupSize, tables, destination);
                break;
            default:
                Decode<EightBits>(block, first, count, groupSize, tables, destination);
                break;
        }
    }

    // Up to 4 bits the tables of sixteen rows are held in registers, of which the code's bits select one; more are gathered.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Decode<TWidth>(uint* block, int first, int count, int groupSize, float* tables, float* destination)
        where TWidth : struct, ICodeWidth
    {
        Vector512<int> lanes = Vector512<int>.Indices, mask = Vector512.Create((1 << TWidth.Bits) - 1);
        Vector512<float> t0 = default, t1 = default, t2 = default, t3 = default, t4 = default, t5 = default, t6 = default, t7 = default;
        Vector512<float> t8 = default, t9 = default, t10 = default, t11 = default, t12 = default, t13 = default, t14 = default, t15 = default;
        float* end = destination + (nint)count * Width, table = tables, groupEnd = destination, nextGroup = destination + (nint)(groupSize - first % groupSize) * Width;
        for (; destination < end; block += TWidth.Bits * Width)
            for (int word = 0; word < CodeWords.CountOf<TWidth>() && destination < end; word++)
            {
                Vector512<int> codes = CodeWords.Load<TWidth>(block, word);
                float* wordEnd = destination + CodeWords.ColumnsOf<TWidth>(word) * Width;
                wordEnd = wordEnd < end ? wordEnd : end;
                while (destination < wordEnd)
                {
                    if (destination == groupEnd)
                    {
                        table = tables;
                        if (TWidth.Bits <= 4)
                            (t0, t1) = (Vector512.Load(table), Vector512.Load(table + Width));
                        if (TWidth.Bits is >= 2 and <= 4)
                            (t2, t3) = (Vector512.Load(table + 2 * Width), Vector512.Load(table + 3 * Width));
                        if (TWidth.Bits is >= 3 and <= 4)
                        {
                            (t4, t5) = (Vector512.Load(table + 4 * Width), Vector512.Load(table + 5 * Width));
                            (t6, t7) = (Vector512.Load(table + 6 * Width), Vector512.Load(table + 7 * Width));
                        }
                        if (TWidth.Bits == 4)
                        {
                            (t8, t9) = (Vector512.Load(table + 8 * Width), Vector512.Load(table + 9 * Width));
                            (t10, t11) = (Vector512.Load(table + 10 * Width), Vector512.Load(table + 11 * Width));
                            (t12, t13) = (Vector512.Load(table + 12 * Width), Vector512.Load(table + 13 * Width));
                            (t14, t15) = (Vector512.Load(table + 14 * Width), Vector512.Load(table + 15 * Width));
                        }
                        tables += Width << TWidth.Bits;
                        groupEnd = nextGroup;
                        nextGroup += (nint)groupSize * Width;
                    }
                    for (float* stop = wordEnd < groupEnd ? wordEnd : groupEnd; destination < stop; destination += Width)
                    {
                        if (TWidth.Bits > 4)
                            PanelDecoder.Gather(table, ((codes & mask) << 4) + lanes).Store(destination);
                        else
                        {
                            Vector512<float> value = Select(codes, 1, t0, t1);
                            if (TWidth.Bits >= 2)
                                value = Select(codes, 2, value, Select(codes, 1, t2, t3));
                            if (TWidth.Bits >= 3)
                                value = Select(codes, 4, value, Select(codes, 2, Select(codes, 1, t4, t5), Select(codes, 1, t6, t7)));
                            if (TWidth.Bits == 4)
                                value = Select(codes, 8, value, Select(codes, 4, Select(codes, 2, Select(codes, 1, t8, t9), Select(codes, 1, t10, t11)),
                                    Select(codes, 2, Select(codes, 1, t12, t13), Select(codes, 1, t14, t15))));
                            value.Store(destination);
                        }
                        codes = TWidth.Next(codes);
                    }
                }
            }
    }

    // Where the bit is not set the first, else the second.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Select(Vector512<int> codes, int bit, Vector512<float> clear, Vector512<float> set) =>
        Vector512.ConditionalSelect(Vector512.Equals(codes & Vector512.Create(bit), Vector512<int>.Zero).AsSingle(), clear, set);
}
