using System.Text.Json.Nodes;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// The layout of our own, read by <see cref="QuantSuiteLayout"/>: whatever a recipe makes, to the bit. For a linear <c>name</c>:
/// <code>
/// name.codes    int32 [out, ⌈in·b/32⌉], a bit stream along each row, lowest bits first
/// name.scales   the scales of groups: see <see cref="GroupTensors"/>; likewise
/// name.zeros    zero points, where the grid is asymmetric
/// name.offsets  offsets, where there are
/// name.groups   int32 [in], the group of each column, where groups are not neighbours
/// name.table    float32 [codes], the value of each code, where the format is no plain integer
/// name.input_scales float32 [in], what the inputs are divided by before a rotation
/// </code>
/// config.json's quantization_config names the recipe, and for each linear its format, group size and count, the format of its inputs and the transforms of inputs and outputs
/// (<see cref="StoredTransform"/>); <c>rotates_heads</c> says whether a quantized cache holds heads under QuaRot's rotation.
/// </summary>
internal sealed class QuantSuiteFormat : CheckpointFormat
{
    /// <summary>config.json's <c>quant_method</c>.</summary>
    public const string Method = "quantsuite";

    /// <summary>The version of the layout that is written, and the newest that is read.</summary>
    public const int Version = 1;

    /// <inheritdoc/>
    public override string Name => Method;

    /// <inheritdoc/>
    public override string Holds => "everything, to the bit; read by QuantSuite";

    /// <inheritdoc/>
    public override string? Refusal(Weight weight) => weight.Panels is QuantizedMatrix ? null : $"stored as {weight.Panels.GetType().Name}, which cannot be written yet";

    /// <inheritdoc/>
    internal override IEnumerable<NewTensor> Tensors(Weight weight, IReadOnlyList<Weight> all)
    {
        QuantizedMatrix matrix = Codes(weight);
        long rowWords = BitFields.WordCount(matrix.Columns, matrix.Format.Bits);
        yield return NewTensor.OfWords($"{weight.Name}.codes", matrix.Rows, rowWords, () => CompressedTensorsFormat.PackRows(matrix, rowWords));
        IEnumerable<NewTensor> numbers = GroupTensors.Write($"{weight.Name}.scales", matrix.Scales);
        if (matrix.Zeros is { } zeros)
            numbers = numbers.Concat(GroupTensors.Write($"{weight.Name}.zeros", zeros));
        if (matrix.Offsets is { } offsets)
            numbers = numbers.Concat(GroupTensors.Write($"{weight.Name}.offsets", offsets));
        foreach (NewTensor tensor in numbers)
            yield return tensor;
        if (matrix.HasColumnGroups)
            yield return NewTensor.OfBytes($"{weight.Name}.groups", "I32", [matrix.Columns],
                () => [.. Enumerable.Range(0, matrix.Columns).SelectMany(column => BitConverter.GetBytes(matrix.GroupOf(column)))]);
        if (weight.InputTransform is ScaledTransform scaled)
            yield return NewTensor.OfFloats($"{weight.Name}.{StoredTransform.Scales}", "F32", [matrix.Columns], () => scaled.Scales.ToArray());
        if (matrix.Format is not IntegerFormat)
            yield return NewTensor.OfFloats($"{weight.Name}.table", "F32", [matrix.Table.Length], () => matrix.Table.ToArray());
    }

    /// <inheritdoc/>
    internal override JsonObject Settings(IReadOnlyList<Weight> weights, string recipe)
    {
        var linears = new JsonObject();
        foreach (Weight weight in weights)
        {
            QuantizedMatrix matrix = Codes(weight);
            var filed = weight.Activations as FiledInputs;
            var linear = new JsonObject
            {
                ["format"] = matrix.Format.Name,
                ["bits"] = matrix.Format.Bits,
                ["group_size"] = matrix.GroupSize,
                ["groups"] = matrix.GroupCount,
            };
            if (weight.Activations is { } inputs)
                linear["activations"] = inputs.Name;
            if (filed is not null)
                linear["activations_filed"] = true;
            if (filed?.Rule is IntegerFormat { Range: IntegerRange.Full })
                linear["activations_full_range"] = true;
            if (filed?.Rule is Nvfp4Format relative)
                linear["activations_divisor"] = relative.TensorDivisor;
            if (filed?.Scale is { } scale)
                linear["activations_scale"] = scale;
            if (StoredTransform.Write(weight.InputTransform) is { } mapped)
                linear["inputs"] = mapped;
            if (StoredTransform.Write(weight.OutputTransform) is { } mappedBack)
                linear["outputs"] = mappedBack;
            linears[weight.Name] = linear;
        }
        return new JsonObject { ["quant_method"] = Method, ["version"] = Version, ["recipe"] = recipe, ["linears"] = linears };
    }
}
