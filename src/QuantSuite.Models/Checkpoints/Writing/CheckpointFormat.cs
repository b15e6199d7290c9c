using System.Text.Json.Nodes;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>A layout that quantized models are written in. <see cref="CheckpointFormats"/> lists them.</summary>
public abstract class CheckpointFormat
{
    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it holds, in words.</summary>
    public abstract string Holds { get; }

    /// <summary>Why it cannot hold a weight as it is stored, or null where it can.</summary>
    public abstract string? Refusal(Weight weight);

    /// <summary>Whether it holds a weight to the bit; else scales are rounded.</summary>
    public virtual bool IsExact(Weight weight) => true;

    /// <summary>Why it cannot hold several weights in one model, or null where it can.</summary>
    internal virtual string? Refusal(IReadOnlyList<Weight> weights) => weights.Select(weight => Refusal(weight) is { } why ? $"{weight.Name}: {why}" : null).FirstOrDefault(why => why is not null);

    /// <summary>The tensors of a quantized weight.</summary>
    internal abstract IEnumerable<NewTensor> Tensors(Weight weight, IReadOnlyList<Weight> all);

    /// <summary>config.json's <c>quantization_config</c> for these weights.</summary>
    internal abstract JsonObject Settings(IReadOnlyList<Weight> weights, string recipe);

    /// <summary>The codes of a weight whose storage a caller has checked.</summary>
    private protected static QuantizedMatrix Codes(Weight weight) => (QuantizedMatrix)weight.Panels;
}
