using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>What the layouts of integer grids ask of a weight's storage.</summary>
internal static class IntegerGrid
{
    /// <summary>Why a weight is not integers of these widths with whole zero points in whole groups and float inputs, or null where it is.</summary>
    public static string? Refusal(Weight weight, params ReadOnlySpan<int> bits)
    {
        if (weight.Panels is not QuantizedMatrix matrix)
            return $"stored as {weight.Panels.GetType().Name}, expected codes on a grid";
        if (matrix.Format is not IntegerFormat)
            return $"codes of {matrix.Format}, expected integers";
        if (!bits.Contains(matrix.Format.Bits))
            return $"{matrix.Format.Bits} bits, expected {string.Join(", ", bits.ToArray())}";
        if (matrix.Columns % matrix.GroupSize != 0)
            return $"a last short group ({matrix.Columns} columns in groups of {matrix.GroupSize}), expected whole groups";
        if (matrix.Offsets is not null || matrix.Zeros is not (null or ByteValues { Format: null }))
            return "zero points that are no integers, expected integers";
        return weight.Activations is { } inputs ? $"inputs of {inputs}, whose rounding the layout does not know" : null;
    }

    /// <summary>Why a layout without a group for each column cannot hold a weight, or null where it can.</summary>
    public static string? OrderRefusal(QuantizedMatrix matrix) => matrix.HasColumnGroups ? "groups in the order of activations, expected neighbours" : null;

    /// <summary>Whether float16 holds all scales.</summary>
    public static bool HasHalfScales(QuantizedMatrix matrix) => Scales(matrix).All(scale => (float)(Half)scale == scale);

    /// <summary>Why scales cannot be rounded to float16, or null where they can.</summary>
    public static string? HalfRefusal(QuantizedMatrix matrix) => Scales(matrix).Any(scale => !Half.IsNormal((Half)scale)) ? "a scale beyond the normal range of float16" : null;

    /// <summary>Scales by group, then row: [groups, out].</summary>
    public static float[] ScalesByGroup(QuantizedMatrix matrix)
    {
        var scales = new float[(long)matrix.GroupCount * matrix.Rows];
        for (int group = 0; group < matrix.GroupCount; group++)
            for (int row = 0; row < matrix.Rows; row++)
                scales[(long)group * matrix.Rows + row] = matrix.Scale(row, group);
        return scales;
    }

    /// <summary>Scales by row, then group: [out, groups].</summary>
    public static float[] ScalesByRow(QuantizedMatrix matrix) => [.. Scales(matrix)];

    /// <summary>One group size for all weights: -1 where each has one group a row; null where they differ.</summary>
    public static int? CommonGroupSize(IReadOnlyList<Weight> weights)
    {
        QuantizedMatrix[] matrices = [.. weights.Select(weight => (QuantizedMatrix)weight.Panels)];
        if (Array.TrueForAll(matrices, matrix => matrix.GroupCount == 1))
            return -1;
        int size = matrices.Max(matrix => matrix.GroupSize);
        return Array.TrueForAll(matrices, matrix => matrix.GroupSize == size) ? size : null;
    }

    /// <summary>Why weights cannot share one setting for all, or null where they can.</summary>
    public static string? CommonRefusal(IReadOnlyList<Weight> weights)
    {
        QuantizedMatrix[] matrices = [.. weights.Select(weight => (QuantizedMatrix)weight.Panels)];
        if (matrices.Length == 0)
            return "there is no quantized weight";
        if (matrices.DistinctBy(matrix => (matrix.Format.Name, matrix.IsSymmetric)).Count() > 1 || weights.Any(weight => !Equals(weight.Activations, weights[0].Activations)))
            return "weights of different formats, expected one for all";
        return CommonGroupSize(weights) is null ? $"groups of {string.Join(" and ", matrices.Select(matrix => matrix.GroupSize).Distinct())}, expected one size" : null;
    }

    private static IEnumerable<float> Scales(QuantizedMatrix matrix)
    {
        for (int row = 0; row < matrix.Rows; row++)
            for (int group = 0; group < matrix.GroupCount; group++)
                yield return matrix.Scale(row, group);
    }
}
