namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// GGML's four-bit types whose codes look up a table. In each run of 2n values the low nibble of byte i is value i, the high one value i + n.
/// <code>
/// IQ4_NL  d, 16 bytes of nibbles (32 values)                                                        18 bytes    fl(d·table)
/// IQ4_XS  d, 8 × 6-bit scale (− 32; 16 bits hold the upper two of each, 4 bytes the lower four),   136 bytes    fl(fl(d·scale)·table)
///         8 runs of 16 bytes (256 values)
/// MXFP4   E8M0 exponent, 16 bytes of nibbles (32 values)                                            17 bytes    E2M1 doubled, the scale halved: 2^(e − 128)
/// NVFP4   4 × E4M3 scale without sign, 4 runs of 8 bytes (64 values)                                36 bytes    E2M1 doubled, the scale halved; 0x7F means 0
/// </code>
/// </summary>
internal static class GgmlTableBlocks
{
    private static readonly float[] NonLinear = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
    private static readonly float[] DoubledE2M1 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];
    private static readonly float[] HalvedE4M3 = HalvedScales();

    public static void ReadIQ4NL(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[18..], destination = destination[32..])
            LookUp(source[2..18], NonLinear, (float)Widening.Value<Half>(source, 0), destination);
    }

    public static void ReadIQ4XS(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[136..], destination = destination[256..])
        {
            float d = (float)Widening.Value<Half>(source, 0);
            int high = Widening.Value<ushort>(source, 1);
            for (int group = 0; group < 8; group++)
            {
                int scale = (source[4 + group / 2] >> group % 2 * 4 & 15) | (high >> 2 * group & 3) << 4;
                LookUp(source.Slice(8 + group * 16, 16), NonLinear, d * (scale - 32), destination[(group * 32)..]);
            }
        }
    }

    public static void ReadMxfp4(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[17..], destination = destination[32..])
            LookUp(source[1..17], DoubledE2M1, MathF.ScaleB(1, source[0] - 128), destination);
    }

    public static void ReadNvfp4(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[36..], destination = destination[64..])
            for (int group = 0; group < 4; group++)
                LookUp(source.Slice(4 + group * 8, 8), DoubledE2M1, HalvedE4M3[source[group] & 0x7F], destination[(group * 16)..]);
    }

    /// <summary>As gguf-py: exponent floor(log2(max|x|)) − 2, then the nearest value of the table, the lower code on a tie.</summary>
    public static void WriteMxfp4(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (; !source.IsEmpty; source = source[32..], destination = destination[17..])
        {
            float largest = GgmlRounding.MaxMagnitude(source[..32]);
            destination[0] = (byte)(largest > 0 ? MathF.ILogB(largest) - 2 + 127 : 0);
            float scale = MathF.ScaleB(1, destination[0] - 128);
            for (int i = 0; i < 16; i++)
                destination[1 + i] = (byte)(Nearest(source[i], scale) | Nearest(source[i + 16], scale) << 4);
        }
    }

    private static int Nearest(float value, float scale)
    {
        int best = 0;
        for (int code = 1; code < DoubledE2M1.Length; code++)
            if (MathF.Abs(scale * DoubledE2M1[code] - value) < MathF.Abs(scale * DoubledE2M1[best] - value))
                best = code;
        return best;
    }

    private static void LookUp(ReadOnlySpan<byte> codes, float[] table, float scale, Span<float> destination)
    {
        for (int i = 0; i < codes.Length; i++)
        {
            destination[i] = scale * table[codes[i] & 15];
            destination[codes.Length + i] = scale * table[codes[i] >> 4];
        }
    }

    private static float[] HalvedScales()
    {
        byte[] codes = [.. Enumerable.Range(0, 128).Select(code => (byte)code)];
        var scales = new float[codes.Length];
        Float8.E4M3(codes, scales);
        scales[127] = 0;
        return Array.ConvertAll(scales, scale => scale * 0.5f);
    }
}
