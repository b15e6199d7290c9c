using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>A normalization of rows.</summary>
public abstract class Norm
{
    /// <summary>Columns that share one mean: the hidden size, or a head's.</summary>
    public abstract int Size { get; }

    /// <summary>The gain (and bias) as a source of the linears that follow.</summary>
    public abstract InputSource Source { get; }

    /// <summary>y = norm(x); y may be x. Both [tokens, columns].</summary>
    public abstract void Forward(ForwardContext context, Matrix x, Matrix y);

    /// <summary>x = norm(x) over each run of <see cref="Size"/> columns: all of a row, or every head of it.</summary>
    public void ForwardRuns(ForwardContext context, Matrix x)
    {
        Matrix runs = x.Columns == Size ? x : x.Reshape(Size);
        Forward(context, runs, runs);
    }
}
