using System.Runtime.Intrinsics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// GGML's blocks of 32 values as float32, to the bit what gguf-py's <c>dequantize</c> gives: fl(q·d) for the symmetric kinds, fl(fl(q·d) + m) for those
/// with a minimum, never one fused operation. d and m are float16; q is an integer:
/// <code>
/// Q8_0  d, 32 × int8                                 34 bytes
/// Q4_0  d, 16 bytes of nibbles; q = nibble − 8       18 bytes     nibbles: value i in the low half of byte i, value i + 16 in its high half
/// Q4_1  d, m, 16 bytes of nibbles                    20 bytes
/// Q5_0  d, 32 fifth bits, nibbles; q − 16            22 bytes
/// Q5_1  d, m, 32 fifth bits, nibbles                 24 bytes
/// </code>
/// </summary>
internal static class GgmlBlocks
{
    private const int Length = 32;

    public static void Q8_0(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[34..], destination = destination[Length..])
        {
            Vector256<sbyte> codes = Vector256.Create(source[2..]).AsSByte();
            Scale(codes, Widening.Value<Half>(source, 0), Vector256<float>.Zero, hasMinimum: false, destination);
        }
    }

    public static void Q4_0(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[18..], destination = destination[Length..])
        {
            Vector256<sbyte> codes = Nibbles(source[2..]) - Vector256.Create((sbyte)8);
            Scale(codes, Widening.Value<Half>(source, 0), Vector256<float>.Zero, hasMinimum: false, destination);
        }
    }

    public static void Q4_1(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[20..], destination = destination[Length..])
        {
            Vector256<float> minimum = Vector256.Create((float)Widening.Value<Half>(source, 1));
            Scale(Nibbles(source[4..]), Widening.Value<Half>(source, 0), minimum, hasMinimum: true, destination);
        }
    }

    public static void Q5_0(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[22..], destination = destination[Length..])
        {
            Vector256<sbyte> codes = (Nibbles(source[6..]) | FifthBits(source[2..])) - Vector256.Create((sbyte)16);
            Scale(codes, Widening.Value<Half>(source, 0), Vector256<float>.Zero, hasMinimum: false, destination);
        }
    }

    public static void Q5_1(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[24..], destination = destination[Length..])
        {
            Vector256<float> minimum = Vector256.Create((float)Widening.Value<Half>(source, 1));
            Scale(Nibbles(source[8..]) | FifthBits(source[4..]), Widening.Value<Half>(source, 0), minimum, hasMinimum: true, destination);
        }
    }

    private static Vector256<sbyte> Nibbles(ReadOnlySpan<byte> source)
    {
        Vector128<byte> pairs = Vector128.Create(source);
        return Vector256.Create(pairs & Vector128.Create((byte)15), pairs >>> 4).AsSByte();
    }

    /// <summary>Bit i of 32 as 16 or 0 in lane i.</summary>
    private static Vector256<sbyte> FifthBits(ReadOnlySpan<byte> source)
    {
        uint bits = Widening.Value<uint>(source, 0);
        Span<sbyte> lanes = stackalloc sbyte[Length];
        for (int i = 0; i < Length; i++)
            lanes[i] = (sbyte)((bits >> i & 1) << 4);
        return Vector256.Create<sbyte>(lanes);
    }

    /// <summary>32 values fl(q·d), or fl(fl(q·d) + m).</summary>
    private static void Scale(Vector256<sbyte> codes, Half scale, Vector256<float> minimum, bool hasMinimum, Span<float> destination)
    {
        Vector256<float> d = Vector256.Create((float)scale);
        (Vector256<short> low, Vector256<short> high) = Vector256.Widen(codes);
        (Vector256<int> q0, Vector256<int> q1) = Vector256.Widen(low);
        (Vector256<int> q2, Vector256<int> q3) = Vector256.Widen(high);
        Store(q0, destination);
        Store(q1, destination[8..]);
        Store(q2, destination[16..]);
        Store(q3, destination[24..]);

        void Store(Vector256<int> q, Span<float> place)
        {
            Vector256<float> value = Vector256.ConvertToSingle(q) * d;
            (hasMinimum ? value + minimum : value).CopyTo(place);
        }
    }
}
