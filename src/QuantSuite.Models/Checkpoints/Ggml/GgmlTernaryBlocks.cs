namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// GGML's ternary types: 256 values −d, 0 or d.
/// <code>
/// TQ1_0  48 bytes of five base-3 digits, 4 bytes of four, d     54 bytes      a byte holds ⌈256·n/243⌉, so that digit k is the top of 3·(byte·3ᵏ mod 256)
/// TQ2_0  64 bytes of four 2-bit codes, d                        66 bytes      q = code − 1
/// </code>
/// Writing equals gguf-py's reference quantizer: d = max|x|, codes by the float32 reciprocal of d, half away from zero; d is rounded to float16 last.
/// </summary>
internal static class GgmlTernaryBlocks
{
    private const int Length = 256;

    // Runs of bytes of TQ1_0: bytes, and values in a byte. Value k of byte b of a run lies at k · bytes + b.
    private static readonly (int Bytes, int Digits)[] Runs = [(32, 5), (16, 5), (4, 4)];

    public static void ReadTQ1(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[54..], destination = destination[Length..])
        {
            float d = (float)Widening.Value<Half>(source[52..], 0);
            int firstByte = 0, firstValue = 0;
            foreach ((int bytes, int digits) in Runs)
            {
                for (int b = 0; b < bytes; b++)
                {
                    byte rest = source[firstByte + b];
                    for (int k = 0; k < digits; k++, rest = (byte)(rest * 3))
                        destination[firstValue + k * bytes + b] = d * ((rest * 3 >> 8) - 1);
                }
                firstByte += bytes;
                firstValue += bytes * digits;
            }
        }
    }

    public static void ReadTQ2(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[66..], destination = destination[Length..])
        {
            float d = (float)Widening.Value<Half>(source[64..], 0);
            for (int i = 0; i < Length; i++)
                destination[i] = d * ((source[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3) - 1);
        }
    }

    public static void WriteTQ1(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (; !source.IsEmpty; source = source[Length..], destination = destination[54..])
        {
            float reciprocal = Scale(source, destination[52..]);
            int firstByte = 0, firstValue = 0;
            foreach ((int bytes, int digits) in Runs)
            {
                for (int b = 0; b < bytes; b++)
                {
                    int number = 0;
                    for (int k = 0; k < 5; k++)
                        number = number * 3 + (k < digits ? Code(source[firstValue + k * bytes + b], reciprocal) : 0);
                    destination[firstByte + b] = (byte)((number * 256 + 242) / 243);
                }
                firstByte += bytes;
                firstValue += bytes * digits;
            }
        }
    }

    public static void WriteTQ2(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (; !source.IsEmpty; source = source[Length..], destination = destination[66..])
        {
            float reciprocal = Scale(source, destination[64..]);
            destination[..64].Clear();
            for (int i = 0; i < Length; i++)
                destination[i / 128 * 32 + i % 32] |= (byte)(Code(source[i], reciprocal) << i / 32 % 4 * 2);
        }
    }

    private static float Scale(ReadOnlySpan<float> source, Span<byte> destination) => GgmlRounding.WriteScale(GgmlRounding.MaxMagnitude(source[..Length]), destination);

    private static int Code(float value, float reciprocal) => (int)MathF.Round(value * reciprocal, MidpointRounding.AwayFromZero) + 1;
}
