using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// How a checkpoint that came quantized holds its linears. A family asks it for each linear by name; what it does not hold as codes is read as plain values.
/// <see cref="QuantizedLayouts"/> lists them.
/// </summary>
public abstract class QuantizedLayout
{
    /// <summary>The scheme in recipes, after <c>file-</c>: <c>gptq-int4-g128</c>, <c>gguf_q4_k</c>.</summary>
    public abstract string Scheme { get; }

    /// <summary>The codes of the linear <c>name</c> [rows, columns], or null where the checkpoint has it as plain values.</summary>
    /// <exception cref="CheckpointException">Its tensors are incomplete, or their shapes are not those that config.json asks for.</exception>
    public abstract FiledCodes? Find(Checkpoint checkpoint, string name, int rows, int columns);

    /// <summary>Whether gains that the architecture stores less 1 (Gemma's) are whole here: no float32 less 1 has all the bits of every gain that a method scaled.</summary>
    public virtual bool HasWholeGains => false;

    /// <summary>The rotation of heads of this size that the model was written with (<see cref="Families.Architecture.HeadRotation"/>), or null.</summary>
    public virtual RowTransform? HeadRotation(int headDim) => null;
}

/// <summary>A weight that the checkpoint holds as codes.</summary>
/// <param name="Pack">Makes the panels that hold these very codes; the caller disposes them before the checkpoint.</param>
/// <param name="TensorNames">The tensors that it is made of.</param>
/// <param name="Activations">The format of the linear's inputs that the checkpoint asks for, or null for float32.</param>
public sealed record FiledCodes(Func<PanelMatrix> Pack, IReadOnlyList<string> TensorNames, NumericFormat? Activations = null)
{
    /// <summary>The scale of every input (<see cref="Weight.ActivationScale"/>), or null where each token has its own.</summary>
    public float? ActivationScale { get; init; }

    /// <summary>What the codes' inputs go through (<see cref="Weight.InputTransform"/>), or null.</summary>
    public RowTransform? InputTransform { get; init; }

    /// <summary>What the outputs come back through (<see cref="Weight.OutputTransform"/>), or null.</summary>
    public RowTransform? OutputTransform { get; init; }
}
