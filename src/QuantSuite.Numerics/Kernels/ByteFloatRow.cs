using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuantSuite.Numerics;

/// <summary>
/// One row of x times four panels of 8-bit floats: the product of <see cref="RowProduct"/> in fewer steps, on processors that look up bytes in two registers (AVX-512 VBMI).
/// </summary>
/// <remarks>
/// E4M3 and E5M2 values are bfloat16 values, subnormals and specials included, and their sign is the top bit of both. Two look-ups of 128 bytes yield the upper and the lower
/// bytes of four codes of each row at once; paired, they are two columns to a register, the other halves of which one shift or mask clears.
/// </remarks>
internal static unsafe class ByteFloatRow
{
    private const int Width = PanelMatrix.PanelWidth;
    private const int Bits = 8, WordColumns = 4, Magnitudes = 128;

    /// <summary>Whether this processor and this weight are what the loop is for: 8-bit floats in groups of whole blocks, without zero points or offsets.</summary>
    public static bool Supports(QuantizedMatrix weight) => Avx512Vbmi.IsSupported && weight.Law.Bytes is not null && weight.Zeros is null && weight.Offsets is null
        && !weight.HasColumnGroups && weight.Columns % QuantizedMatrix.BlockWidth == 0
        && (weight.GroupSize % QuantizedMatrix.BlockWidth == 0 || weight.GroupSize == weight.Columns);

    /// <summary>
    /// The upper bytes of the values of codes 0 to 127, then the lower ones; null where a value is no bfloat16 number, or where the top bit of a code is not its sign.
    /// </summary>
    public static byte[]? BytesOf(float[] table)
    {
        if (table.Length != 2 * Magnitudes)
            return null;
        byte[] bytes = GC.AllocateArray<byte>(2 * Magnitudes, pinned: true);
        for (int code = 0; code < Magnitudes; code++)
        {
            uint value = BitConverter.SingleToUInt32Bits(table[code]), partner = BitConverter.SingleToUInt32Bits(table[code + Magnitudes]);
            if (float.IsNaN(table[code]) && float.IsNaN(table[code + Magnitudes]))
                value = partner = 0x7FC00000;
            else if (partner != (value | 0x80000000))
                return null;
            if ((value & 0x8000FFFF) != 0)
                return null;
            (bytes[code], bytes[code + Magnitudes]) = ((byte)(value >> 24), (byte)(value >> 16));
        }
        return bytes;
    }

