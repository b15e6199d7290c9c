using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// One row of x times four panels of 3-bit integers with integer zero points: the product of <see cref="RowProduct"/> in fewer steps, which pays for the spare bits that
/// codes of 3 bits leave in their words.
/// </summary>
/// <remarks>
/// The codes of even columns, and those of odd ones, lie six bits apart once the others are masked out, so one addition to a word turns q into q − z + 8 in each of five of
/// them: 0 to 15 where z is 0 to 8. A look-up then yields the float32 q − z, exact as the subtraction is, and no column needs a subtraction of its own.
/// </remarks>
internal static unsafe class ThreeBitRow
{
    private const int Width = PanelMatrix.PanelWidth;
    private const int Bits = 3, WordPairs = 5, Words = 3;
    private const int Middle = 8;

    // Codes of columns 0, 2, 4, 6, 8 of a word, and a 1 for each.
    private const int EvenCodes = 0x071C71C7, Ones = 0x01041041;

    private static readonly float[] Differences = [.. Enumerable.Range(-Middle, 2 * Middle).Select(difference => (float)difference)];

    /// <summary>Whether the weight is one that this loop is for: groups of whole blocks, zero points of a byte.</summary>
    public static bool Supports(QuantizedMatrix weight) => weight.Format is IntegerFormat { Bits: Bits } && weight.Zeros is ByteValues { Format: null } && weight.Offsets is null
        && !weight.HasColumnGroups && weight.Columns % QuantizedMatrix.BlockWidth == 0
        && (weight.GroupSize % QuantizedMatrix.BlockWidth == 0 || weight.GroupSize == weight.Columns);

    /// <summary>Whether all of these zero points, [count][16], are at most 8; else the other loop must do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Holds(float* zeros, int count)
    {
        Vector512<float> largest = default;
        for (float* end = zeros + (nint)count * Width; zeros < end; zeros += Width)
            largest = Vector512.MaxNative(largest, Vector512.Load(zeros));
        return Vector512.LessThanOrEqualAll(largest, Vector512.Create((float)Middle));
    }

