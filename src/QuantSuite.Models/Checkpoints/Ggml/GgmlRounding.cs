namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// Writes the blocks that <see cref="GgmlBlocks"/> reads, as gguf-py's reference quantizer does: codes by the float32 reciprocal of the scale before the scale is rounded to
/// float16. Q8_0 rounds half away from zero; the others add a half (and their offset) and truncate. Q4_0 and Q5_0 take the value of largest magnitude with its sign, the first
/// of equal ones, to the lowest code.
/// </summary>
internal static class GgmlRounding
{
    private const int Length = 32;

    public static void Q8_0(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (; !source.IsEmpty; source = source[Length..], destination = destination[34..])
        {
            float reciprocal = WriteScale(MaxMagnitude(source[..Length]) / 127, destination);
            for (int i = 0; i < Length; i++)
                destination[2 + i] = (byte)(sbyte)MathF.Round(source[i] * reciprocal, MidpointRounding.AwayFromZero);
        }
    }

    public static void Q4_0(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (; !source.IsEmpty; source = source[Length..], destination = destination[18..])
            WriteCodes(source, 0, WriteScale(Largest(source) / -8, destination), 8.5f, 15, [], destination[2..]);
    }

    public static void Q4_1(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (; !source.IsEmpty; source = source[Length..], destination = destination[20..])
        {
            float reciprocal = WriteRange(source, 15, destination, out float minimum);
            WriteCodes(source, minimum, reciprocal, 0.5f, 15, [], destination[4..]);
        }
    }

    public static void Q5_0(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (; !source.IsEmpty; source = source[Length..], destination = destination[22..])
            WriteCodes(source, 0, WriteScale(Largest(source) / -16, destination), 16.5f, 31, destination[2..6], destination[6..]);
    }

    public static void Q5_1(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (; !source.IsEmpty; source = source[Length..], destination = destination[24..])
        {
            float reciprocal = WriteRange(source, 31, destination, out float minimum);
            WriteCodes(source, minimum, reciprocal, 0.5f, 31, destination[4..8], destination[8..]);
        }
    }

    /// <summary>The largest magnitude.</summary>
    public static float MaxMagnitude(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float value in values)
            largest = MathF.Max(largest, MathF.Abs(value));
        return largest;
    }

    /// <summary>Writes a scale as float16 and gives the reciprocal of the unrounded one, 0 for 0.</summary>
    public static float WriteScale(float scale, Span<byte> destination)
    {
        BitConverter.TryWriteBytes(destination, (Half)scale);
        return scale == 0 ? 0 : 1 / scale;
    }

    private static float WriteRange(ReadOnlySpan<float> source, int lastCode, Span<byte> destination, out float minimum)
    {
        minimum = source[0];
        float maximum = source[0];
        foreach (float value in source[..Length])
            (minimum, maximum) = (MathF.Min(minimum, value), MathF.Max(maximum, value));
        BitConverter.TryWriteBytes(destination[2..], (Half)minimum);
        return WriteScale((maximum - minimum) / lastCode, destination);
    }

    private static float Largest(ReadOnlySpan<float> source)
    {
        float largest = source[0];
        foreach (float value in source[..Length])
            if (MathF.Abs(value) > MathF.Abs(largest))
                largest = value;
        return largest;
    }

    private static void WriteCodes(ReadOnlySpan<float> source, float minimum, float reciprocal, float offset, int lastCode, Span<byte> fifthBits, Span<byte> nibbles)
    {
        fifthBits.Clear();
        nibbles[..16].Clear();
        for (int i = 0; i < Length; i++)
        {
            int code = Math.Clamp((int)((source[i] - minimum) * reciprocal + offset), 0, lastCode);
            nibbles[i % 16] |= (byte)((code & 15) << i / 16 * 4);
            if (!fifthBits.IsEmpty)
                fifthBits[i / 8] |= (byte)(code >> 4 << i % 8);
        }
    }
}
