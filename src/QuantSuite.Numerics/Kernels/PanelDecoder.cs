using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// <see cref="PanelMatrix.DecodePanel"/>, sixteen rows at a time: the float32 values [columns][16] of part of a panel, which the tiles then multiply.
/// Codes of up to 4 bits are looked up in a register, whose index ignores the bits above (so the table is repeated until it has 16 entries, and no mask is
/// needed); wider codes are put together from their bit planes, then converted (integers) or gathered from the table.
/// </summary>
internal static unsafe class PanelDecoder
{
    private const int Width = PanelMatrix.PanelWidth;
    private const int BlockWidth = QuantizedMatrix.BlockWidth;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>Decodes columns [first, first + count) of a panel; <paramref name="first"/> is a multiple of 32.</summary>
    public static void Decode(PanelMatrix weight, int panel, int first, int count, float* destination)
    {
        if (weight is QuantizedMatrix quantized)
            DecodeCodes(quantized, panel, first, count, destination, withScales: true);
        else if (weight is DensePanels { Format.Bits: 16 } dense)
            DecodeHalves(dense, panel, first, count, destination);
        else
            weight.DecodePanel(panel, first, count, new Span<float>(destination, count * Width));
    }

    /// <summary>Decodes columns of a quantized panel to table[code] − zero, without scales: what meets integer activations.</summary>
    public static void DecodeUnscaled(QuantizedMatrix weight, int panel, int first, int count, float* destination) =>
        DecodeCodes(weight, panel, first, count, destination, withScales: false);

    /// <summary>Asks for the lines that three panels' columns from <paramref name="first"/> on take; beyond the last column, for the head of the next three panels.</summary>
    public static void Prefetch(PanelMatrix weight, int panel, int first, int count)
    {
        if (first >= weight.Columns)
            (panel, first) = (panel + 3, 0);
        if (weight is DensePanels dense)
            Prefetch(weight, dense.Pointer, dense.Columns, dense.Format.Bits * 2, panel, first, count);
        else if (weight is QuantizedMatrix quantized)
            Prefetch(weight, quantized.Codes, quantized.BlockCount * BlockWidth, quantized.Format.Bits * 2, panel, first, count);
    }

    /// <summary>Sixteen bfloat16 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FromBFloat16(ushort* source)
    {
        return (Widen(source) << 16).AsSingle();
    }

