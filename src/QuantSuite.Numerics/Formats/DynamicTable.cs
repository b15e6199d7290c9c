namespace QuantSuite.Numerics.Formats;

/// <summary>
/// The dynamic 8-bit data type (Dettmers, 8-bit approximations, 1511.04561; bitsandbytes <c>create_dynamic_map</c>): seven decades, 10⁻⁶ … 1, the i-th cut in 2^i equal parts
/// of 0.1 … 1 whose midpoints are the values; with 0 and 1, in ascending order. Computed as PyTorch does (linspace from both ends with fused steps, all float32), to the bit.
/// </summary>
public static class DynamicTable
{
    private static readonly float[] Decades = [1e-6f, 1e-5f, 1e-4f, 1e-3f, 1e-2f, 1e-1f, 1];

    /// <summary>With negative values: what holds the nested scales of QLoRA's double quantization.</summary>
    public static float[] Signed { get; } = [.. Positive(1).SelectMany(value => (float[])[value, -value]).Concat([0, 1]).Order()];

    /// <summary>Without, each decade cut twice as fine.</summary>
    public static float[] Unsigned { get; } = [.. Positive(2).Concat([0, 1]).Order()];

    private static IEnumerable<float> Positive(int partsOfFirstDecade) => Decades.SelectMany((decade, i) => Midpoints(partsOfFirstDecade << i).Select(middle => middle * decade));

    private static IEnumerable<float> Midpoints(int count)
    {
        float step = 0.9f / count;
        float Bound(int k) => k < (count + 1) / 2 ? MathF.FusedMultiplyAdd(step, k, 0.1f) : MathF.FusedMultiplyAdd(-step, count - k, 1);
        return Enumerable.Range(0, count).Select(k => (Bound(k) + Bound(k + 1)) / 2);
    }
}
