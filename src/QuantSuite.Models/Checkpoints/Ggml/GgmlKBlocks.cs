namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// GGML's k-quants: super-blocks of 256 values in sub-blocks of 16 or 32, whose scales (and minima) are themselves small integers under one float16 scale.
/// Values equal gguf-py's: with D = fl(d·scale) and M = fl(dmin·minimum), fl(D·q) or fl(fl(D·q) − M).
/// <code>
/// Q2_K  16 × (4-bit scale, 4-bit minimum), 64 bytes of 2 bits, d, dmin                              84 bytes
/// Q3_K  32 bytes of third bits, 64 bytes of 2 bits, 16 × 6-bit scale (− 32) in 12 bytes, d         110
/// Q4_K  d, dmin, 8 × (6-bit scale, 6-bit minimum) in 12 bytes, 128 bytes of nibbles               144
/// Q5_K  as Q4_K with 32 bytes of fifth bits before the nibbles                                     176
/// Q6_K  128 bytes of nibbles, 64 bytes of 2 high bits, 16 × int8 scale, d; q − 32                   210
/// </code>
/// </summary>
internal static class GgmlKBlocks
{
    private const int Length = 256;

    public static void Q2K(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[84..], destination = destination[Length..])
        {
            ReadOnlySpan<byte> codes = source[16..];
            float d = (float)Widening.Value<Half>(source[80..], 0), dmin = (float)Widening.Value<Half>(source[80..], 1);
            for (int i = 0; i < Length; i++)
            {
                byte grid = source[i / 16];
                int q = codes[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
                destination[i] = d * (grid & 15) * q - dmin * (grid >> 4);
            }
        }
    }

    public static void Q3K(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[110..], destination = destination[Length..])
        {
            ReadOnlySpan<byte> codes = source[32..], scales = source[96..];
            float d = (float)Widening.Value<Half>(source[108..], 0);
            for (int i = 0; i < Length; i++)
            {
                int group = i / 16;
                int scale = (scales[group % 8] >> group / 8 * 4 & 15) | (scales[8 + group % 4] >> group / 4 * 2 & 3) << 4;
                int q = (codes[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3) - (source[i % 32] >> i / 32 & 1 ^ 1) * 4;
                destination[i] = d * (scale - 32) * q;
            }
        }
    }

    public static void Q4K(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[144..], destination = destination[Length..])
        {
            for (int group = 0; group < 8; group++)
            {
                (float scale, float minimum) = Grid(source, group);
                for (int i = 0; i < 32; i++)
                    destination[group * 32 + i] = scale * Nibble(source[16..], group, i) - minimum;
            }
        }
    }

    public static void Q5K(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[176..], destination = destination[Length..])
        {
            for (int group = 0; group < 8; group++)
            {
                (float scale, float minimum) = Grid(source, group);
                for (int i = 0; i < 32; i++)
                    destination[group * 32 + i] = scale * (Nibble(source[48..], group, i) | (source[16 + i] >> group & 1) << 4) - minimum;
            }
        }
    }

    public static void Q6K(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[210..], destination = destination[Length..])
        {
            ReadOnlySpan<byte> high = source[128..], scales = source[192..];
            float d = (float)Widening.Value<Half>(source[208..], 0);
            for (int i = 0; i < Length; i++)
            {
                int low = source[i / 128 * 64 + i % 64] >> i / 64 % 2 * 4 & 15;
                int q = (low | (high[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3) << 4) - 32;
                destination[i] = d * (sbyte)scales[i / 16] * q;
            }
        }
    }

    // Groups 2j and 2j + 1 share 32 bytes: low halves, high halves.
    private static int Nibble(ReadOnlySpan<byte> codes, int group, int i) => codes[group / 2 * 32 + i] >> group % 2 * 4 & 15;

    // Groups 0 to 3: six bits of byte g and g + 4. Groups 4 to 7: a nibble each of byte g + 4, and the upper two bits of bytes g − 4 and g.
    private static (float Scale, float Minimum) Grid(ReadOnlySpan<byte> source, int group)
    {
        float d = (float)Widening.Value<Half>(source, 0), dmin = (float)Widening.Value<Half>(source, 1);
        ReadOnlySpan<byte> packed = source[4..];
        int scale = group < 4 ? packed[group] & 63 : packed[group + 4] & 15 | packed[group - 4] >> 6 << 4;
        int minimum = group < 4 ? packed[group + 4] & 63 : packed[group + 4] >> 4 | packed[group] >> 6 << 4;
        return (d * scale, dmin * minimum);
    }
}
