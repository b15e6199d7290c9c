using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// Stored numbers as float32. Widening from 16 bits is exact, subnormals included; wider integers and F64 round to nearest, ties to even.
/// Files are little-endian, and so is every machine that .NET runs on for us.
/// </summary>
internal static class Widening
{
    public static void Float32(ReadOnlySpan<byte> source, Span<float> destination) => source.CopyTo(MemoryMarshal.AsBytes(destination));

    /// <summary>BF16 is the upper half of a float32.</summary>
    public static void BFloat16(ReadOnlySpan<byte> source, Span<float> destination)
    {
        ref ushort from = ref Unsafe.As<byte, ushort>(ref MemoryMarshal.GetReference(source));
        ref uint to = ref Unsafe.As<float, uint>(ref MemoryMarshal.GetReference(destination));
        int i = 0;
        for (; i <= destination.Length - 16; i += 16)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
            (low << 16).StoreUnsafe(ref to, (nuint)i);
            (high << 16).StoreUnsafe(ref to, (nuint)i + 8);
        }
        for (; i < destination.Length; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)Value<ushort>(source, i) << 16);
    }

    public static void Float16(ReadOnlySpan<byte> source, Span<float> destination)
    {
        ref ushort from = ref Unsafe.As<byte, ushort>(ref MemoryMarshal.GetReference(source));
        ref float to = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        for (; i <= destination.Length - 16; i += 16)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
            WidenHalf(low).StoreUnsafe(ref to, (nuint)i);
            WidenHalf(high).StoreUnsafe(ref to, (nuint)i + 8);
        }
        for (; i < destination.Length; i++)
            destination[i] = (float)Value<Half>(source, i);
    }

    public static void Float64(ReadOnlySpan<byte> source, Span<float> destination) => Convert<double>(source, destination);

    public static void Int64(ReadOnlySpan<byte> source, Span<float> destination) => Convert<long>(source, destination);

    public static void Int32(ReadOnlySpan<byte> source, Span<float> destination) => Convert<int>(source, destination);

    public static void Int16(ReadOnlySpan<byte> source, Span<float> destination) => Convert<short>(source, destination);

    public static void Int8(ReadOnlySpan<byte> source, Span<float> destination) => Convert<sbyte>(source, destination);

    public static void UInt64(ReadOnlySpan<byte> source, Span<float> destination) => Convert<ulong>(source, destination);

    public static void UInt32(ReadOnlySpan<byte> source, Span<float> destination) => Convert<uint>(source, destination);

    public static void UInt16(ReadOnlySpan<byte> source, Span<float> destination) => Convert<ushort>(source, destination);

    public static void UInt8(ReadOnlySpan<byte> source, Span<float> destination) => Convert<byte>(source, destination);

    /// <summary>Float32 as it is: the way back of <see cref="Float32"/>.</summary>
    public static void ToFloat32(ReadOnlySpan<float> source, Span<byte> destination) => MemoryMarshal.AsBytes(source).CopyTo(destination);

    /// <summary>The nearest float16, ties to even.</summary>
    public static void ToFloat16(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (int i = 0; i < source.Length; i++)
            MemoryMarshal.Write(destination[(2 * i)..], (Half)source[i]);
    }

    /// <summary>The nearest bfloat16, ties to even.</summary>
    public static void ToBFloat16(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (int i = 0; i < source.Length; i++)
            MemoryMarshal.Write(destination[(2 * i)..], FloatingFormat.ToBFloat16(source[i]));
    }

    /// <summary>The first value that is NaN or infinite (all bits of the exponent set), or -1.</summary>
    public static int IndexOfNonFinite(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        Vector256<uint> exponent = Vector256.Create(0x7F800000u);
        int i = 0;
        for (; i <= bits.Length - 8; i += 8)
            if (Vector256.EqualsAny(Vector256.Create(bits[i..]) & exponent, exponent))
                break;
        for (; i < values.Length; i++)
            if (!float.IsFinite(values[i]))
                return i;
        return -1;
    }

    /// <summary>A number at an index of bytes that need not be aligned.</summary>
    public static T Value<T>(ReadOnlySpan<byte> source, int index) where T : unmanaged =>
        MemoryMarshal.Read<T>(source[(index * Unsafe.SizeOf<T>())..]);

    private static void Convert<T>(ReadOnlySpan<byte> source, Span<float> destination) where T : unmanaged, INumber<T>
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = float.CreateTruncating(Value<T>(source, i));
    }

    /// <summary>
    /// Eight halves, each in the low bits of a lane. Exponent and fraction, put where float32 has them, are a float 2¹¹² too small, so one exact product
    /// gives the value, subnormals included; infinity and NaN (exponent 31) then get the exponent of theirs.
    /// </summary>
    private static Vector256<float> WidenHalf(Vector256<uint> half)
    {
        Vector256<uint> magnitude = half & Vector256.Create(0x7FFFu);
        Vector256<float> value = (magnitude << 13).AsSingle() * Vector256.Create(5.192296858534828e33f);
        Vector256<uint> special = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x7C00u)) & Vector256.Create(0x7F800000u);
        Vector256<uint> sign = (half & Vector256.Create(0x8000u)) << 16;
        return (value.AsUInt32() | special | sign).AsSingle();
    }
}