    /// <summary>y[4·16] goes on as the chains over all columns.</summary>
    /// <param name="b0">The first panel's codes; of panels 1, 2 and 3 those <paramref name="p1"/>, <paramref name="p2"/> and <paramref name="p3"/> panels on.</param>
    /// <param name="panelWords">Words of a panel.</param>
    /// <param name="p1">1, or less where there are fewer panels.</param>
    /// <param name="p2">2, or less.</param>
    /// <param name="p3">3, or less.</param>
    /// <param name="scales">[panels][groups][16].</param>
    /// <param name="zeros">[panels][groups][16].</param>
    /// <param name="groupCount">Groups of a row.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="groupSize">Columns that share a grid.</param>
    /// <param name="ahead">Words from what is read to what is asked for.</param>
    /// <param name="x">[columns].</param>
    /// <param name="y">[4·16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        uint* b0, nint panelWords, nint p1, nint p2, nint p3, float* scales, float* zeros, nint groupCount, nint columns, nint groupSize, nint ahead, float* x, float* y)
    {
        uint* b1 = b0 + p1 * panelWords, b2 = b0 + p2 * panelWords, b3 = b0 + p3 * panelWords, crossing = b0 + panelWords - ahead;
        p1 *= groupCount * Width;
        p2 *= groupCount * Width;
        p3 *= groupCount * Width;
        Vector512<float> table = Vector512.Create<float>(Differences), f0 = default, f1 = default, f2 = default, f3 = default;
        Vector512<float> s0 = Vector512.Load(y), s1 = Vector512.Load(y + Width), s2 = Vector512.Load(y + 2 * Width), s3 = Vector512.Load(y + 3 * Width);
        Vector512<int> g0 = default, g1 = default, g2 = default, g3 = default, even = Vector512.Create(EvenCodes);
        for (float* end = x + columns, groupEnd = x; x < end;)
        {
            if (x == groupEnd)
            {
                (f0, f1, f2, f3) = (Vector512.Load(scales), Vector512.Load(scales + p1), Vector512.Load(scales + p2), Vector512.Load(scales + p3));
                (g0, g1, g2, g3) = (Shift(zeros), Shift(zeros + p1), Shift(zeros + p2), Shift(zeros + p3));
                scales += Width;
                zeros += Width;
                groupEnd += groupSize;
            }
            nint next = b0 < crossing ? ahead : ahead + 3 * panelWords;
            for (int word = 0; word < Words; word++)
            {
                Sse.Prefetch0(b0 + next);
                Sse.Prefetch0(b1 + next);
                Sse.Prefetch0(b2 + next);
                Sse.Prefetch0(b3 + next);
                Vector512<int> o0 = Vector512.Load((int*)b0), o1 = Vector512.Load((int*)b1), o2 = Vector512.Load((int*)b2), o3 = Vector512.Load((int*)b3);
                Vector512<int> e0 = (o0 & even) + g0, e1 = (o1 & even) + g1, e2 = (o2 & even) + g2, e3 = (o3 & even) + g3;
                o0 = ((o0 >>> Bits) & even) + g0;
                o1 = ((o1 >>> Bits) & even) + g1;
                o2 = ((o2 >>> Bits) & even) + g2;
                o3 = ((o3 >>> Bits) & even) + g3;
                for (float* wordEnd = x + 2 * WordPairs; x < wordEnd; x += 2)
                {
                    Vector512<float> first = Vector512.Create(x[0]), second = Vector512.Create(x[1]);
                    s0 = Add(s0, first, table, e0, f0);
                    s1 = Add(s1, first, table, e1, f1);
                    s2 = Add(s2, first, table, e2, f2);
                    s3 = Add(s3, first, table, e3, f3);
                    s0 = Add(s0, second, table, o0, f0);
                    s1 = Add(s1, second, table, o1, f1);
                    s2 = Add(s2, second, table, o2, f2);
                    s3 = Add(s3, second, table, o3, f3);
                    (e0, e1, e2, e3) = (e0 >>> (2 * Bits), e1 >>> (2 * Bits), e2 >>> (2 * Bits), e3 >>> (2 * Bits));
                    (o0, o1, o2, o3) = (o0 >>> (2 * Bits), o1 >>> (2 * Bits), o2 >>> (2 * Bits), o3 >>> (2 * Bits));
                }
                b0 += Width;
                b1 += Width;
                b2 += Width;
                b3 += Width;
            }
            Vector512<float> activation = Vector512.Create(x[0]);
            s0 = Add(s0, activation, table, FirstSpare(b0) + g0, f0);
            s1 = Add(s1, activation, table, FirstSpare(b1) + g1, f1);
            s2 = Add(s2, activation, table, FirstSpare(b2) + g2, f2);
            s3 = Add(s3, activation, table, FirstSpare(b3) + g3, f3);
            activation = Vector512.Create(x[1]);
            s0 = Add(s0, activation, table, SecondSpare(b0) + g0, f0);
            s1 = Add(s1, activation, table, SecondSpare(b1) + g1, f1);
            s2 = Add(s2, activation, table, SecondSpare(b2) + g2, f2);
            s3 = Add(s3, activation, table, SecondSpare(b3) + g3, f3);
            x += 2;
        }
        s0.Store(y);
        s1.Store(y + Width);
        s2.Store(y + 2 * Width);
        s3.Store(y + 3 * Width);
    }

    // 8 − z in each field of a word.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Shift(float* zeros) => (Vector512.Create(Middle) - Vector512.ConvertToInt32Native(Vector512.Load(zeros))) * Vector512.Create(Ones);

    // The column after the words of a block whose end this is: the top two bits of the first word, then the lower spare bit of the second.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> FirstSpare(uint* blockEnd) =>
        (Vector512.Load((int*)blockEnd - 3 * Width) >>> 30) | ((Vector512.Load((int*)blockEnd - 2 * Width) >>> 28) & Vector512.Create(4));

    // The last one: the top bit of the second word, then the top two of the third.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> SecondSpare(uint* blockEnd) =>
        (Vector512.Load((int*)blockEnd - 2 * Width) >>> 31) | ((Vector512.Load((int*)blockEnd - Width) >>> 29) & Vector512.Create(6));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(Vector512<float> sum, Vector512<float> activation, Vector512<float> table, Vector512<int> difference, Vector512<float> scale) =>
        Vector512.FusedMultiplyAdd(activation, PanelDecoder.LookUp(table, difference) * scale, sum);
}
