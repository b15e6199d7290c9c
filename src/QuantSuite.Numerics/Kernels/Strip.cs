using System.Runtime.CompilerServices;

namespace QuantSuite.Numerics;

/// <summary>
/// Work for the tiles: rows of x times three neighbouring panels of 16 outputs each, over some columns, c[m, 48] = (or continues) Σ a[m, k]·b[k, 48].
/// Where a matrix ends before the third panel, the pointers of the missing ones repeat an earlier one, and c is a buffer of the caller's.
/// </summary>
internal unsafe struct Strip
{
    /// <summary>Outputs of a strip.</summary>
    public const int Width = 48;

    /// <summary>a[0, 0]; rows <see cref="AStride"/> floats apart.</summary>
    public float* A;

    /// <summary>Floats from a row of a to the next.</summary>
    public nint AStride;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>The three panels, [columns][16] each.</summary>
    public float* B0, B1, B2;

    /// <summary>What the next strip will read: the first three tiles each ask for one of these, <see cref="AheadStep"/> bytes a column. Null for nothing.</summary>
    public byte* Ahead0, Ahead1, Ahead2;

    /// <summary>Bytes of a column of what lies ahead.</summary>
    public nint AheadStep;

    /// <summary>Columns k.</summary>
    public nint Columns;

    /// <summary>c[0, 0]; rows <see cref="CStride"/> floats apart.</summary>
    public float* C;

    /// <summary>Floats from a row of c to the next.</summary>
    public nint CStride;

    /// <summary>Whether the chains go on from what c holds (else they start from +0).</summary>
    public bool Continues;

    /// <summary>What tile number 0, 1 and so on of these panels should ask for; what it reads anyway where there is nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly byte* Ahead(int tile)
    {
        byte* ahead = tile == 0 ? Ahead0 : tile == 1 ? Ahead1 : tile == 2 ? Ahead2 : null;
        return ahead == null ? (byte*)B0 : ahead;
    }

    /// <summary>Strips of a weight, the last one perhaps narrower.</summary>
    public static int CountOf(PanelMatrix weight) => (weight.Rows + Width - 1) / Width;
}

/// <summary>Multiplies a strip with the tiles of some kernels.</summary>
internal delegate void StripMultiplier(in Strip strip);
