using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// SliM-LLM's rounding of one weight [out, in], <c>SliMGPTQ.fasterquant</c>: every group of columns has bits of its own (<see cref="SliMLlmAllocation"/>), its rows take grids by
/// <see cref="SalienceWeightedGrid"/>, and errors propagate column by column, group after group. Groups of one bit are μ ± α with α = mean|w| (not mean|w − μ|: as in the reference).
/// </summary>
/// <remarks>
/// The reference's salience adds 0.01 to the diagonal of H in place, so its final pass damps H + 0.01·I again; so does this one. Its quantizer begins symmetric until the first group
/// that is not a low-bit one, a slip that carries over between layers; all grids are asymmetric here, as the paper has them.
/// </remarks>
internal sealed class SliMLlmRounding
{
    private const double SalienceDamping = 0.01;

    private readonly Matrix weight;
    private readonly SquareMatrix factor;
    private readonly double lambda;
    private readonly Func<float, float> hold;
    private readonly QuantGrid[] grids;

    /// <summary>Rounds a weight.</summary>
    /// <param name="weight">[out, in], changed to the rounded values.</param>
    /// <param name="hessian">H [in, in], used up.</param>
    /// <param name="samples">Inputs, one matrix [tokens, in] a sequence.</param>
    /// <param name="bits">The mean bits N; groups have N − 1, N or N + 1.</param>
    /// <param name="groupSize">Columns of a group.</param>
    /// <param name="lambda">λ, how much salient weights count in the fit.</param>
    /// <param name="damping">As a share of mean(diag H).</param>
    /// <param name="hold">How the two values of one bit are held: rounded to the storage's precision; null leaves them.</param>
    public SliMLlmRounding(Matrix weight, SquareMatrix hessian, IReadOnlyList<Matrix> samples, int bits, int groupSize, double lambda, double damping, Kernels kernels, Action<string> warn,
        Func<float, float>? hold = null)
    {
        this.weight = weight;
        this.lambda = lambda;
        this.hold = hold ?? (static value => value);
        GroupSize = Math.Min(groupSize, weight.Columns);
        using (var original = new Matrix(weight.Rows, weight.Columns, weight.Span))
        {
            DampedHessian.RemoveDeadInputs(hessian, weight);
            DampedHessian.Add(hessian, SalienceDamping);
            Allocation = new SliMLlmAllocation(original, DampedHessian.Factor(hessian.Copy(), 0, kernels, warn), samples, bits, GroupSize, kernels);
        }
        factor = DampedHessian.Factor(hessian, damping, kernels, warn);
        GroupBits = SliMLlmAllocation.Bits(SliMLlmAllocation.SalienceOf(weight, factor, GroupSize), bits, Allocation.Chosen);
        grids = new QuantGrid[weight.Rows * GroupBits.Length];
        Codes = new byte[weight.Rows * weight.Columns];
        Salient = new bool[weight.Rows * weight.Columns];
        using var propagation = new ErrorPropagation(weight, factor, GroupSize, kernels);
        for (int first = 0; first < weight.Columns; first += GroupSize)
        {
            Fit(first, Math.Min(GroupSize, weight.Columns - first), kernels);
            propagation.RunBlock(first, Round);
        }
        Loss = propagation.Loss / 2;
    }

    /// <summary>Columns of a group.</summary>
    public int GroupSize { get; }

    /// <summary>How bits were shared out.</summary>
    public SliMLlmAllocation Allocation { get; }

    /// <summary>Bits by group of columns.</summary>
    public int[] GroupBits { get; }

    /// <summary>[out, in]; 0 or 1 in groups of one bit.</summary>
    public byte[] Codes { get; }

    /// <summary>[out, in]: the weights that counted as salient in their group's fit; none in groups of one bit.</summary>
    public bool[] Salient { get; }

    /// <summary>Σ (w − ŵ)²/(2·U_jj²).</summary>
    public double Loss { get; }

    /// <summary>Scale and zero point of a group of a row; of one bit, α and μ.</summary>
    public QuantGrid Grid(int row, int group) => grids[row * GroupBits.Length + group];

    /// <summary>μ ± α of a group of one bit.</summary>
    public float SignValue(int row, int group, int code) => Grid(row, group) is var grid && code == 1 ? hold(grid.Scale + grid.Zero) : hold(grid.Zero - grid.Scale);

    /// <summary>μ = mean(w) and α = mean|w| of a group of one bit.</summary>
    public static Binarization FitSigns(ReadOnlySpan<float> values)
    {
        double sum = 0, magnitudes = 0;
        foreach (float value in values)
            (sum, magnitudes) = (sum + value, magnitudes + MathF.Abs(value));
        return new Binarization((float)(sum / values.Length), (float)(magnitudes / values.Length));
    }

    private void Fit(int first, int count, Kernels kernels)
    {
        int group = first / GroupSize, bits = GroupBits[group];
        bool[] salient = bits == 1 ? new bool[weight.Rows * count] : SalienceWeightedGrid.Salient(Salience(first, count));
        kernels.Parallel(weight.Rows, row =>
        {
            ReadOnlySpan<float> values = weight.Row(row).Slice(first, count);
            ReadOnlySpan<bool> ofRow = salient.AsSpan(row * count, count);
            ofRow.CopyTo(Salient.AsSpan(row * weight.Columns + first));
            Binarization signs = FitSigns(values);
            grids[row * GroupBits.Length + group] = bits == 1 ? new QuantGrid(signs.Scale, signs.Mean) : SalienceWeightedGrid.Fit(values, ofRow, bits, symmetric: false, lambda).Grid;
        });
    }

    private float[] Salience(int first, int count)
    {
        var salience = new float[weight.Rows * count];
        for (int row = 0; row < weight.Rows; row++)
            for (int i = 0; i < count; i++)
            {
                float value = weight[row, first + i], pivot = (float)factor[first + i, first + i];
                salience[row * count + i] = value * value / (pivot * pivot);
            }
        return salience;
    }

    private float Round(int row, int column, float value)
    {
        int group = column / GroupSize, bits = GroupBits[group];
        QuantGrid grid = Grid(row, group);
        int code = bits == 1 ? (value >= grid.Zero ? 1 : 0) : GptqGrid.Encode(value, grid, bits);
        Codes[row * weight.Columns + column] = (byte)code;
        return bits > 1 ? GptqGrid.Decode(code, grid) : SignValue(row, group, code);
    }
}