    /// <summary>y[4·16] goes on as the chains over all columns.</summary>
    /// <param name="b0">The first panel's codes; of panels 1, 2 and 3 those <paramref name="p1"/>, <paramref name="p2"/> and <paramref name="p3"/> panels on.</param>
    /// <param name="panelWords">Words of a panel.</param>
    /// <param name="p1">1, or less where there are fewer panels.</param>
    /// <param name="p2">2, or less.</param>
    /// <param name="p3">3, or less.</param>
    /// <param name="bytes">Of <see cref="BytesOf"/>.</param>
    /// <param name="scales">[panels][groups][16].</param>
    /// <param name="groupCount">Groups of a row.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="groupSize">Columns that share a scale.</param>
    /// <param name="ahead">Words from what is read to what is asked for.</param>
    /// <param name="x">[columns].</param>
    /// <param name="y">[4·16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        uint* b0, nint panelWords, nint p1, nint p2, nint p3, byte* bytes, float* scales, nint groupCount, nint columns, nint groupSize, nint ahead, float* x, float* y)
    {
        uint* b1 = b0 + p1 * panelWords, b2 = b0 + p2 * panelWords, b3 = b0 + p3 * panelWords, crossing = b0 + panelWords - ahead;
        p1 *= groupCount * Width;
        p2 *= groupCount * Width;
        p3 *= groupCount * Width;
        Vector512<byte> u0 = Vector512.Load(bytes), u1 = Vector512.Load(bytes + 64), l0 = Vector512.Load(bytes + 128), l1 = Vector512.Load(bytes + 192);
        Vector512<float> f0 = default, f1 = default, f2 = default, f3 = default;
        Vector512<float> s0 = Vector512.Load(y), s1 = Vector512.Load(y + Width), s2 = Vector512.Load(y + 2 * Width), s3 = Vector512.Load(y + 3 * Width);
        Vector512<int> high = Vector512.Create(unchecked((int)0xFFFF0000));
        for (float* end = x + columns, groupEnd = x; x < end;)
        {
            if (x == groupEnd)
            {
                (f0, f1, f2, f3) = (Vector512.Load(scales), Vector512.Load(scales + p1), Vector512.Load(scales + p2), Vector512.Load(scales + p3));
                scales += Width;
                groupEnd += groupSize;
            }
            nint next = b0 < crossing ? ahead : ahead + 3 * panelWords;
            for (int word = 0; word < Bits; word++, x += WordColumns)
            {
                Sse.Prefetch0(b0 + next);
                Sse.Prefetch0(b1 + next);
                Sse.Prefetch0(b2 + next);
                Sse.Prefetch0(b3 + next);
                Vector512<int> w0 = Vector512.Load((int*)b0), w1 = Vector512.Load((int*)b1), w2 = Vector512.Load((int*)b2), w3 = Vector512.Load((int*)b3);
                Vector512<int> h0 = Upper(w0, u0, u1), h1 = Upper(w1, u0, u1), h2 = Upper(w2, u0, u1), h3 = Upper(w3, u0, u1);
                (w0, w1, w2, w3) = (LookUp(w0, l0, l1), LookUp(w1, l0, l1), LookUp(w2, l0, l1), LookUp(w3, l0, l1));
                Vector512<int> e0 = Even(h0, w0), e1 = Even(h1, w1), e2 = Even(h2, w2), e3 = Even(h3, w3);
                (w0, w1, w2, w3) = (Odd(h0, w0), Odd(h1, w1), Odd(h2, w2), Odd(h3, w3));
                Vector512<float> activation = Vector512.Create(x[0]);
                s0 = Add(s0, activation, e0 << 16, f0);
                s1 = Add(s1, activation, e1 << 16, f1);
                s2 = Add(s2, activation, e2 << 16, f2);
                s3 = Add(s3, activation, e3 << 16, f3);
                activation = Vector512.Create(x[1]);
                s0 = Add(s0, activation, w0 << 16, f0);
                s1 = Add(s1, activation, w1 << 16, f1);
                s2 = Add(s2, activation, w2 << 16, f2);
                s3 = Add(s3, activation, w3 << 16, f3);
                activation = Vector512.Create(x[2]);
                s0 = Add(s0, activation, e0 & high, f0);
                s1 = Add(s1, activation, e1 & high, f1);
                s2 = Add(s2, activation, e2 & high, f2);
                s3 = Add(s3, activation, e3 & high, f3);
                activation = Vector512.Create(x[3]);
                s0 = Add(s0, activation, w0 & high, f0);
                s1 = Add(s1, activation, w1 & high, f1);
                s2 = Add(s2, activation, w2 & high, f2);
                s3 = Add(s3, activation, w3 & high, f3);
                b0 += Width;
                b1 += Width;
                b2 += Width;
                b3 += Width;
            }
        }
        s0.Store(y);
        s1.Store(y + Width);
        s2.Store(y + 2 * Width);
        s3.Store(y + 3 * Width);
    }

    // A byte for each of four codes, by their lower seven bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> LookUp(Vector512<int> codes, Vector512<byte> lower, Vector512<byte> upper) =>
        Avx512Vbmi.PermuteVar64x8x2(lower, codes.AsByte(), upper).AsInt32();

    // The upper bytes with the codes' signs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Upper(Vector512<int> codes, Vector512<byte> lower, Vector512<byte> upper) =>
        LookUp(codes, lower, upper) | (codes & Vector512.Create(unchecked((int)0x80808080)));

    // Columns 0 and 2 of a word.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Even(Vector512<int> upper, Vector512<int> lower) =>
        Vector512.ConditionalSelect(Vector512.Create(0x00FF00FF), lower, upper << Bits);

    // Columns 1 and 3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Odd(Vector512<int> upper, Vector512<int> lower) =>
        Vector512.ConditionalSelect(Vector512.Create(0x00FF00FF), lower >>> Bits, upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(Vector512<float> sum, Vector512<float> activation, Vector512<int> value, Vector512<float> scale) =>
        Vector512.FusedMultiplyAdd(activation, value.AsSingle() * scale, sum);
}
