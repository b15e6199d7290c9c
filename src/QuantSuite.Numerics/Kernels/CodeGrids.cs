using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>What a group's numbers make of the values of its codes, known to the compiler: a loop over codes spends nothing on numbers that a weight has not.</summary>
internal interface ICodeGrid
{
    /// <summary>A weight's values, each operation rounded.</summary>
    static abstract Vector512<float> Value(Vector512<float> code, Vector512<float> zero, Vector512<float> scale, Vector512<float> offset);
}

/// <summary>code·scale.</summary>
internal readonly struct ScaleGrid : ICodeGrid
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> code, Vector512<float> zero, Vector512<float> scale, Vector512<float> offset) => code * scale;
}

/// <summary>(code − zero)·scale.</summary>
internal readonly struct ZeroGrid : ICodeGrid
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> code, Vector512<float> zero, Vector512<float> scale, Vector512<float> offset) => (code - zero) * scale;
}

/// <summary>(code − zero)·scale + offset.</summary>
internal readonly struct OffsetGrid : ICodeGrid
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> code, Vector512<float> zero, Vector512<float> scale, Vector512<float> offset) => (code - zero) * scale + offset;
}

/// <summary>The numbers of some groups of some neighbouring panels, each [panels][groups][16], and null where a weight has none.</summary>
internal readonly unsafe struct CodeGrids
{
    private const int Width = PanelMatrix.PanelWidth;

    /// <summary>Scales, or null where they are left out.</summary>
    public readonly float* Scales;

    /// <summary>Zero points.</summary>
    public readonly float* Zeros;

    /// <summary>Offsets.</summary>
    public readonly float* Offsets;

    /// <summary>Reads them where they lie, or to this thread's scratch.</summary>
    public CodeGrids(QuantizedMatrix weight, int firstPanel, int firstGroup, int count, bool withScales = true)
    {
        float* room = Scratch.Grids(3L * count * Width);
        Scales = withScales ? weight.Scales.Read(firstPanel, firstGroup, count, room) : null;
        Zeros = weight.Zeros is null ? null : weight.Zeros.Read(firstPanel, firstGroup, count, room + (long)count * Width);
        Offsets = weight.Offsets is null || !withScales ? null : weight.Offsets.Read(firstPanel, firstGroup, count, room + 2L * count * Width);
    }
}
