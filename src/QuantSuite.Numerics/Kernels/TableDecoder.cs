using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>The values of codes whose meaning each group of each row tells by a table of its own, sixteen rows at a time.</summary>
internal static unsafe class TableDecoder
{
    private const int Width = PanelMatrix.PanelWidth;
    private const int BlockWidth = PackedCodes.BlockWidth;

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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Decode<TWidth>(uint* block, int first, int count, int groupSize, float* tables, float* destination)
        where TWidth : struct, ICodeWidth
    {
        Vector512<int> lanes = Vector512<int>.Indices, mask = Vector512.Create((1 << TWidth.Bits) - 1);
        int nextGroup = (first / groupSize + 1) * groupSize;
        for (int end = first + count; first < end; block += TWidth.Bits * Width)
        {
            int columns = end - first < BlockWidth ? end - first : BlockWidth;
            for (int word = 0; columns > 0; word++)
            {
                Vector512<int> packed = CodeWords.Load<TWidth>(block, word);
                int here = CodeWords.ColumnsOf<TWidth>(word);
                here = here < columns ? here : columns;
                columns -= here;
                for (; here > 0; here--, first++, destination += Width)
                {
                    if (first == nextGroup)
                    {
                        tables += Width << TWidth.Bits;
                        nextGroup += groupSize;
                    }
                    PanelDecoder.Gather(tables, ((packed & mask) << 4) + lanes).Store(destination);
                    packed = TWidth.Next(packed);
                }
            }
        }
    }
}
