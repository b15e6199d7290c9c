using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// <see cref="PanelMatrix.DecodePanel"/>, sixteen rows at a time: the float32 values [columns][16] of part of a panel, which the tiles then multiply.
/// </summary>
internal static unsafe class PanelDecoder
{
    private const int Width = PanelMatrix.PanelWidth;
    private const int BlockWidth = QuantizedMatrix.BlockWidth;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>Decodes columns [first, first + count) of a panel of codes; without scales to table[code] − zero, which is what meets integer activations.</summary>
    public static void DecodeCodes(QuantizedMatrix weight, int panel, int first, int count, float* destination, bool withScales)
    {
        var loop = new DecodingLoop(weight, panel, first, count, destination, withScales);
        weight.Law.Run(ref loop);
        if (!HasWholeBlocks(weight))
            ApplyGrids(weight, panel, first, count, destination, withScales);
    }

    /// <summary>Whether each block of 32 columns lies in one group, and a value is no more than (code − zero)·scale.</summary>
    public static bool HasWholeBlocks(QuantizedMatrix weight) =>
        !weight.HasColumnGroups && weight.Offsets is null && (weight.GroupCount == 1 || weight.GroupSize % BlockWidth == 0);

    /// <summary>The values of half-width panels.</summary>
    [MethodImpl(Hot)]
    public static void DecodeHalves(DensePanels weight, int panel, int first, int count, float* destination)
    {
        ushort* source = (ushort*)weight.Locate(panel, first, out _);
        int step = weight.RowsTogether;
        ushort* end = source + (long)count * step;
        if (weight.Format == NumericFormats.Bf16)
            for (; source < end; source += step, destination += Width)
                FromBFloat16(source).Store(destination);
        else
            for (; source < end; source += step, destination += Width)
                FromHalf(source).Store(destination);
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

    /// <summary>table[index] of each lane, from memory.</summary>
    [MethodImpl(Inline)]
    public static Vector512<float> Gather(float* table, Vector512<int> index)
    {
        if (Avx2.IsSupported)
            return Vector512.Create(Avx2.GatherVector256(table, index.GetLower(), sizeof(float)), Avx2.GatherVector256(table, index.GetUpper(), sizeof(float)));
        float* lanes = stackalloc float[Width];
        for (int lane = 0; lane < Width; lane++)
            lanes[lane] = table[index[lane]];
        return Vector512.Load(lanes);
    }

    /// <summary>Sixteen bytes as integers.</summary>
    [MethodImpl(Inline)]
    public static Vector512<int> Widen(byte* source)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512Int32(Vector128.Load(source));
        Vector256<ushort> words = Vector256.Create(Vector128.WidenLower(Vector128.Load(source)), Vector128.WidenUpper(Vector128.Load(source)));
        return Vector512.Create(Vector256.WidenLower(words), Vector256.WidenUpper(words)).AsInt32();
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

    // (value − zero)·scale, then the offset, of values already decoded.
    [MethodImpl(Hot)]
    private static void ApplyGrids(QuantizedMatrix weight, int panel, int first, int count, float* values, bool withScales)
    {
        int* groups = weight.ColumnGroups;
        int groupSize = weight.GroupSize, firstGroup = groups == null ? first / groupSize : 0;
        int groupCount = (groups == null ? (first + count - 1) / groupSize + 1 : weight.GroupCount) - firstGroup;
        float* room = Scratch.Grids(3L * groupCount * Width);
        float* scales = withScales ? weight.Scales.Read(panel, firstGroup, groupCount, room) : null;
        float* zeros = weight.Zeros == null ? null : weight.Zeros.Read(panel, firstGroup, groupCount, room + groupCount * Width);
        float* offsets = weight.Offsets == null ? null : weight.Offsets.Read(panel, firstGroup, groupCount, room + 2 * groupCount * Width);
        Vector512<float> zero = Vector512.Create(weight.Law.Zero), scale = Vector512.Create(1f);
        for (int column = first; column < first + count; column++, values += Width)
        {
            int group = groups == null ? column / groupSize - firstGroup : groups[column];
            if (zeros != null)
                zero = Vector512.Load(zeros + group * Width);
            if (scales != null)
                scale = Vector512.Load(scales + group * Width);
            Vector512<float> value = (Vector512.Load(values) - zero) * scale;
            if (offsets != null)
                value += Vector512.Load(offsets + group * Width);
            value.Store(values);
        }
    }

    private readonly struct DecodingLoop(QuantizedMatrix weight, int panel, int first, int count, float* destination, bool withScales) : ICodeLoop
    {
        public void Run<TWidth, TValues>()
            where TWidth : struct, ICodeWidth
            where TValues : struct, ICodeValues<TValues> =>
            Decode<TWidth, TValues>(weight, panel, first, count, destination, withScales);
    }

    // (value − zero)·scale of each column; the values alone where blocks of 32 columns meet several groups.
    [MethodImpl(Hot)]
    private static void Decode<TWidth, TValues>(QuantizedMatrix weight, int panel, int first, int count, float* destination, bool withScales)
        where TWidth : struct, ICodeWidth
        where TValues : struct, ICodeValues<TValues>
    {
        uint* block = (uint*)weight.Locate(panel, first, out _);
        int groupSize = weight.GroupSize, firstGroup = first / groupSize, groupCount = (first + count - 1) / groupSize + 1 - firstGroup, nextGroup = int.MaxValue;
        float* scales = null, zeros = null;
        Vector512<float> zero = default, scale = Vector512.Create(1f);
        if (HasWholeBlocks(weight))
        {
            float* room = Scratch.Grids(2L * groupCount * Width);
            scales = withScales ? weight.Scales.Read(panel, firstGroup, groupCount, room) : null;
            zeros = weight.Zeros == null ? null : weight.Zeros.Read(panel, firstGroup, groupCount, room + groupCount * Width);
            zero = Vector512.Create(weight.Law.Zero);
            nextGroup = first;
        }
        TValues values = TValues.From(weight.Law);
        for (int end = first + count; first < end; first += BlockWidth, block += TWidth.Bits * Width)
        {
            if (first >= nextGroup)
            {
                int group = first / groupSize;
                if (scales != null)
                    scale = Vector512.Load(scales + (group - firstGroup) * Width);
                if (zeros != null)
                    zero = Vector512.Load(zeros + (group - firstGroup) * Width);
                nextGroup = (group + 1) * groupSize;
            }
            int columns = Math.Min(BlockWidth, end - first);
            for (int word = 0; columns > 0; word++)
            {
                Vector512<int> codes = CodeWords.Load<TWidth>(block, word);
                int here = Math.Min(columns, CodeWords.ColumnsOf<TWidth>(word));
                columns -= here;
                for (; here > 0; here--, destination += Width)
                {
                    ((values.Of(codes) - zero) * scale).Store(destination);
                    codes = TWidth.Next(codes);
                }
            }
        }
    }
}
