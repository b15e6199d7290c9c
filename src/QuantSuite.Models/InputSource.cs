using QuantSuite.Numerics;

namespace QuantSuite.Models;

/// <summary>What produces the input of a group of linears, channel by channel: a norm's gain (and bias), or the rows of a linear before it.</summary>
public sealed class InputSource
{
    private readonly float[][] vectors;
    private readonly Weight? rows;
    private readonly int firstRow;
    private readonly bool centers;

    private InputSource(float[][] vectors, Weight? rows, int firstRow = 0, bool centers = false)
    {
        this.vectors = vectors;
        this.rows = rows;
        this.firstRow = firstRow;
        this.centers = centers;
    }

    /// <summary>A norm whose gain and, if it has one, bias [channels] are scaled in place.</summary>
    public static InputSource Norm(params float[][] vectors) => new(vectors, null);

    /// <summary>A norm that subtracts the mean, which no rotation of the hidden states leaves alone.</summary>
    public static InputSource CenteringNorm(params float[][] vectors) => new(vectors, null, centers: true);

    /// <summary>A linear each of whose outputs is a channel (up before down; value before output, where every head has its own).</summary>
    /// <param name="firstRow">The output that is channel 0: a fused linear's last part counts alone.</param>
    public static InputSource Linear(Weight weight, int firstRow = 0) => new(weight.Bias is { } bias ? [bias] : [], weight, firstRow);

    /// <summary>
    /// The gain of a norm that has nothing else, replaced by ones; null for all other sources. Whoever takes it multiplies the columns of the linears that
    /// follow.
    /// </summary>
    public float[]? TakeGain()
    {
        if (rows is not null || vectors.Length != 1 || centers)
            return null;
        float[] gain = [.. vectors[0]];
        Array.Fill(vectors[0], 1);
        return gain;
    }

    /// <summary>Whether it is a norm.</summary>
    public bool IsNorm => rows is null;

    /// <summary>Divides every channel by its scale, in place.</summary>
    /// <param name="scales">[channels].</param>
    /// <param name="valuesOf">The values [out, in] of a linear, to be changed in place.</param>
    public void Divide(ReadOnlySpan<float> scales, Func<Weight, Matrix> valuesOf)
    {
        foreach (float[] vector in vectors)
            for (int i = firstRow; i < vector.Length; i++)
                vector[i] /= scales[i - firstRow];
        if (rows is null)
            return;
        Matrix values = valuesOf(rows);
        for (int i = firstRow; i < values.Rows; i++)
            foreach (ref float value in values.Row(i))
                value /= scales[i - firstRow];
    }
}
