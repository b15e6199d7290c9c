using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// DeepSeek's FP8: <c>weight</c> E4M3 [out, in] and <c>weight_scale_inv</c> float32, one for each block of rows and columns (128 × 128), partial at the edges;
/// value = code·scale, the name notwithstanding. Without blocks one scale for the tensor.
/// </summary>
internal sealed class BlockFp8Layout : QuantizedLayout
{
    private readonly int blockRows, blockColumns;

    /// <summary>The layout that <c>quantization_config</c> describes.</summary>
    public BlockFp8Layout(ModelConfig settings)
    {
        if (settings.String("fmt", "e4m3") is var format and not "e4m3")
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: fp8 of fmt '{format}' cannot be read; expected e4m3.");
        if (!settings.Root.TryGetProperty("weight_block_size", out JsonElement size) || size.ValueKind != JsonValueKind.Array || size.GetArrayLength() != 2
            || !size[0].TryGetInt32(out blockRows) || !size[1].TryGetInt32(out blockColumns) || blockRows < 1 || blockColumns < 1)
            throw new CheckpointException(CheckpointFlaw.Field, "config.json: fp8 needs weight_block_size [rows, columns], such as [128, 128]; fetch config.json of this very checkpoint.");
    }

    /// <inheritdoc/>
    public override string Scheme => $"fp8_e4m3-b{blockRows}x{blockColumns}";

    /// <inheritdoc/>
    public override FiledCodes? Find(Checkpoint checkpoint, string name, int rows, int columns)
    {
        var tensors = new LinearTensors(checkpoint, name, rows, columns);
        if (!tensors.Has("weight_scale_inv"))
            return null;
        int bands = (rows + blockRows - 1) / blockRows, groups = (columns + blockColumns - 1) / blockColumns;
        tensors.Require("weight", "F8_E4M3", "out, in", rows, columns);
        tensors.RequireFloats("weight_scale_inv", $"blocks of {blockRows} × {blockColumns}", bands, groups);
        return new FiledCodes(() =>
        {
            FloatValues scales = tensors.ReadScales("weight_scale_inv", groups, (row, group) => row / blockRows * groups + group);
            return new QuantizedMatrix(rows, columns, NumericFormats.Fp8E4M3, blockColumns, scales)
                .Fill((row, codes) => tensors.Bytes("weight").Slice(checked(row * columns), columns).CopyTo(codes));
        }, tensors.Names);
    }
}
