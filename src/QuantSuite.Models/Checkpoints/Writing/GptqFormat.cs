using System.Text.Json.Nodes;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>GPTQ's packing, as <see cref="GptqLayout"/> reads it: v1, or v2 where a zero point of 0 has no place in v1. Scales are float16.</summary>
internal sealed class GptqFormat : CheckpointFormat
{
    /// <inheritdoc/>
    public override string Name => "gptq";

    /// <inheritdoc/>
    public override string Holds => "integers of 2, 3, 4 or 8 bits in groups or a row; scales rounded to float16";

    /// <inheritdoc/>
    public override string? Refusal(Weight weight) => IntegerGrid.Refusal(weight, 2, 3, 4, 8)
        ?? ((long)weight.Rows * Codes(weight).Format.Bits % 32 != 0 || (long)weight.Columns * Codes(weight).Format.Bits % 32 != 0 ? $"[{weight.Rows}, {weight.Columns}] codes that do not fill 32-bit words" : null)
        ?? IntegerGrid.HalfRefusal(Codes(weight));

    /// <inheritdoc/>
    public override bool IsExact(Weight weight) => IntegerGrid.HasHalfScales(Codes(weight));

    /// <inheritdoc/>
    internal override string? Refusal(IReadOnlyList<Weight> weights) => base.Refusal(weights) ?? IntegerGrid.CommonRefusal(weights);

    /// <inheritdoc/>
    internal override IEnumerable<NewTensor> Tensors(Weight weight, IReadOnlyList<Weight> all)
    {
        QuantizedMatrix matrix = Codes(weight);
        int bits = matrix.Format.Bits, less = HoldsZero(all) ? 0 : 1;
        long codeWords = (long)matrix.Columns * bits / 32, zeroWords = (long)matrix.Rows * bits / 32;
        yield return NewTensor.OfWords($"{weight.Name}.qweight", codeWords, matrix.Rows, () =>
        {
            var words = new WordBuffer(codeWords * matrix.Rows, matrix.Rows, bits);
            for (int row = 0; row < matrix.Rows; row++)
                for (int column = 0; column < matrix.Columns; column++)
                    words.Put(row, column, matrix.Code(row, column));
            return words.Words;
        });
        yield return NewTensor.OfWords($"{weight.Name}.qzeros", matrix.GroupCount, zeroWords, () =>
        {
            var words = new WordBuffer(matrix.GroupCount * zeroWords, 1, bits);
            for (int group = 0; group < matrix.GroupCount; group++)
                for (int row = 0; row < matrix.Rows; row++)
                    words.Put(group * zeroWords, row, (int)matrix.Zero(row, group) - less);
            return words.Words;
        });
        yield return NewTensor.OfFloats($"{weight.Name}.scales", "F16", [matrix.GroupCount, matrix.Rows], () => IntegerGrid.ScalesByGroup(matrix));
        yield return new NewTensor($"{weight.Name}.g_idx", "I32", [matrix.Columns], stream =>
        {
            for (int column = 0; column < matrix.Columns; column++)
                stream.Write(BitConverter.GetBytes(matrix.GroupOf(column)));
        });
    }

    /// <inheritdoc/>
    internal override JsonObject Settings(IReadOnlyList<Weight> weights, string recipe) => new()
    {
        ["quant_method"] = "gptq",
        ["bits"] = Codes(weights[0]).Format.Bits,
        ["group_size"] = IntegerGrid.CommonGroupSize(weights),
        ["sym"] = Codes(weights[0]).IsSymmetric,
        ["desc_act"] = weights.Any(weight => Codes(weight).HasColumnGroups),
        ["checkpoint_format"] = HoldsZero(weights) ? "gptq_v2" : "gptq",
        ["meta"] = new JsonObject { ["quantizer"] = "quantsuite", ["recipe"] = recipe },
    };

    private static bool HoldsZero(IReadOnlyList<Weight> weights) => weights.Select(Codes).Any(matrix =>
        !matrix.IsSymmetric && Enumerable.Range(0, matrix.Rows).Any(row => Enumerable.Range(0, matrix.GroupCount).Any(group => matrix.Zero(row, group) == 0)));
}
