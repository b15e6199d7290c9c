using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>From the last hidden states to logits: cap(factor · head(project(norm(h)))), where all but the head may be missing.</summary>
/// <param name="head">[vocabulary, embedding width]; the token embedding itself where they are tied.</param>
public sealed class OutputLayer(Weight head)
{
    /// <summary>The head.</summary>
    public Weight Head => head;

    /// <summary>The final norm, or null.</summary>
    public Norm? Norm { get; init; }

    /// <summary>A linear [embedding width, hidden] in full precision, or null (OPT-350M's project_out).</summary>
    public Weight? Projection { get; init; }

    /// <summary>Factor of the logits (Cohere's logit_scale, the inverse of Granite's logits_scaling).</summary>
    public float Factor { get; init; } = 1;

    /// <summary>A soft cap of the logits; 0 for none (Gemma 2).</summary>
    public float SoftCap { get; init; }

    /// <summary>Logits [tokens, vocabulary] of hidden states [tokens, hidden], which the norm changes in place.</summary>
    public void Forward(ForwardContext context, Matrix hidden, Matrix logits)
    {
        Norm?.Forward(context, hidden, hidden);
        Matrix states = hidden;
        if (Projection is not null)
        {
            states = context.Buffer("output embeddings", hidden.Rows, Projection.Rows);
            Weight.Multiply(context.Kernels, hidden, [Projection], [states]);
        }
        Weight.Multiply(context.Kernels, states, [head], [logits]);
        if (Factor != 1)
            context.Kernels.Scale(logits, Factor);
        if (SoftCap != 0)
            context.Kernels.SoftCap(logits, SoftCap);
    }
}
