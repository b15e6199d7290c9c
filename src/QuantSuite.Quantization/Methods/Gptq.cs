using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// GPTQ (Frantar et al., 2210.17323): columns are rounded one after the other, and what each loses is made up by the columns not yet rounded, along the upper Cholesky factor U of H⁻¹.
/// Equals IST-DASLab/gptq, gptq.py: damping is 1 % of H's mean diagonal; dead columns (H_jj = 0) become zeros, with H_jj = 1, after a per-row grid was fitted; groups fit their grids to
/// the weights as they stand at the start of their block of 128 columns, not as compensated inside it, so with groups the block size is part of the result; per-row grids do not depend on it.
/// Here H and U are in double, weights and updates in float32.
/// </summary>
public sealed class Gptq : QuantizationMethod
{
    /// <inheritdoc/>
    public override string Name => "gptq";

    /// <inheritdoc/>
    public override string Source => "GPTQ (2210.17323), IST-DASLab/gptq gptq.py";

    /// <summary>Columns go by falling H_jj.</summary>
    public bool ActOrder { get; init; }

    /// <summary>Groups keep their columns and take their grids from the weights before any compensation.</summary>
    public bool StaticGroups { get; init; }

    /// <summary>Grids by the clip search of <see cref="GptqGrid"/>.</summary>
    public bool SearchClip { get; init; }

    /// <summary>Damping as a share of H's mean diagonal.</summary>
    public double Damping { get; init; } = DampedHessian.DefaultDamping;

    /// <summary>Columns of a block.</summary>
    public int BlockSize { get; init; } = 128;

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Hessian;

    /// <inheritdoc/>
    public override bool SeesQuantizedInputs => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Options =>
    [
        .. new[]
        {
            (ActOrder, "actorder"), (StaticGroups, "static"), (SearchClip, "mse"), (Damping != DampedHessian.DefaultDamping, MethodOption.Text("damp", Damping)),
        }.Where(option => option.Item1).Select(option => option.Item2),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> KnownOptions => ["actorder", "static", "mse", "damp0.1"];

    /// <inheritdoc/>
    public override QuantizationMethod? With(string option) => option switch
    {
        "actorder" => Copy(actOrder: true),
        "static" => Copy(staticGroups: true),
        "mse" => Copy(searchClip: true),
        _ when MethodOption.Number(option, "damp") is > 0 and <= 1 and var damping => Copy(damping: damping),
        _ => null,
    };

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        InputStatistics inputs = linear.RequireInputs;
        if (inputs.TokenCount < inputs.Columns / 8)
        {
            linear.Warn($"saw {inputs.TokenCount} calibration tokens for {inputs.Columns} inputs, too few for a Hessian: rounded to nearest");
            return Rtn.RoundToNearest(linear.Weight, linear.Scheme, kernels: linear.Kernels);
        }
        return Quantize(linear.Weight, inputs.Hessian(), linear.Scheme, linear.Kernels, linear.Warn).Pack(linear.Scheme);
    }

    /// <summary>The algorithm on one weight.</summary>
    /// <param name="weight">[out, in].</param>
    /// <param name="hessian">H [in, in]; used up.</param>
    /// <param name="scheme">An integer format takes GPTQ's own grids, any other its own.</param>
    /// <param name="kernels">For parallel work over rows.</param>
    /// <param name="warn">Told when the damping had to be raised.</param>
    /// <exception cref="CalibrationException">H is not positive definite even with a damping of its mean diagonal.</exception>
    public GptqResult Quantize(Matrix weight, SquareMatrix hessian, QuantScheme scheme, Kernels kernels, Action<string>? warn = null)
    {
        var grids = new GridFit(scheme.Weights.ForTensor(weight.Span), scheme.Symmetric, SearchClip);
        int groupSize = scheme.Granularity.GroupSize(weight.Columns);
        var result = new GptqResult(weight.Rows, weight.Columns, groupSize, grids);
        bool perRow = scheme.Granularity.Kind != GranularityKind.Group;
        QuantGrid? shared = scheme.Granularity.Kind == GranularityKind.Tensor ? grids.Fit(weight.Span) : null;
        if (perRow)
            FitGroups(weight, result, shared, kernels, 0, weight.Columns);
        DampedHessian.RemoveDeadInputs(hessian, weight);
        if (StaticGroups && !perRow)
            FitGroups(weight, result, null, kernels, 0, weight.Columns);
        int[] order = ActOrder ? FallingDiagonal(hessian) : [.. Enumerable.Range(0, weight.Columns)];
        for (int k = 0; k < order.Length; k++)
            result.GroupOfColumn[order[k]] = (perRow || StaticGroups ? order[k] : k) / groupSize;
        SquareMatrix factor = DampedHessian.Factor(ActOrder ? hessian.Permute(order) : hessian, Damping, kernels, warn ?? (static _ => { }));
        result.Order = order;
        result.Factor = factor;
        using Matrix ordered = InOrder(weight, order);
        using var propagation = new ErrorPropagation(ordered, factor, BlockSize, kernels);
        for (int first = 0; first < ordered.Columns; first += propagation.BlockSize)
        {
            if (!perRow && !StaticGroups)
                FitGroups(ordered, result, null, kernels, first, Math.Min(first + propagation.BlockSize, ordered.Columns));
            propagation.RunBlock(first, (row, k, value) => result.Encode(row, order[k], value));
        }
        result.Loss = propagation.Loss / 2;
        return result;
    }

    private Gptq Copy(bool? actOrder = null, bool? staticGroups = null, bool? searchClip = null, double? damping = null) => new()
    {
        ActOrder = actOrder ?? ActOrder,
        StaticGroups = staticGroups ?? StaticGroups,
        SearchClip = searchClip ?? SearchClip,
        Damping = damping ?? Damping,
        BlockSize = BlockSize,
    };

    // The grids of the groups that begin in [begin, end), fitted to the weights as they stand.
    private static void FitGroups(Matrix weight, GptqResult result, QuantGrid? shared, Kernels kernels, int begin, int end) => kernels.Parallel(weight.Rows, row =>
    {
        for (int group = (begin + result.GroupSize - 1) / result.GroupSize; group * result.GroupSize < end; group++)
        {
            int first = group * result.GroupSize, last = Math.Min(first + result.GroupSize, weight.Columns);
            result.SetGrid(row, group, shared ?? result.Grids.Fit(weight.Row(row)[first..last]));
        }
    });

    private static int[] FallingDiagonal(SquareMatrix hessian) => [.. Enumerable.Range(0, hessian.Size).OrderByDescending(i => hessian[i, i])];

    private static Matrix InOrder(Matrix weight, int[] order)
    {
        var ordered = new Matrix(weight.Rows, weight.Columns);
        for (int row = 0; row < weight.Rows; row++)
            for (int k = 0; k < order.Length; k++)
                ordered[row, k] = weight[row, order[k]];
        return ordered;
    }
}
