using System.Text.Json.Nodes;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>compressed-tensors' pack-quantized format, as <see cref="CompressedTensorsLayout"/> reads it. Scales keep their type (float32, unless the recipe says otherwise), so nothing is rounded.</summary>
internal sealed class CompressedTensorsFormat : CheckpointFormat
{
    /// <inheritdoc/>
    public override string Name => "compressed-tensors";

    /// <inheritdoc/>
    public override string Holds => "integers of 4 or 8 bits in groups or a row, to the bit";

    /// <inheritdoc/>
    public override string? Refusal(Weight weight) => IntegerGrid.Refusal(weight, 4, 8) ?? IntegerGrid.OrderRefusal(Codes(weight));

    /// <inheritdoc/>
    internal override string? Refusal(IReadOnlyList<Weight> weights) => base.Refusal(weights) ?? IntegerGrid.CommonRefusal(weights);

    /// <inheritdoc/>
    internal override IEnumerable<NewTensor> Tensors(Weight weight, IReadOnlyList<Weight> all)
    {
        QuantizedMatrix matrix = Codes(weight);
        int bits = matrix.Format.Bits;
        long rowWords = BitFields.WordCount(matrix.Columns, bits), zeroWords = BitFields.WordCount(matrix.Rows, bits);
        yield return NewTensor.OfWords($"{weight.Name}.weight_packed", matrix.Rows, rowWords, () => PackRows(matrix, rowWords));
        yield return NewTensor.OfFloats($"{weight.Name}.weight_scale", GroupTensors.TypeOf(matrix.Scales), [matrix.Rows, matrix.GroupCount], () => IntegerGrid.ScalesByRow(matrix));
        yield return new NewTensor($"{weight.Name}.weight_shape", "I64", [2], stream =>
        {
            stream.Write(BitConverter.GetBytes((long)matrix.Rows));
            stream.Write(BitConverter.GetBytes((long)matrix.Columns));
        });
        if (!matrix.IsSymmetric)
            yield return NewTensor.OfWords($"{weight.Name}.weight_zero_point", zeroWords, matrix.GroupCount, () =>
            {
                var words = new WordBuffer(zeroWords * matrix.GroupCount, matrix.GroupCount, bits);
                for (int group = 0; group < matrix.GroupCount; group++)
                    for (int row = 0; row < matrix.Rows; row++)
                        words.Put(group, row, (int)matrix.Zero(row, group));
                return words.Words;
            });
    }

    /// <inheritdoc/>
    internal override JsonObject Settings(IReadOnlyList<Weight> weights, string recipe)
    {
        QuantizedMatrix first = Codes(weights[0]);
        int groupSize = IntegerGrid.CommonGroupSize(weights)!.Value;
        var scheme = new JsonObject
        {
            ["num_bits"] = first.Format.Bits,
            ["type"] = "int",
            ["symmetric"] = first.IsSymmetric,
            ["strategy"] = groupSize == -1 ? "channel" : "group",
            ["group_size"] = groupSize == -1 ? null : groupSize,
            ["dynamic"] = false,
        };
        var group = new JsonObject
        {
            ["targets"] = new JsonArray("Linear"),
            ["weights"] = scheme,
            ["input_activations"] = null,
            ["output_activations"] = null,
            ["format"] = "pack-quantized",
        };
        return new JsonObject
        {
            ["quant_method"] = "compressed-tensors",
            ["format"] = "pack-quantized",
            ["quantization_status"] = "compressed",
            ["config_groups"] = new JsonObject { ["group_0"] = group },
            ["ignore"] = new JsonArray("lm_head"),
            ["kv_cache_scheme"] = null,
        };
    }

    /// <summary>Codes of each row as a bit stream of words of its own.</summary>
    internal static uint[] PackRows(QuantizedMatrix matrix, long rowWords)
    {
        var words = new WordBuffer(matrix.Rows * rowWords, 1, matrix.Format.Bits);
        for (int row = 0; row < matrix.Rows; row++)
            for (int column = 0; column < matrix.Columns; column++)
                words.Put(row * rowWords, column, matrix.Code(row, column));
        return words.Words;
    }
}
