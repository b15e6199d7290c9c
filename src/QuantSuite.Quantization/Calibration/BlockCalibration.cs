using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Calibration;

/// <summary>One block on its way to codes: the values of its linears, the statistics of their inputs, and its modules to try weights on.</summary>
public sealed class BlockCalibration
{
    private readonly IReadOnlyDictionary<Weight, Matrix> values;
    private readonly IReadOnlyDictionary<LinearGroup, InputStatistics> inputs;
    private readonly ForwardContext samples;

    /// <summary>A block.</summary>
    /// <param name="block">Its linears by group.</param>
    /// <param name="values">float32 [out, in] by linear; a method changes them in place.</param>
    /// <param name="inputs">Statistics by group; a method that divides a group's inputs tells them so.</param>
    /// <param name="samples">A context whose pass is the sampled sequences, one after the other.</param>
    /// <param name="schemeOf">The scheme of each linear.</param>
    internal BlockCalibration(DecoderBlock block, IReadOnlyDictionary<Weight, Matrix> values, IReadOnlyDictionary<LinearGroup, InputStatistics> inputs, ForwardContext samples,
        Func<Weight, QuantScheme> schemeOf)
    {
        Block = block;
        this.values = values;
        this.inputs = inputs;
        this.samples = samples;
        SchemeOf = schemeOf;
    }

    /// <summary>The block.</summary>
    public DecoderBlock Block { get; }

    /// <summary>The scheme of a linear.</summary>
    public Func<Weight, QuantScheme> SchemeOf { get; }

    /// <summary>The operations.</summary>
    public Kernels Kernels => samples.Kernels;

    /// <summary>The values of a linear, [out, in], to be changed in place.</summary>
    public Matrix ValuesOf(Weight weight) => values[weight];

    /// <summary>The statistics of a group's inputs.</summary>
    public InputStatistics InputsOf(LinearGroup group) => inputs[group];

    /// <summary>Divides a group's inputs by scales, folded in what produces them, and multiplies the columns of its linears: the block's function stays.</summary>
    /// <param name="group">A group that has a source.</param>
    /// <param name="scales">[inputs], positive.</param>
    public void Scale(LinearGroup group, float[] scales)
    {
        InputSource source = group.Source ?? throw new ArgumentException($"The {group.Input} has no operation before it that scales could be folded in.", nameof(group));
        source.Divide(scales, ValuesOf);
        foreach (Weight weight in group.Weights.Concat(group.Routers))
            for (int row = 0; row < weight.Rows; row++)
            {
                Span<float> values = ValuesOf(weight).Row(row);
                for (int column = 0; column < values.Length; column++)
                    values[column] *= scales[column];
            }
        InputsOf(group).Divide(scales);
    }

    /// <summary>Maps a group's inputs on their way to its linears and perhaps their outputs back, both online, and the values with them: the block's function stays.</summary>
    /// <param name="group">A group whose inputs are not mapped yet.</param>
    /// <param name="input">T for the inputs.</param>
    /// <param name="outputOf">T for the outputs of each linear, or null for none.</param>
    public void Transform(LinearGroup group, RowTransform input, Func<Weight, RowTransform?> outputOf)
    {
        if (group.Weights.Any(weight => weight.InputTransform is not null || weight.OutputTransform is not null))
            throw new InvalidOperationException($"The {group.Input} is transformed already; two methods of the recipe do the same.");
        foreach (Weight weight in group.Weights)
        {
            weight.InputTransform = input;
            weight.OutputTransform = outputOf(weight);
            input.TransformInputs(ValuesOf(weight));
            weight.OutputTransform?.TransformOutputs(ValuesOf(weight));
        }
        InputsOf(group).Transform(input, Kernels);
    }

    /// <summary>What the module of a group (the attention, the MLP, or the one linear) makes of inputs [tokens of the samples, in], with the weights as stored now.</summary>
    public void RunModule(LinearGroup group, Matrix x, Matrix result)
    {
        if (group.Module is { } module)
            module(samples, x, result);
        else
            Weight.Multiply(Kernels, x, [.. group.Weights], [result]);
    }
}
