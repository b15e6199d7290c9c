using QuantSuite.Numerics;

namespace QuantSuite.Models;

/// <summary>One layer of a decoder: its forward pass, and its linears by name.</summary>
public abstract class DecoderBlock
{
    /// <summary>The groups of linears that read one input; together they are all linears of the block.</summary>
    public abstract IReadOnlyList<LinearGroup> Groups { get; }

    /// <summary>All linears of the block.</summary>
    public IEnumerable<Weight> Linears => Groups.SelectMany(group => group.Weights);

    /// <summary>Weights that no method rounds: routers.</summary>
    public IEnumerable<Weight> Routers => Groups.SelectMany(group => group.Routers);

    /// <summary>hidden [tokens, hidden size] is replaced by the block's output.</summary>
    public abstract void Forward(ForwardContext context, Matrix hidden);
}

/// <summary>Linears that read one input: what rescaling methods change together.</summary>
/// <param name="Input">The input in the field's words, e.g. <c>attention input</c>.</param>
/// <param name="Weights">The linears.</param>
public sealed record LinearGroup(string Input, IReadOnlyList<Weight> Weights)
{
    private readonly InputSource? source;

    /// <summary>
    /// What produces the input and can take up a scale for each channel; null where nothing can, or where the input is transformed on its way.
    /// </summary>
    public InputSource? Source
    {
        get => Weights[0].InputTransform is null ? source : null;
        init => source = value;
    }

    /// <summary>Weights that read the same input and stay in full precision: what rescales the input rescales them too.</summary>
    public IReadOnlyList<Weight> Routers { get; init; } = [];

    /// <summary>Whether the outputs are added to the hidden states between the blocks.</summary>
    public bool WritesHidden { get; init; }

    /// <summary>
    /// The linear whose outputs, mixed over positions but never over the channels of a head, are the input: an attention's values. Null elsewhere.
    /// </summary>
    public Weight? HeadValues { get; init; }

    /// <summary>
    /// (context, x [tokens, in], result [tokens, out]): the module that reads the input, such as the whole attention; null for a lone linear.
    /// </summary>
    public Action<ForwardContext, Matrix, Matrix>? Module { get; init; }
}
