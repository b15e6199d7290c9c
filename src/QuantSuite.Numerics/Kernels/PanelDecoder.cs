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
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>Decodes columns [first, first + count) of a panel of codes; without scales to table[code] − zero, which is what meets integer activations.</summary>
    public static void DecodeCodes(QuantizedMatrix weight, int panel, int first, int count, float* destination, bool withScales)
    {
        var loop = new DecodingLoop(weight, panel, first, count, destination, withScales);
        weight.Law.Run(ref loop);
    }

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

    private readonly struct DecodingLoop : ICodeLoop
    {
        private readonly QuantizedMatrix weight;
        private readonly CodeGrids grids;
        private readonly float* destination;
        private readonly int panel, first, count, groupEnd;

        public DecodingLoop(QuantizedMatrix weight, int panel, int first, int count, float* destination, bool withScales)
        {
            this.weight = weight;
            this.destination = destination;
            this.panel = panel;
            this.first = first;
            this.count = count;
            int firstGroup = weight.HasColumnGroups ? 0 : first / weight.GroupSize;
            int groupCount = (weight.HasColumnGroups ? weight.GroupCount : (first + count - 1) / weight.GroupSize + 1) - firstGroup;
            groupEnd = (firstGroup + 1) * weight.GroupSize - first;
            grids = new CodeGrids(weight, panel, firstGroup, groupCount, withScales);
        }

        public void Run<TWidth, TValues>()
            where TWidth : struct, ICodeWidth
            where TValues : struct, ICodeValues<TValues>
        {
            if (grids.Offsets != null)
                Decode<TWidth, TValues, OffsetGrid>();
            else if (grids.Zeros != null || weight.Law.Zero != 0)
                Decode<TWidth, TValues, ZeroGrid>();
            else
                Decode<TWidth, TValues, ScaleGrid>();
        }

        private void Decode<TWidth, TValues, TGrid>()
            where TWidth : struct, ICodeWidth
            where TValues : struct, ICodeValues<TValues>
            where TGrid : struct, ICodeGrid =>
            PanelDecoder.Decode<TWidth, TValues, TGrid>((uint*)weight.Locate(panel, first, out _), count, groupEnd, weight.GroupSize,
                weight.HasColumnGroups ? weight.ColumnGroups + first : null, grids.Scales, grids.Zeros, grids.Offsets, weight.Law.Zero, TValues.From(weight.Law), destination);
    }

    // No calls in here: a register does not live through one.
    [MethodImpl(Hot)]
    private static void Decode<TWidth, TValues, TGrid>(
        uint* block, int count, int groupEnd, int groupSize, int* groups, float* scales, float* zeros, float* offsets, float commonZero, TValues values, float* destination)
        where TWidth : struct, ICodeWidth
        where TValues : struct, ICodeValues<TValues>
        where TGrid : struct, ICodeGrid
    {
        Vector512<float> zero = Vector512.Create(commonZero), scale = Vector512.Create(1f), offset = default;
        float* end = destination + (nint)count * Width, sameGroup = destination, nextGroup = destination + (nint)groupEnd * Width;
        nint group = 0, groupStep = (nint)groupSize * Width;
        for (; destination < end; block += TWidth.Bits * Width)
            for (int word = 0; word < CodeWords.CountOf<TWidth>() && destination < end; word++)
            {
                Vector512<int> codes = CodeWords.Load<TWidth>(block, word);
                float* wordEnd = destination + CodeWords.ColumnsOf<TWidth>(word) * Width;
                wordEnd = wordEnd < end ? wordEnd : end;
                while (destination < wordEnd)
                {
                    if (destination == sameGroup)
                    {
                        group = groups == null ? group : *groups++ * Width;
                        if (scales != null)
                            scale = Vector512.Load(scales + group);
                        if (zeros != null)
                            zero = Vector512.Load(zeros + group);
                        if (offsets != null)
                            offset = Vector512.Load(offsets + group);
                        group += Width;
                        sameGroup = groups == null ? nextGroup : destination + Width;
                        nextGroup += groupStep;
                    }
                    for (float* stop = wordEnd < sameGroup ? wordEnd : sameGroup; destination < stop; destination += Width)
                    {
                        TGrid.Value(values.Of(codes), zero, scale, offset).Store(destination);
                        codes = TWidth.Next(codes);
                    }
                }
            }
    }
}
