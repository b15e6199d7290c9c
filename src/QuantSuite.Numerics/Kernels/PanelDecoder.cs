using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// <see cref="PanelMatrix.DecodePanel"/>, sixteen rows at a time: the float32 values [columns][16] of part of a panel, which the tiles then multiply.
/// Codes of up to 4 bits are looked up in a register, whose index ignores the bits above (so the table is repeated until it has 16 entries, and no mask is
/// needed); codes of 5 to 7 bits are put together from their bit planes, then converted.
/// </summary>
internal static unsafe class PanelDecoder
{
    private const int Width = PanelMatrix.PanelWidth;
    private const int BlockWidth = QuantizedMatrix.BlockWidth;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

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

    /// <summary>Whether each block of 32 columns lies in one group.</summary>
    public static bool HasWholeBlocks(QuantizedMatrix weight) => weight.GroupCount == 1 || weight.GroupSize % BlockWidth == 0;

    /// <summary>The first byte that holds a column of a panel, and the bytes from a column to the next; null where the storage is not known.</summary>
    public static byte* Locate(PanelMatrix weight, int panel, int column, out nint columnBytes)
    {
        if (weight is DensePanels dense)
        {
            columnBytes = 64;
            int row = panel * Width;
            return dense.Pointer + ((long)(row / dense.RowsTogether) * dense.Columns + column) * columnBytes + row % dense.RowsTogether * dense.Format.Bits / 8;
        }
        var quantized = weight as QuantizedMatrix;
        columnBytes = quantized is null ? 0 : quantized.Format.Bits * 2;
        return quantized is null ? null : quantized.Codes + ((long)panel * quantized.BlockCount * BlockWidth + column) * columnBytes;
    }

    /// <summary>Sixteen bfloat16 values.</summary>
    [MethodImpl(Inline)]
    public static Vector512<float> FromBFloat16(ushort* source) => (Widen(source) << 16).AsSingle();

    /// <summary>Sixteen IEEE half values, without arithmetic on subnormals.</summary>
    [MethodImpl(Inline)]
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
    [MethodImpl(Inline)]
    public static Vector512<float> LookUp(Vector512<float> table, Vector512<int> index)
    {
        if (Avx512F.IsSupported)
            return Avx512F.PermuteVar16x32(table, index);
        if (Avx2.IsSupported)
            return Vector512.Create(LookUp(table, index.GetLower()), LookUp(table, index.GetUpper()));
        return Vector512.Shuffle(table, index & Vector512.Create(15));
    }

