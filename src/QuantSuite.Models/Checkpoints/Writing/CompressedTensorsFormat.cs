using System.Text.Json.Nodes;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// compressed-tensors' formats, as <see cref="CompressedTensorsLayout"/> reads them: pack-quantized integers, FP8 a row, NVFP4, MXFP4. Scales keep their type (float32, unless the
/// recipe says otherwise), so nothing is rounded. Of input formats it can hold FP8 by token, where its rule and ours are the same.
/// </summary>
internal sealed class CompressedTensorsFormat : CheckpointFormat
{
    /// <inheritdoc/>
    public override string Name => "compressed-tensors";

    /// <inheritdoc/>
    public override string Holds => "integers of 4 or 8 bits in groups or a row, fp8_e4m3 a row, nvfp4, mxfp4, to the bit";

    /// <inheritdoc/>
    public override string? Refusal(Weight weight)
    {
        if (weight.Panels is not QuantizedMatrix { Format: not IntegerFormat } matrix)
            return IntegerGrid.Refusal(weight, 4, 8) ?? IntegerGrid.OrderRefusal(Codes(weight));
        if (matrix.Zeros is not null || matrix.Offsets is not null || matrix.HasColumnGroups || LayoutOf(matrix) is null || matrix.Columns % matrix.GroupSize != 0)
            return $"codes of {matrix.Format} in groups of {matrix.GroupSize}, expected {Holds}";
        return weight.Activations is null || IsTokenFp8(weight) ? null : $"inputs of {weight.Activations}, whose rounding the layout does not know";
    }

    /// <inheritdoc/>
    internal override string? Refusal(IReadOnlyList<Weight> weights) => base.Refusal(weights) ?? IntegerGrid.CommonRefusal(weights);

    /// <inheritdoc/>
    internal override IEnumerable<NewTensor> Tensors(Weight weight, IReadOnlyList<Weight> all)
    {
        QuantizedMatrix matrix = Codes(weight);
        return LayoutOf(matrix) switch
        {
            "pack-quantized" => Integers(weight.Name, matrix),
            "float-quantized" => Bytes(weight.Name, matrix),
            _ => Nibbles(weight.Name, matrix),
        };
    }

    /// <inheritdoc/>
    internal override JsonObject Settings(IReadOnlyList<Weight> weights, string recipe)
    {
        QuantizedMatrix first = Codes(weights[0]);
        string layout = LayoutOf(first)!;
        int groupSize = IntegerGrid.CommonGroupSize(weights)!.Value;
        var scheme = new JsonObject
        {
            ["num_bits"] = first.Format.Bits,
            ["type"] = first.Format is IntegerFormat ? "int" : "float",
            ["symmetric"] = first.IsSymmetric,
            ["strategy"] = layout == "nvfp4-pack-quantized" ? "tensor_group" : groupSize == -1 ? "channel" : "group",
            ["group_size"] = groupSize == -1 ? null : groupSize,
            ["dynamic"] = false,
        };
        var inputs = new JsonObject { ["num_bits"] = 8, ["type"] = "float", ["symmetric"] = true, ["strategy"] = "token", ["dynamic"] = true };
        var group = new JsonObject
        {
            ["targets"] = new JsonArray("Linear"),
            ["weights"] = scheme,
            ["input_activations"] = IsTokenFp8(weights[0]) ? inputs : null,
            ["output_activations"] = null,
            ["format"] = layout,
        };
        return new JsonObject
        {
            ["quant_method"] = "compressed-tensors",
            ["format"] = layout,
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

    private static bool IsTokenFp8(Weight weight) => weight.ActivationScale is null &&
        weight.Activations is MinifloatFormat { Name: "fp8_e4m3" } or FiledInputs { Scale: null, Rule: MinifloatFormat } && Codes(weight).Format is MinifloatFormat;

    private static string? LayoutOf(QuantizedMatrix matrix) => matrix switch
    {
        { Format: IntegerFormat } => "pack-quantized",
        { Format.Name: "fp8_e4m3", Scales: FloatValues, GroupCount: 1 } => "float-quantized",
        { Format.Name: "nvfp4", Scales: ByteValues { Format: ScaleFormat.E4M3 }, GroupSize: 16 } => "nvfp4-pack-quantized",
        { Format.Name: "mxfp4", Scales: ByteValues { Format: ScaleFormat.E8M0 }, GroupSize: 32 } => "mxfp4-pack-quantized",
        _ => null,
    };

    private static IEnumerable<NewTensor> Integers(string name, QuantizedMatrix matrix)
    {
        int bits = matrix.Format.Bits;
        long rowWords = BitFields.WordCount(matrix.Columns, bits), zeroWords = BitFields.WordCount(matrix.Rows, bits);
        yield return NewTensor.OfWords($"{name}.weight_packed", matrix.Rows, rowWords, () => PackRows(matrix, rowWords));
        yield return Scales(name, matrix);
        yield return new NewTensor($"{name}.weight_shape", "I64", [2], stream =>
        {
            stream.Write(BitConverter.GetBytes((long)matrix.Rows));
            stream.Write(BitConverter.GetBytes((long)matrix.Columns));
        });
        if (!matrix.IsSymmetric)
            yield return NewTensor.OfWords($"{name}.weight_zero_point", zeroWords, matrix.GroupCount, () =>
            {
                var words = new WordBuffer(zeroWords * matrix.GroupCount, matrix.GroupCount, bits);
                for (int group = 0; group < matrix.GroupCount; group++)
                    for (int row = 0; row < matrix.Rows; row++)
                        words.Put(group, row, (int)matrix.Zero(row, group));
                return words.Words;
            });
    }

    private static IEnumerable<NewTensor> Bytes(string name, QuantizedMatrix matrix) =>
    [
        new NewTensor($"{name}.weight", "F8_E4M3", [matrix.Rows, matrix.Columns], stream => WriteRows(stream, matrix, matrix.Columns, (row, column) => (byte)matrix.Code(row, column))),
        Scales(name, matrix),
    ];

    private static IEnumerable<NewTensor> Nibbles(string name, QuantizedMatrix matrix)
    {
        var scales = (ByteValues)matrix.Scales;
        yield return new NewTensor($"{name}.weight_packed", "U8", [matrix.Rows, matrix.Columns / 2], stream =>
            WriteRows(stream, matrix, matrix.Columns / 2, (row, pair) => (byte)(matrix.Code(row, 2 * pair) | matrix.Code(row, 2 * pair + 1) << 4)));
        bool isPower = scales.Format == ScaleFormat.E8M0;
        yield return new NewTensor($"{name}.weight_scale", isPower ? "U8" : "F8_E4M3", [matrix.Rows, matrix.GroupCount], stream => WriteRows(stream, matrix, matrix.GroupCount, scales.Code));
        if (!isPower)
            yield return NewTensor.OfFloats($"{name}.weight_global_scale", "F32", [1], () => [scales.Divisor]);
    }

    private static NewTensor Scales(string name, QuantizedMatrix matrix) =>
        NewTensor.OfFloats($"{name}.weight_scale", GroupTensors.TypeOf(matrix.Scales), [matrix.Rows, matrix.GroupCount], () => IntegerGrid.ScalesByRow(matrix));

    private static void WriteRows(Stream stream, QuantizedMatrix matrix, int width, Func<int, int, byte> value)
    {
        var bytes = new byte[width];
        for (int row = 0; row < matrix.Rows; row++)
        {
            for (int i = 0; i < width; i++)
                bytes[i] = value(row, i);
            stream.Write(bytes);
        }
    }
}
