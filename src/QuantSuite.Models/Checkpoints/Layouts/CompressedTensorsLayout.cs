namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// The formats of vllm-project/compressed-tensors (0.20), as llm-compressor writes them. Codes are stored with the format's middle added, so that they are unsigned.
/// <code>
/// pack-quantized         weight_packed int32 [out, in·b/32], weight_scale [out, groups]; asymmetric: weight_zero_point int32, a bit stream down each column [out·b/32, groups];
///                        weight_g_idx int32 [in] where groups follow the order of activations
/// int-quantized          weight int8 [out, in], weight_scale [out, groups] or [1]; asymmetric: weight_zero_point int8
/// float-quantized        weight E4M3 [out, in], weight_scale [1], [out, 1], [out, groups], or by blocks of rows and columns
/// nvfp4-pack-quantized   weight_packed u8 [out, in/2], low nibble first, weight_scale E4M3 [out, in/16], weight_global_scale [1], a divisor: value = code·fl(scale / global)
/// mxfp4-pack-quantized   weight_packed u8 [out, in/2], weight_scale u8 [out, in/32]: 2^(byte − 127)
/// </code>
/// Inputs: dynamic (a scale a token, from the token) or static (<c>input_scale</c>): see <see cref="FiledInputs"/>.
/// </summary>
internal sealed class CompressedTensorsLayout : QuantizedLayout
{
    private readonly CompressedGroup[] groups;

    /// <summary>The layout that <c>quantization_config</c> describes.</summary>
    public CompressedTensorsLayout(ModelConfig settings)
    {
        string format = settings.String("format", "naive-quantized");
        groups = settings.Object("config_groups") is not { } entries ? []
            : [.. entries.Root.EnumerateObject().Select(group => new CompressedGroup(group.Name, new ModelConfig(group.Value), format))];
        if (groups.Length == 0)
            throw new CheckpointException(CheckpointFlaw.Field, "config.json: compressed-tensors without config_groups says not how its weights are quantized; fetch config.json of this very checkpoint.");
    }

    /// <inheritdoc/>
    public override string Scheme => $"ct-{groups[0].SchemeText}";

    /// <inheritdoc/>
    public override FiledCodes? Find(Checkpoint checkpoint, string name, int rows, int columns)
    {
        var tensors = new LinearTensors(checkpoint, name, rows, columns);
        if (!tensors.Has("weight_packed") && !tensors.Has("weight_scale"))
            return null;
        CompressedGroup group = groups.FirstOrDefault(group => group.Names(name)) ?? groups.FirstOrDefault(group => group.IsForLinears) ?? throw tensors.Wrong(
            CheckpointFlaw.Field, "weight_scale", "is of no group of config.json", "config_groups whose targets name it, or 'Linear'");
        group.Require(tensors);
        return new FiledCodes(() => group.Pack(tensors), tensors.Names, group.Inputs(tensors));
    }
}
