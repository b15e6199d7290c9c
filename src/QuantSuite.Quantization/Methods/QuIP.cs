using System.Text;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// QuIP (Chee et al., 2307.13304): weights and Hessian are made incoherent, W ← U W D Vᵀ and x ← V D⁻¹ x with D = (diag H / diag WᵀW)^¼ and random orthogonal
/// U and V, and the result is rounded by
/// <see cref="Ldlq"/> on one grid of ±2.4 root mean squares for the whole weight. Equals Cornell-RelaxML/QuIP's preprocessing, <c>qfn b</c> and LDLQ.
/// Executed as it is: the codes are those of the incoherent weight, x is mapped before and y mapped back after the product; the reference maps the rounded
/// weights back to a dense float16 matrix instead.
/// Differs: linears that read one input share D (of their stacked weights) and V, so that an input is mapped once; U and V are one block a factor, from seeds
/// that the names of the linears give.
/// The option <c>greedyN</c> adds N greedy passes.
/// </summary>
public sealed class QuIP : QuantizationMethod
{
    private const double Damping = 0.01;
    private const double SmallestDiagonal = 1e-8;
    private const double Regularization = 0.01;
    private const float RangeInDeviations = 2.4f;

    /// <summary>The most greedy passes after LDLQ.</summary>
    public int GreedyPassCount { get; init; }

    /// <inheritdoc/>
    public override string Name => "quip";

    /// <inheritdoc/>
    public override string Source => "QuIP: 2-Bit Quantization of Large Language Models With Guarantees (2307.13304), Cornell-RelaxML/QuIP";

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Hessian;

    /// <inheritdoc/>
    public override bool SeesQuantizedInputs => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Options => GreedyPassCount == 0 ? [] : [$"greedy{GreedyPassCount}"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> KnownOptions => ["greedy9"];

    /// <inheritdoc/>
    public override QuantizationMethod? With(string option) => MethodOption.Number(option, "greedy") is > 0 and <= 100 and var count && count == Math.Floor(count)
        ? new QuIP { GreedyPassCount = (int)count }
        : null;

    /// <inheritdoc/>
    public override string? Refusal(QuantScheme scheme) =>
        scheme is { Weights: IntegerFormat, Activations: null, Granularity.Kind: not GranularityKind.Group }
            ? null
            : "integers without groups, and no integer activations: QuIP has one grid for a whole weight, whose zero point is half a step";

    /// <inheritdoc/>
    public override void Rescale(BlockCalibration block)
    {
        foreach (LinearGroup group in block.Block.Groups)
        {
            float[] scales = Scales(block.InputsOf(group).Hessian(), ColumnSquares([.. group.Weights.Select(block.ValuesOf)]));
            var rotation = KroneckerRotation.Random(scales.Length, SeedOf(group.Weights[0].Name + " inputs"));
            block.Transform(group, new ScaledTransform(scales, rotation), weight => KroneckerRotation.Random(weight.Rows, SeedOf(weight.Name + " outputs")));
        }
    }

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        Matrix weight = linear.Weight;
        var format = (IntegerFormat)linear.Scheme.Weights;
        SquareMatrix hessian = linear.RequireInputs.Hessian();
        Regularize(hessian);
        Damp(hessian, Damping);
        Ldlq ldlq = Ldlq.Decompose(hessian, linear.Kernels) ?? throw new CalibrationException(
            $"{linear.Name}: the Hessian of its inputs is not positive definite, even with {Regularization} of its mean diagonal added. Calibrate on more or other text.");
        QuantGrid grid = Grid(weight, format.LastCode);
        using Matrix measured = Measure(weight, [.. Enumerable.Repeat(grid, weight.Rows)], format.LastCode);
        byte[][] codes = ldlq.Round(measured, format.LastCode, GreedyPassCount);
        var quantized = new QuantizedMatrix(weight.Rows, weight.Columns, format, weight.Columns, new FloatValues(weight.Rows, 1), new FloatValues(weight.Rows, 1));
        for (int row = 0; row < weight.Rows; row++)
        {
            quantized.SetGrid(row, 0, grid);
            for (int column = 0; column < weight.Columns; column++)
                quantized.SetCode(row, column, codes[row][column]);
        }
        return quantized;
    }

    /// <summary>(diag H / diag WᵀW)^¼ by channel: what W is multiplied and the inputs are divided by, so that both spread alike.</summary>
    /// <param name="hessian">H; only its diagonal, relative to its largest entry, counts.</param>
    /// <param name="squares">diag WᵀW.</param>
    public static float[] Scales(SquareMatrix hessian, ReadOnlySpan<double> squares)
    {
        double largest = 0;
        for (int i = 0; i < hessian.Size; i++)
            largest = Math.Max(largest, hessian[i, i]);
        var scales = new float[hessian.Size];
        for (int i = 0; i < scales.Length; i++)
            scales[i] = (float)Math.Max(Math.Sqrt(Math.Sqrt(Math.Max(hessian[i, i] / largest, SmallestDiagonal) / Math.Max(squares[i], SmallestDiagonal))), SmallestDiagonal);
        return scales;
    }

    /// <summary>H·n/tr H + 0.01·I, before a rotation.</summary>
    public static void Regularize(SquareMatrix hessian)
    {
        double trace = 0;
        for (int i = 0; i < hessian.Size; i++)
            trace += hessian[i, i];
        hessian.Scale(hessian.Size / (trace + SmallestDiagonal));
        for (int i = 0; i < hessian.Size; i++)
            hessian[i, i] += Regularization;
    }

    /// <summary>H + share · mean diag H · I.</summary>
    public static void Damp(SquareMatrix hessian, double share)
    {
        double mean = 0;
        for (int i = 0; i < hessian.Size; i++)
            mean += hessian[i, i] / hessian.Size;
        for (int i = 0; i < hessian.Size; i++)
            hessian[i, i] += share * mean;
    }

    /// <summary>The grid of a whole weight: codes 0 … 2ᵇ−1 span ±2.4 root mean squares.</summary>
    public static QuantGrid Grid(Matrix weight, int lastCode)
    {
        double squares = 0;
        for (int row = 0; row < weight.Rows; row++)
            foreach (float value in weight.Row(row))
                squares += (double)value * value;
        float range = RangeInDeviations * (float)Math.Sqrt(squares / ((double)weight.Rows * weight.Columns)) + 1e-16f;
        return new QuantGrid(2 * range / lastCode, lastCode / 2f);
    }

    /// <summary>diag WᵀW of weights that read one input, stacked.</summary>
    public static double[] ColumnSquares(IReadOnlyList<Matrix> weights)
    {
        var squares = new double[weights[0].Columns];
        foreach (Matrix weight in weights)
            for (int row = 0; row < weight.Rows; row++)
                for (int column = 0; column < squares.Length; column++)
                    squares[column] += (double)weight[row, column] * weight[row, column];
        return squares;
    }

    /// <summary>The values in units of their row's grid, clamp(w/s + z), to be rounded.</summary>
    public static Matrix Measure(Matrix weight, IReadOnlyList<QuantGrid> grids, int lastCode)
    {
        var measured = new Matrix(weight.Rows, weight.Columns);
        for (int row = 0; row < weight.Rows; row++)
            for (int column = 0; column < weight.Columns; column++)
                measured[row, column] = MathF.Max(0, MathF.Min(lastCode, weight[row, column] / grids[row].Scale + grids[row].Zero));
        return measured;
    }

    // 64-bit FNV-1a.
    private static ulong SeedOf(string name)
    {
        ulong hash = 14695981039346656037;
        foreach (byte value in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ value) * 1099511628211;
        return hash;
    }
}
