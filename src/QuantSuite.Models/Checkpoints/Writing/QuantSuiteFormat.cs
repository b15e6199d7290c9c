using System.Text.Json.Nodes;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// The layout of our own, read by <see cref="QuantSuiteLayout"/>: whatever a recipe makes, to the bit. <see cref="StorageTensors"/> tells the tensors of a linear;
/// <c>name.input_scales</c> float32 [in] is what the inputs are divided by before a rotation.
/// config.json's quantization_config names the recipe, and for each linear its storage, the format of its inputs and the transforms of inputs and outputs
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
    public override string? Refusal(Weight weight) => StorageTensors.Knows(weight.Panels) ? null : $"stored as {weight.Panels.GetType().Name}, which cannot be written yet";

    /// <inheritdoc/>
    internal override IEnumerable<NewTensor> Tensors(Weight weight, IReadOnlyList<Weight> all)
    {
        IEnumerable<NewTensor> tensors = StorageTensors.Write(weight.Name, weight.Panels);
        return weight.InputTransform is not ScaledTransform scaled ? tensors
            : tensors.Append(NewTensor.OfFloats($"{weight.Name}.{StoredTransform.Scales}", "F32", [weight.Columns], () => scaled.Scales.ToArray()));
    }

    /// <inheritdoc/>
    internal override JsonObject Settings(IReadOnlyList<Weight> weights, string recipe)
    {
        var linears = new JsonObject();
        foreach (Weight weight in weights)
        {
            var filed = weight.Activations as FiledInputs;
            JsonObject linear = StorageTensors.Describe(weight.Panels);
            if (weight.Activations is { } inputs)
                linear["activations"] = inputs.Name;
            if (filed is not null)
                linear["activations_filed"] = true;
            if (filed?.Rule is IntegerFormat { Range: IntegerRange.Full })
                linear["activations_full_range"] = true;
            if (filed?.Rule is Nvfp4Format relative)
                linear["activations_divisor"] = relative.TensorDivisor;
            if ((filed?.Scale ?? weight.ActivationScale) is { } scale)
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
