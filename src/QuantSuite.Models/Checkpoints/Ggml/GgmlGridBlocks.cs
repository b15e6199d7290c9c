using System.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// GGML's types of one to three bits, whose codes pick points of a lattice (<see cref="GgmlGrids"/>): 256 values, d in float16, points of 8 (IQ1, IQ2) or
/// 4 values (IQ3), times sub-block scales, times signs. Values equal gguf-py's, with one rounding for each operation in the order written.
/// <code>
/// IQ2_XXS  d, 8 × {4 indices of 8 bits, 4 × 7 signs, 4-bit scale}                       66 bytes    fl(fl(d·(0.5 + s))·0.25)·point·sign
/// IQ2_XS   d, 32 × {9-bit index, 7 signs}, 16 × 4-bit scale                              74          the same
/// IQ2_S    d, 32 × 8 low index bits, 32 × 8 signs, 32 × 2 high index bits, 16 × 4 bits   82          the same
/// IQ3_XXS  d, 64 × 8-bit index, 8 × {4 × 7 signs, 4-bit scale}                           98          fl(fl(d·(0.5 + s))·0.5)·point·sign
/// IQ3_S    d, 64 × 8 low bits, 64 × 1 high bit, 32 × 8 signs, 8 × 4-bit scale            110         fl(d·(1 + 2s))·point·sign
/// IQ1_S    d, 32 × 8 low bits, 8 × {4 × 3 high bits, 3-bit scale, sign of delta}         50          fl(d·(2s + 1))·(point ± 0.125)
/// IQ1_M    32 × 8 low bits, 32 × {3 high bits, sign of delta}, 16 × 3-bit scale;         56          the same
///          d in the four top nibbles of the scales
/// </code>
/// Seven signs stand for eight: the last makes the number of minus signs even.
/// </summary>
internal static class GgmlGridBlocks
{
    private const int Length = 256;
    private const float Delta = 0.125f;

    public static void IQ2Xxs(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[66..], destination = destination[Length..])
            for (int group = 0; group < 8; group++)
            {
                ReadOnlySpan<byte> packed = source.Slice(2 + group * 8, 8);
                uint rest = Widening.Value<uint>(packed, 1);
                float scale = Half2(source) * (0.5f + (rest >> 28)) * 0.25f;
                for (int i = 0; i < 4; i++)
                    Put(GgmlGrids.IQ2Xxs, packed[i], Signs((int)(rest >> 7 * i)), scale, destination.Slice(group * 32 + i * 8, 8));
            }
    }

    public static void IQ2Xs(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[74..], destination = destination[Length..])
            for (int i = 0; i < 32; i++)
            {
                int packed = Widening.Value<ushort>(source[2..], i);
                Put(GgmlGrids.IQ2Xs, packed & 511, Signs(packed >> 9), QuarterScale(source, source[66..], i), destination.Slice(i * 8, 8));
            }
    }

    public static void IQ2S(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[82..], destination = destination[Length..])
            for (int i = 0; i < 32; i++)
            {
                int index = source[2 + i] | (source[66 + i / 4] >> i % 4 * 2 & 3) << 8;
                Put(GgmlGrids.IQ2S, index, source[34 + i], QuarterScale(source, source[74..], i), destination.Slice(i * 8, 8));
            }
    }

    public static void IQ3Xxs(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[98..], destination = destination[Length..])
            for (int i = 0; i < 64; i++)
            {
                uint rest = Widening.Value<uint>(source[66..], i / 8);
                float scale = Half2(source) * (0.5f + (rest >> 28)) * 0.5f;
                int signs = Signs((int)(rest >> 7 * (i / 2 % 4))) >> i % 2 * 4;
                Put(GgmlGrids.IQ3Xxs, source[2 + i], signs, scale, destination.Slice(i * 4, 4));
            }
    }

    public static void IQ3S(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[110..], destination = destination[Length..])
            for (int i = 0; i < 64; i++)
            {
                int index = source[2 + i] | (source[66 + i / 8] >> i % 8 & 1) << 8;
                float scale = Half2(source) * (1 + 2 * (source[106 + i / 16] >> i / 8 % 2 * 4 & 15));
                Put(GgmlGrids.IQ3S, index, source[74 + i / 2] >> i % 2 * 4, scale, destination.Slice(i * 4, 4));
            }
    }

    public static void IQ1S(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[50..], destination = destination[Length..])
            for (int i = 0; i < 32; i++)
            {
                int high = Widening.Value<ushort>(source[34..], i / 4);
                float scale = Half2(source) * (2 * (high >> 12 & 7) + 1);
                PutShifted(source[2 + i] | (high >> i % 4 * 3 & 7) << 8, (high & 0x8000) != 0, scale, destination.Slice(i * 8, 8));
            }
    }

    public static void IQ1M(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; !destination.IsEmpty; source = source[56..], destination = destination[Length..])
        {
            ReadOnlySpan<byte> scales = source[48..];
            int bits = 0;
            for (int k = 0; k < 4; k++)
                bits |= Widening.Value<ushort>(scales, k) >> 12 << 4 * k;
            float d = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            for (int i = 0; i < 32; i++)
            {
                int high = source[32 + i / 2] >> i % 2 * 4;
                float scale = d * (2 * (Widening.Value<ushort>(scales, i / 8) >> i / 2 % 4 * 3 & 7) + 1);
                PutShifted(source[i] | (high & 7) << 8, (high & 8) != 0, scale, destination.Slice(i * 8, 8));
            }
        }
    }

    private static float Half2(ReadOnlySpan<byte> source) => (float)Widening.Value<Half>(source, 0);

    private static float QuarterScale(ReadOnlySpan<byte> source, ReadOnlySpan<byte> scales, int point) =>
        Half2(source) * (0.5f + (scales[point / 4] >> point / 2 % 2 * 4 & 15)) * 0.25f;

    private static int Signs(int seven) => seven & 127 | (BitOperations.PopCount((uint)seven & 127) & 1) << 7;

    private static void Put(float[] grid, int index, int signs, float scale, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            float value = scale * grid[index * destination.Length + i];
            destination[i] = (signs >> i & 1) == 0 ? value : -value;
        }
    }

    private static void PutShifted(int index, bool down, float scale, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = scale * (GgmlGrids.IQ1[index * destination.Length + i] + (down ? -Delta : Delta));
    }
}
