using System.Text.Json.Nodes;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>AWQ's GEMM packing, as <see cref="AwqLayout"/> reads it. Scales are float16.</summary>
internal sealed class AwqFormat : CheckpointFormat
{
    /// <inheritdoc/>
    public override string Name => "awq";

    /// <inheritdoc/>
    public override string Holds => "integers of 4 bits in groups or a row, outputs in eights; scales rounded to float16";

    /// <inheritdoc/>
    public override string? Refusal(Weight weight) => IntegerGrid.Refusal(weight, 4) ?? IntegerGrid.OrderRefusal(Codes(weight))
        ?? (weight.Rows % AwqLayout.PerWord != 0 ? $"{weight.Rows} outputs, expected a multiple of {AwqLayout.PerWord}" : null) ?? IntegerGrid.HalfRefusal(Codes(weight));

    /// <inheritdoc/>
    public override bool IsExact(Weight weight) => IntegerGrid.HasHalfScales(Codes(weight));

    /// <inheritdoc/>
    internal override string? Refusal(IReadOnlyList<Weight> weights) => base.Refusal(weights) ?? IntegerGrid.CommonRefusal(weights);

    /// <inheritdoc/>
    internal override IEnumerable<NewTensor> Tensors(Weight weight, IReadOnlyList<Weight> all)
    {
        QuantizedMatrix matrix = Codes(weight);
        yield return Words($"{weight.Name}.qweight", matrix.Columns, matrix, matrix.Code);
        yield return Words($"{weight.Name}.qzeros", matrix.GroupCount, matrix, (row, group) => (int)matrix.Zero(row, group));
        yield return NewTensor.OfFloats($"{weight.Name}.scales", "F16", [matrix.GroupCount, matrix.Rows], () => IntegerGrid.ScalesByGroup(matrix));
    }

    /// <inheritdoc/>
    internal override JsonObject Settings(IReadOnlyList<Weight> weights, string recipe) => new()
    {
        ["quant_method"] = "awq",
        ["bits"] = 4,
        ["group_size"] = IntegerGrid.CommonGroupSize(weights),
        ["zero_point"] = true,
        ["version"] = "gemm",
        ["modules_to_not_convert"] = null,
    };

    private static NewTensor Words(string name, int count, QuantizedMatrix matrix, Func<int, int, int> code)
    {
        int perRow = matrix.Rows / AwqLayout.PerWord;
        return NewTensor.OfWords(name, count, perRow, () =>
        {
            var words = new uint[(long)count * perRow];
            for (int row = 0; row < matrix.Rows; row++)
                for (int i = 0; i < count; i++)
                    words[(long)i * perRow + row / AwqLayout.PerWord] |= (uint)code(row, i) << AwqLayout.Shift(row);
            return words;
        });
    }
}