    /// <summary>Sixteen IEEE half values, without arithmetic on subnormals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FromHalf(ushort* source)
    {
        Vector512<uint> bits = Widen(source), magnitude = (bits & Vector512.Create(0x7FFFu)) << 13;
        Vector512<uint> rebias = Vector512.Create(112u << 23), value = magnitude + rebias;
        Vector512<uint> infinite = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(31u << 23));
        Vector512<uint> subnormal = Vector512.LessThan(magnitude, Vector512.Create(1u << 23));
        Vector512<uint> small = ((magnitude + Vector512.Create(113u << 23)).AsSingle() - Vector512.Create(6.103515625e-05f)).AsUInt32();
        value = Vector512.ConditionalSelect(subnormal, small, value + (infinite & rebias));
        return (value | ((bits & Vector512.Create(0x8000u)) << 16)).AsSingle();
    }

    /// <summary>table[index mod 16] of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LookUp(Vector512<float> table, Vector512<int> index)
    {
        if (Avx512F.IsSupported)
            return Avx512F.PermuteVar16x32(table, index);
        if (Avx2.IsSupported)
            return Vector512.Create(LookUp(table, index.GetLower()), LookUp(table, index.GetUpper()));
        return Vector512.Shuffle(table, index & Vector512.Create(15));
    }

    /// <summary>Sixteen zero points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ZeroPoints(byte* source)
    {
        if (Avx512F.IsSupported)
            return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source)));
        Vector256<ushort> words = Vector256.Create(Vector128.WidenLower(Vector128.Load(source)), Vector128.WidenUpper(Vector128.Load(source)));
        return Vector512.ConvertToSingle(Vector512.Create(Vector256.WidenLower(words), Vector256.WidenUpper(words)).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Widen(ushort* source)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512UInt32(Vector256.Load(source));
        (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load(source));
        return Vector512.Create(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> LookUp(Vector512<float> table, Vector256<int> index) => Avx.BlendVariable(
        Avx2.PermuteVar8x32(table.GetLower(), index), Avx2.PermuteVar8x32(table.GetUpper(), index), (index << 28).AsSingle());

    private static void Prefetch(PanelMatrix weight, byte* source, int storedColumns, int columnBytes, int panel, int first, int count)
    {
        for (int i = 0; i < 3 && panel + i < weight.PanelCount; i++)
        {
            byte* line = source + ((long)(panel + i) * storedColumns + first) * columnBytes, end = line + Math.Min(count, weight.Columns - first) * columnBytes;
            for (; line < end; line += 64)
                Sse.Prefetch0(line);
        }
    }

    [MethodImpl(Hot)]
    private static void DecodeHalves(DensePanels weight, int panel, int first, int count, float* destination)
    {
        ushort* source = (ushort*)weight.Pointer + ((long)panel * weight.Columns + first) * Width;
        ushort* end = source + (long)count * Width;
        if (weight.Format == NumericFormats.Bf16)
            for (; source < end; source += Width, destination += Width)
                FromBFloat16(source).Store(destination);
        else
            for (; source < end; source += Width, destination += Width)
                FromHalf(source).Store(destination);
    }

    private static void DecodeCodes(QuantizedMatrix weight, int panel, int first, int count, float* destination, bool withScales)
    {
        int groupSize = weight.GroupSize, bits = weight.Format.Bits;
        bool whole = weight.GroupCount == 1 || groupSize % BlockWidth == 0;
        float* block = stackalloc float[BlockWidth * Width];
        Vector512<float> table = weight.LookUpTable;
        byte* codes = weight.Codes + ((long)panel * weight.BlockCount + first / BlockWidth) * bits * 64;
        for (int end = first + count; first < end; first += BlockWidth, codes += bits * 64, destination += BlockWidth * Width)
        {
            int columns = Math.Min(BlockWidth, end - first);
            float* target = columns == BlockWidth ? destination : block;
            (Vector512<float> zero, Vector512<float> scale) = whole ? Grid(weight, panel, first / groupSize, withScales) : (default, Vector512.Create(1f));
            DecodeBlock(weight, (uint*)codes, table, zero, scale, target);
            if (!whole)
                ApplyGrids(weight, panel, first, columns, target, withScales);
            if (target == block)
                new Span<float>(block, columns * Width).CopyTo(new Span<float>(destination, columns * Width));
        }
    }

    private static void DecodeBlock(
        QuantizedMatrix weight, uint* codes, Vector512<float> table, Vector512<float> zero, Vector512<float> scale, float* destination)
    {
        switch (weight.Format.Bits)
        {
            case 2:
            case 4:
                LookUpPlane(codes, weight.Format.Bits, table, zero, scale, destination);
                return;
            case 8 when weight.Format is IntegerFormat:
                ConvertBytes(codes, zero + Vector512.Create(weight.MiddleZero), scale, destination);
                return;
        }
        Gather(codes, weight.Planes, (int*)destination);
        for (int k = 0; k < BlockWidth; k++, destination += Width)
        {
            Vector512<int> code = Vector512.Load((int*)destination);
            Vector512<float> value = weight.Format.Bits <= 4 ? LookUp(table, code) : ValueOf(weight, code);
            ((value - zero) * scale).Store(destination);
        }
    }

    [MethodImpl(Hot)]
    private static void LookUpPlane(uint* codes, int bits, Vector512<float> table, Vector512<float> zero, Vector512<float> scale, float* destination)
    {
        for (int word = 0; word < bits; word++, codes += Width)
        {
            Vector512<int> index = Vector512.Load(codes).AsInt32();
            if (bits == 4)
                for (int i = 0; i < 8; i++, index >>>= 4, destination += Width)
                    ((LookUp(table, index) - zero) * scale).Store(destination);
            else
                for (int i = 0; i < 16; i++, index >>>= 2, destination += Width)
                    ((LookUp(table, index) - zero) * scale).Store(destination);
        }
    }

    [MethodImpl(Hot)]
    private static void ConvertBytes(uint* codes, Vector512<float> zero, Vector512<float> scale, float* destination)
    {
        Vector512<int> mask = Vector512.Create(255);
        for (int word = 0; word < 8; word++, codes += Width)
        {
            Vector512<int> four = Vector512.Load(codes).AsInt32();
            for (int i = 0; i < 4; i++, four >>>= 8, destination += Width)
                ((Vector512.ConvertToSingle(four & mask) - zero) * scale).Store(destination);
        }
    }

    // The codes [32][16] of a block from their bit planes.
    [MethodImpl(Hot)]
    private static void Gather(uint* codes, IReadOnlyList<int> planes, int* destination)
    {
        new Span<int>(destination, BlockWidth * Width).Clear();
        int shift = 0;
        foreach (int plane in planes)
        {
            Vector512<int> mask = Vector512.Create((1 << plane) - 1);
            int* target = destination;
            for (int word = 0; word < plane; word++, codes += Width)
            {
                Vector512<int> packed = Vector512.Load(codes).AsInt32();
                for (int i = 0; i < 32 / plane; i++, packed >>>= plane, target += Width)
                    (Vector512.Load(target) | ((packed & mask) << shift)).Store(target);
            }
            shift += plane;
        }
    }

    private static Vector512<float> ValueOf(QuantizedMatrix weight, Vector512<int> code)
    {
        if (weight.Format is IntegerFormat)
            return Vector512.ConvertToSingle(code) - Vector512.Create(weight.MiddleZero);
        Span<float> values = stackalloc float[Width];
        for (int lane = 0; lane < Width; lane++)
            values[lane] = weight.Table[code[lane]] - weight.MiddleZero;
        return Vector512.Create<float>(values);
    }

    // Zero points (0 for a symmetric matrix, whose zero the look-up table holds) and scales of a group of a panel, one lane a row.
    private static (Vector512<float> Zero, Vector512<float> Scale) Grid(QuantizedMatrix weight, int panel, int group, bool withScales)
    {
        long index = ((long)panel * weight.GroupCount + group) * Width;
        return (weight.IsSymmetric ? default : ZeroPoints(weight.Zeros + index), withScales ? Vector512.Load(weight.Scales + index) : Vector512.Create(1f));
    }

    private static void ApplyGrids(QuantizedMatrix weight, int panel, int first, int count, float* values, bool withScales)
    {
        for (int k = 0; k < count; k++, values += Width)
        {
            (Vector512<float> zero, Vector512<float> scale) = Grid(weight, panel, (first + k) / weight.GroupSize, withScales);
            ((Vector512.Load(values) - zero) * scale).Store(values);
        }
    }
}
