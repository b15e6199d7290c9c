using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// SliM-LLM's salience-determined bit allocation (SBA): the i groups of columns with the least salience Σ w²/U_jj² take a bit less, the i with the most a bit more, so that the mean
/// stays; i is the one whose outputs lie nearest to the original's, by the divergence of their softmax over the output dimension.
/// </summary>
/// <remarks>
/// As in the reference, candidates run from 1 to half the groups − 1 with plain grids and the original weights, i = 0 is not tried, and the divergence of a sequence is
/// Σ p_q·(ln p_q − ln p_0), both clamped at 1e-6. One step of i changes two groups, so its outputs are the last one's and two thin products, not a whole one.
/// </remarks>
internal sealed class SliMLlmAllocation
{
    private const double LeastProbability = 1e-6;

    private readonly Matrix weight;
    private readonly int bits;
    private readonly int groupSize;
    private readonly Kernels kernels;

    /// <summary>Searches the allocation of a weight.</summary>
    /// <param name="weight">[out, in], unchanged.</param>
    /// <param name="factor">U of the Hessian that salience is measured with.</param>
    /// <param name="samples">Inputs, one matrix [tokens, in] a sequence.</param>
    public SliMLlmAllocation(Matrix weight, SquareMatrix factor, IReadOnlyList<Matrix> samples, int bits, int groupSize, Kernels kernels)
    {
        this.weight = weight;
        this.bits = bits;
        this.groupSize = groupSize;
        this.kernels = kernels;
        Salience = SalienceOf(weight, factor, groupSize);
        int candidates = Math.Max(0, Salience.Length / 2 - 1);
        Divergences = [.. samples.Select(sample => DivergencesOf(sample, candidates))];
        double[] mean = [.. Enumerable.Range(0, candidates).Select(i => Divergences.Average(ofSample => ofSample[i]))];
        Chosen = candidates == 0 ? 0 : Array.IndexOf(mean, mean.Min()) + 1;
    }

    /// <summary>Σ w²/U_jj² of each group of columns.</summary>
    public double[] Salience { get; }

    /// <summary>By sequence, the divergence at i = 1, 2, …</summary>
    public double[][] Divergences { get; }

    /// <summary>The best i; 0 where there are too few groups to choose.</summary>
    public int Chosen { get; }

    /// <summary>Bits by group when i of each kind differ.</summary>
    public static int[] Bits(double[] salience, int bits, int i)
    {
        int[] order = [.. Enumerable.Range(0, salience.Length).OrderBy(group => salience[group])];
        var result = new int[salience.Length];
        Array.Fill(result, bits);
        for (int k = 0; k < i; k++)
        {
            result[order[k]] = bits - 1;
            result[order[^(k + 1)]] = bits + 1;
        }
        return result;
    }

    /// <summary>Σ w²/U_jj² of each group of columns.</summary>
    public static double[] SalienceOf(Matrix weight, SquareMatrix factor, int groupSize)
    {
        var salience = new double[(weight.Columns + groupSize - 1) / groupSize];
        for (int row = 0; row < weight.Rows; row++)
            for (int column = 0; column < weight.Columns; column++)
                salience[column / groupSize] += (double)weight[row, column] * weight[row, column] / (factor[column, column] * factor[column, column]);
        return salience;
    }

    private double[] DivergencesOf(Matrix x, int candidates)
    {
        using Matrix original = Multiply(x, weight), outputs = new(x.Rows, weight.Rows);
        int[] current = Bits(Salience, bits, 0);
        for (int group = 0; group < current.Length; group++)
            AddGroup(x, group, 0, current[group], outputs);
        var divergences = new double[candidates];
        for (int i = 1; i <= candidates; i++)
        {
            int[] next = Bits(Salience, bits, i);
            for (int group = 0; group < next.Length; group++)
                if (next[group] != current[group])
                    AddGroup(x, group, current[group], next[group], outputs);
            current = next;
            divergences[i - 1] = Divergence(outputs, original);
        }
        return divergences;
    }

    private Matrix Multiply(Matrix x, Matrix values)
    {
        using var panels = new DensePanels(values, NumericFormats.Fp32);
        var y = new Matrix(x.Rows, values.Rows);
        kernels.Multiply(x, panels, y);
        return y;
    }

    // outputs += x_group·(Ŵ_group at new bits − Ŵ_group at old bits)ᵀ; 0 bits are zeros.
    private void AddGroup(Matrix x, int group, int oldBits, int newBits, Matrix outputs)
    {
        int first = group * groupSize, count = Math.Min(groupSize, weight.Columns - first);
        using var part = new Matrix(x.Rows, count);
        using var difference = new Matrix(weight.Rows, count);
        for (int row = 0; row < x.Rows; row++)
            x.Row(row).Slice(first, count).CopyTo(part.Row(row));
        kernels.Parallel(weight.Rows, row =>
        {
            ReadOnlySpan<float> values = weight.Row(row).Slice(first, count);
            Span<float> before = stackalloc float[count], after = difference.Row(row);
            RoundPlainly(values, oldBits, before);
            RoundPlainly(values, newBits, after);
            for (int i = 0; i < count; i++)
                after[i] -= before[i];
        });
        using Matrix change = Multiply(part, difference);
        kernels.Add(change, outputs);
    }

    private static void RoundPlainly(ReadOnlySpan<float> values, int bits, Span<float> result)
    {
        if (bits == 0)
            result.Clear();
        else if (bits == 1)
        {
            Binarization signs = SliMLlmRounding.FitSigns(values);
            for (int i = 0; i < values.Length; i++)
                result[i] = signs.Round(values[i]);
        }
        else
        {
            QuantGrid grid = GptqGrid.Fit(values, bits, symmetric: false);
            for (int i = 0; i < values.Length; i++)
                result[i] = GptqGrid.Decode(GptqGrid.Encode(values[i], grid, bits), grid);
        }
    }

    private double Divergence(Matrix outputs, Matrix original)
    {
        var sums = new double[outputs.Rows];
        kernels.Parallel(outputs.Rows, token => sums[token] = Divergence(outputs.Row(token), original.Row(token)));
        return sums.Sum();
    }

    private static double Divergence(ReadOnlySpan<float> outputs, ReadOnlySpan<float> original)
    {
        (float max, double sum) = Normalizer(outputs);
        (float originalMax, double originalSum) = Normalizer(original);
        double divergence = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double p = Math.Max(LeastProbability, ElementaryFunctions.Exp(outputs[i] - max) / sum);
            double p0 = Math.Max(LeastProbability, ElementaryFunctions.Exp(original[i] - originalMax) / originalSum);
            if (p != p0)
                divergence += p * ElementaryFunctions.Log(p / p0);
        }
        return divergence;
    }

    private static (float Max, double Sum) Normalizer(ReadOnlySpan<float> values)
    {
        float max = float.NegativeInfinity;
        double sum = 0;
        foreach (float value in values)
            max = MathF.Max(max, value);
        foreach (float value in values)
            sum += ElementaryFunctions.Exp(value - max);
        return (max, sum);
    }
}