    /// <summary>Sixteen zero points.</summary>
    [MethodImpl(Inline)]
    public static Vector512<float> ZeroPoints(byte* source)
    {
        if (Avx512F.IsSupported)
            return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source)));
        Vector256<ushort> words = Vector256.Create(Vector128.WidenLower(Vector128.Load(source)), Vector128.WidenUpper(Vector128.Load(source)));
        return Vector512.ConvertToSingle(Vector512.Create(Vector256.WidenLower(words), Vector256.WidenUpper(words)).AsInt32());
    }

    [MethodImpl(Inline)]
    private static Vector512<uint> Widen(ushort* source)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512UInt32(Vector256.Load(source));
        (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load(source));
        return Vector512.Create(low, high);
    }

    [MethodImpl(Inline)]
    private static Vector256<float> LookUp(Vector512<float> table, Vector256<int> index) => Avx.BlendVariable(
        Avx2.PermuteVar8x32(table.GetLower(), index), Avx2.PermuteVar8x32(table.GetUpper(), index), (index << 28).AsSingle());

    [MethodImpl(Hot)]
    private static void DecodeHalves(DensePanels weight, int panel, int first, int count, float* destination)
    {
        ushort* source = (ushort*)Locate(weight, panel, first, out _);
        int step = weight.RowsTogether;
        ushort* end = source + (long)count * step;
        if (weight.Format == NumericFormats.Bf16)
            for (; source < end; source += step, destination += Width)
                FromBFloat16(source).Store(destination);
        else
            for (; source < end; source += step, destination += Width)
                FromHalf(source).Store(destination);
    }

    private static void DecodeCodes(QuantizedMatrix weight, int panel, int first, int count, float* destination, bool withScales)
    {
        bool whole = HasWholeBlocks(weight);
        switch (weight.Format.Bits)
        {
            case 2:
                Read<TwoBitReader>(weight, panel, first, count, destination, whole, withScales);
                break;
            case 3:
                Read<ThreeBitReader>(weight, panel, first, count, destination, whole, withScales);
                break;
            case 4:
                Read<FourBitReader>(weight, panel, first, count, destination, whole, withScales);
                break;
            case 8 when weight.Format is IntegerFormat:
                Read<EightBitReader>(weight, panel, first, count, destination, whole, withScales);
                break;
            default:
                whole = false;
                Gather(weight, panel, first, count, destination);
                break;
        }
        if (!whole)
            ApplyGrids(weight, panel, first, count, destination, withScales);
    }

    // (value − zero)·scale of each column; without grids the values alone.
    [MethodImpl(Hot)]
    private static void Read<TReader>(QuantizedMatrix weight, int panel, int first, int count, float* destination, bool withGrids, bool withScales)
        where TReader : struct, ICodeReader
    {
        uint* block = (uint*)weight.Codes + ((nint)panel * weight.BlockCount + first / BlockWidth) * TReader.Bits * Width;
        float* scales = weight.Scales + (nint)panel * weight.GroupCount * Width;
        byte* zeros = weight.Zeros + (nint)panel * weight.GroupCount * Width;
        bool asymmetric = !weight.IsSymmetric;
        int groupSize = weight.GroupSize, group = first / groupSize, nextGroup = withGrids ? first : int.MaxValue;
        Vector512<float> table = weight.LookUpTable, zero = Vector512.Create(TReader.Bits == 8 ? weight.MiddleZero : 0), scale = Vector512.Create(1f);
        for (int end = first + count; first < end; first += BlockWidth, block += TReader.Bits * Width)
        {
            if (first >= nextGroup)
            {
                if (withScales)
                    scale = Vector512.Load(scales + group * Width);
                if (asymmetric)
                    zero = ZeroPoints(zeros + group * Width);
                nextGroup = ++group * groupSize;
            }
            TReader reader = default;
            int columns = Math.Min(BlockWidth, end - first);
            for (int column = 0; column < columns;)
            {
                reader.Load(block, column);
                for (int last = Math.Min(columns, column + TReader.ColumnsPerLoad); column < last; column++, destination += Width)
                    ((reader.Next(table) - zero) * scale).Store(destination);
            }
        }
    }

    // The values of codes of 5 to 7 bits, and of 8 bits that are no integers, from their bit planes.
    private static void Gather(QuantizedMatrix weight, int panel, int first, int count, float* destination)
    {
        int* codes = stackalloc int[BlockWidth * Width];
        uint* block = (uint*)weight.Codes + ((nint)panel * weight.BlockCount + first / BlockWidth) * weight.Format.Bits * Width;
        for (int end = first + count; first < end; first += BlockWidth, block += weight.Format.Bits * Width)
        {
            GatherPlanes(block, weight.Planes, codes);
            for (int i = 0; i < Math.Min(BlockWidth, end - first); i++, destination += Width)
                ValueOf(weight, Vector512.Load(codes + i * Width)).Store(destination);
        }
    }

    [MethodImpl(Hot)]
    private static void GatherPlanes(uint* block, IReadOnlyList<int> planes, int* codes)
    {
        new Span<int>(codes, BlockWidth * Width).Clear();
        int shift = 0;
        foreach (int plane in planes)
        {
            Vector512<int> mask = Vector512.Create((1 << plane) - 1);
            int* target = codes;
            for (int word = 0; word < plane; word++, block += Width)
            {
                Vector512<int> packed = Vector512.Load(block).AsInt32();
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

    // Zero points are 0 for a symmetric matrix, whose zero the values already lack.
    [MethodImpl(Hot)]
    private static void ApplyGrids(QuantizedMatrix weight, int panel, int first, int count, float* values, bool withScales)
    {
        float* scales = weight.Scales + (nint)panel * weight.GroupCount * Width;
        byte* zeros = weight.Zeros + (nint)panel * weight.GroupCount * Width;
        bool asymmetric = !weight.IsSymmetric;
        int groupSize = weight.GroupSize, group = first / groupSize;
        Vector512<float> zero = default, scale = Vector512.Create(1f);
        for (int nextGroup = first, end = first + count; first < end; first++, values += Width)
        {
            if (first >= nextGroup)
            {
                if (withScales)
                    scale = Vector512.Load(scales + group * Width);
                if (asymmetric)
                    zero = ZeroPoints(zeros + group * Width);
                nextGroup = ++group * groupSize;
            }
            ((Vector512.Load(values) - zero) * scale).Store(values);
        }
    }
}
