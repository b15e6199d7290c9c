using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>One half of a block, an attention or an MLP: reads the block's input, and gives what is added to the hidden states.</summary>
public abstract class Sublayer
{
    /// <summary>The input in the field's words, e.g. <c>attention input</c>.</summary>
    public abstract string InputName { get; }

    /// <summary>The linears that read the input.</summary>
    public abstract IReadOnlyList<Weight> Inputs { get; }

    /// <summary>Weights that read the input and stay in full precision: routers.</summary>
    public virtual IReadOnlyList<Weight> Routers => [];

    /// <summary>The groups of linears inside.</summary>
    /// <param name="writesHidden">Whether the result is added to the hidden states as it is, with no norm in between.</param>
    public abstract IEnumerable<LinearGroup> InnerGroups(bool writesHidden);

    /// <summary>result = layer(x). Both [tokens, hidden].</summary>
    public abstract void Forward(ForwardContext context, Matrix x, Matrix result);

    /// <summary>All groups, the first of which reads <paramref name="source"/>'s output.</summary>
    public IEnumerable<LinearGroup> Groups(InputSource? source, bool writesHidden = true) =>
        InnerGroups(writesHidden).Prepend(new LinearGroup(InputName, Inputs) { Source = source, Routers = Routers, Module = Forward });
}
