using QuantSuite.Models;
using QuantSuite.Models.Families;
using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// QuaRot (Ashkboos et al., 2404.00456): rotations that spread outliers over all channels and leave the model's function alone, so that whatever rounds
/// afterwards finds values near a normal law.
/// R1, a Hadamard matrix with random signs, turns the hidden states between the blocks: folded in the embedding, in the columns of all linears that read them,
/// in the rows of all that write them, and in
/// the head (a tied head becomes a linear of its own); norm gains move into the linears after them first. R2 turns each head of the values, folded in the
/// value and output linears (as in SpinQuant; QuaRot's
/// own o_proj needs one more online transform). R4 is online before down_proj, its inverse folded in the weight. R3 is online on queries and keys after RoPE,
/// only where the KV cache is quantized.
/// Signs come from a fixed seed.
/// </summary>
public sealed class QuaRot : QuantizationMethod
{
    private const ulong Seed = 240400456;

    /// <inheritdoc/>
    public override string Name => "quarot";

    /// <inheritdoc/>
    public override string Source => "QuaRot: Outlier-Free 4-Bit Inference in Rotated LLMs (2404.00456), spcl/QuaRot hadamard_utils.py";

    /// <inheritdoc/>
    public override Architecture Prepare(Architecture architecture)
    {
        if (architecture.Blocks.SelectMany(block => block.Linears).FirstOrDefault(weight => weight.HasTransforms) is { } mapped)
            throw new NotSupportedException($"quarot: {mapped.Name} maps its inputs or outputs already; expected a model that was not rotated before. Take the original checkpoint.");
        int hidden = architecture.HiddenSize, headDim = architecture.Attention.HeadDim;
        if (architecture.Input is { Positions: not null } or { Projection: not null } or { Norm: not null })
            throw new NotSupportedException("quarot: the hidden states do not come straight from the token embedding, which a rotation could be folded in; expected no learned positions, projection or norm.");
        var rotation = new HadamardTransform(hidden, signs: RandomSigns(hidden));
        Weight head = architecture.Head == architecture.Embedding ? architecture.Embedding.Untie("lm_head") : architecture.Head;
        architecture.Embedding.Change(rotation.TransformInputs);
        foreach (LinearGroup group in architecture.Blocks.SelectMany(block => block.Groups))
            if (group.WritesHidden)
                RotateWriters(group, rotation, headDim);
            else
                RotateReaders(group.Input, [.. group.Weights, .. group.Routers], group.Source, rotation);
        RotateReaders("head's input", [head], architecture.HeadSource, rotation);
        return architecture.WithHead(head) with { HeadRotation = new HadamardTransform(headDim) };
    }

    /// <summary>
    /// What RoSTE (2502.09003) chooses a rotation by: ‖Q(W R) − W R‖² and (1/n) ‖Q(X R) − X R‖² over n tokens, asymmetric grids end to end for each output
    /// channel and each token.
    /// </summary>
    /// <param name="weight">[out, in].</param>
    /// <param name="samples">[tokens, in].</param>
    /// <param name="rotation">R, or null for the identity.</param>
    /// <param name="weightBits">Bits of the weights' codes.</param>
    /// <param name="activationBits">Bits of the activations' codes.</param>
    public static (double WeightError, double ActivationError) RoundingError(Matrix weight, Matrix samples, RowTransform? rotation, int weightBits, int activationBits) =>
        (RowsError(weight, rotation, weightBits), RowsError(samples, rotation, activationBits) / samples.Rows);

    private static float[] RandomSigns(int size)
    {
        var random = new SeededRandom(Seed);
        return [.. Enumerable.Range(0, size).Select(_ => random.NextInt(2) == 0 ? -1f : 1f)];
    }

    private static void RotateReaders(string input, IReadOnlyList<Weight> weights, InputSource? source, HadamardTransform rotation)
    {
        float[] gain = source?.TakeGain() ?? throw new NotSupportedException(
            $"quarot: the {input} does not come straight from a root mean square norm, whose gain could move into the linears; rotations need that of every linear that reads the hidden states.");
        foreach (Weight weight in weights)
            weight.Change(values =>
            {
                MultiplyColumns(values, gain);
                rotation.TransformInputs(values);
            });
    }

    private static void RotateWriters(LinearGroup group, HadamardTransform rotation, int headDim)
    {
        foreach (Weight weight in group.Weights)
        {
            var inner = new HadamardTransform(weight.Columns, group.HeadValues is null ? 0 : headDim);
            weight.Change(inner.TransformInputs);
            if (group.HeadValues is null)
                weight.InputTransform = inner;
            RotateOutputs(weight, rotation);
        }
        if (group.HeadValues is { } values)
            RotateOutputs(values, new HadamardTransform(values.Rows, headDim));
    }

    private static void RotateOutputs(Weight weight, HadamardTransform rotation)
    {
        weight.Change(rotation.TransformOutputs);
        if (weight.Bias is not null)
            rotation.Apply(weight.Bias);
    }

    private static void MultiplyColumns(Matrix weight, float[] factors)
    {
        for (int row = 0; row < weight.Rows; row++)
        {
            Span<float> values = weight.Row(row);
            for (int column = 0; column < values.Length; column++)
                values[column] *= factors[column];
        }
    }

    private static double RowsError(Matrix matrix, RowTransform? rotation, int bits)
    {
        double error = 0;
        for (int row = 0; row < matrix.Rows; row++)
        {
            float[] values = matrix.Row(row).ToArray();
            rotation?.Apply(values);
            (float min, float max) = ClippingGrid.Range(values);
            ClippingGrid grid = ClippingGrid.Of(max, min, bits, symmetric: false, 0, float.MaxValue);
            foreach (float value in values)
            {
                double difference = grid.Decode(grid.Encode(value)) - value;
                error += difference * difference;
            }
        }
        return error;
    }
}
