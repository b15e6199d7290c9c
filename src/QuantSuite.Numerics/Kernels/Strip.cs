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

    /// <summary>Columns k.</summary>
    public nint Columns;

    /// <summary>c[0, 0]; rows <see cref="CStride"/> floats apart.</summary>
    public float* C;

    /// <summary>Floats from a row of c to the next.</summary>
    public nint CStride;

    /// <summary>Whether the chains go on from what c holds (else they start from +0).</summary>
    public bool Continues;

    /// <summary>Strips of a weight, the last one perhaps narrower.</summary>
    public static int CountOf(PanelMatrix weight) => (weight.Rows + Width - 1) / Width;
}

/// <summary>Multiplies a strip with the tiles of some kernels.</summary>
internal delegate void StripMultiplier(in Strip strip);
