namespace QuantSuite.Evaluation.Blaming;

/// <summary>How large a part of the model is that was restored.</summary>
public enum BlameLevel
{
    /// <summary>All linears, all activations, the KV cache, or everything.</summary>
    Unit,

    /// <summary>The linears of one block, with their inputs.</summary>
    Block,

    /// <summary>One linear, with its inputs.</summary>
    Linear,
}

/// <summary>What came back when one part alone was put back to full precision.</summary>
/// <param name="Level">How large the part is.</param>
/// <param name="Name">The part: <c>kv cache</c>, <c>model.layers.2</c>, <c>model.layers.2.mlp.down_proj</c>.</param>
/// <param name="KlRemaining">Mean KL(full precision ‖ this) at the scored positions, nats, with the part restored.</param>
/// <param name="KlRestored">The KL of the whole recipe less that; negative where the part had made up for others.</param>
/// <param name="ItemsReturned">Lost items that are right again (or, of graded scores, have half of their loss back).</param>
public sealed record BlamePart(BlameLevel Level, string Name, double KlRemaining, double KlRestored, int ItemsReturned);
