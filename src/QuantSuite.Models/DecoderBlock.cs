using QuantSuite.Numerics;

namespace QuantSuite.Models;

/// <summary>One layer of a decoder: its forward pass, and its linears by name.</summary>
public abstract class DecoderBlock
{
    /// <summary>The groups of linears that read one input; together they are all linears of the block.</summary>
    public abstract IReadOnlyList<LinearGroup> Groups { get; }

    /// <summary>All linears of the block.</summary>
    public IEnumerable<Weight> Linears => Groups.SelectMany(group => group.Weights);

    /// <summary>hidden [tokens, hidden size] is replaced by the block's output.</summary>
    public abstract void Forward(ForwardContext context, Matrix hidden);
}

/// <summary>Linears that read one input: what rescaling methods change together.</summary>
/// <param name="Input">The input in the field's words, e.g. <c>attention input</c>.</param>
public sealed record LinearGroup(string Input, IReadOnlyList<Weight> Weights);
