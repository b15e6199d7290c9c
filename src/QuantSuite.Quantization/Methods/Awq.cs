using System.Runtime.Intrinsics;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// AWQ (Lin et al., 2306.00978): channels that carry large activations are scaled up before rounding. Equals mit-han-lab/llm-awq, auto_scale.py and auto_clip.py.
/// Scales: s = clamp(x̄^r, 10⁻⁴) / √(max s · min s) for r = 0, 1/20 … 19/20, x̄ the mean magnitude of a channel; the r of least mean squared error of the module that reads the input (the
/// whole attention, the whole MLP, or the linear) stays, and s is folded in the operation before. All searches of a block see the unscaled block.
/// Clipping, of all but queries and keys: the largest magnitude of each group shrinks by 1 − i/20, i = 0 … 9, to the least squared error of the group's share of the output over at most
/// 512 tokens. Grids are AWQ's, fitted to the group without widening to 0.
/// </summary>
public sealed class Awq : QuantizationMethod
{
    private const int RatioCount = 20;
    private const int ShrinkCount = 10;
    private const float SmallestScale = 1e-4f;

    /// <inheritdoc/>
    public override string Name => "awq";

    /// <inheritdoc/>
    public override string Source => "AWQ (2306.00978), mit-han-lab/llm-awq auto_scale.py, auto_clip.py";

    /// <summary>Tokens that the clip search looks at.</summary>
    public int ClipTokenCount { get; init; } = 512;

    /// <summary>Whether weights are clipped; option <c>noclip</c> leaves it out.</summary>
    public bool Clips { get; init; } = true;

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Magnitudes | CalibrationNeeds.Samples;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Options => Clips ? [] : ["noclip"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> KnownOptions => ["noclip"];

    /// <inheritdoc/>
    public override QuantizationMethod? With(string option) => option == "noclip" ? new Awq { ClipTokenCount = ClipTokenCount, Clips = false } : null;

    /// <inheritdoc/>
    public override void Rescale(BlockCalibration block)
    {
        LinearGroup[] groups = [.. block.Block.Groups.Where(group => group.Source is not null)];
        AwqSearch[] searches = [.. groups.Select(group => Search(block, group))];
        for (int i = 0; i < groups.Length; i++)
            block.Scale(groups[i], searches[i].Scales);
    }

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        QuantScheme scheme = SchemeOf(linear.Scheme);
        if (Clips && !IsQueryOrKey(linear.Name) && linear.Inputs?.Sampled is { } x)
        {
            using Matrix limits = ClipLimits(linear.Weight, x, scheme, linear.Kernels);
            Clip(linear.Weight, limits, scheme.Granularity.GroupSize(linear.Weight.Columns));
        }
        return Rtn.RoundToNearest(linear.Weight, scheme, kernels: linear.Kernels);
    }

    /// <summary>The scheme with AWQ's own integer grids.</summary>
    public static QuantScheme SchemeOf(QuantScheme scheme) => scheme is { Weights: IntegerFormat { Range: IntegerRange.Standard } integers, Symmetric: false }
        ? scheme with { Weights = new IntegerFormat(integers.Bits, IntegerRange.Tight) }
        : scheme;

    /// <summary>The search over the ratios for one group, on the block as it stands.</summary>
    public static AwqSearch Search(BlockCalibration block, LinearGroup group)
    {
        InputStatistics inputs = block.InputsOf(group);
        Matrix x = inputs.Sampled!;
        int outputs = group.Module is null ? group.Weights[0].Rows : x.Columns;
        using var expected = new Matrix(x.Rows, outputs);
        using var actual = new Matrix(x.Rows, outputs);
        block.RunModule(group, x, expected);
        float[] mean = inputs.AbsMean;
        var losses = new double[RatioCount];
        int best = 0;
        for (int i = 0; i < RatioCount; i++)
        {
            TryScales(block, group, ScalesOf(mean, (double)i / RatioCount));
            block.RunModule(group, x, actual);
            losses[i] = MeanSquare(expected, actual, block.Kernels);
            if (losses[i] < losses[best])
                best = i;
        }
        foreach (Weight weight in group.Weights)
            weight.Store(new DensePanels(block.ValuesOf(weight), NumericFormats.Fp32));
        if (!double.IsFinite(losses[best]))
            throw new CalibrationException($"{group.Weights[0].Name}: no ratio of AWQ's search gives finite outputs on the calibration text.");
        return new AwqSearch(losses, best, ScalesOf(mean, (double)best / RatioCount));
    }

    /// <summary>The largest magnitude to keep, [out, groups].</summary>
    /// <param name="weight">[out, in].</param>
    /// <param name="x">[tokens, in]; every so many-th is looked at.</param>
    public Matrix ClipLimits(Matrix weight, Matrix x, QuantScheme scheme, Kernels kernels)
    {
        int groupSize = scheme.Granularity.GroupSize(weight.Columns), groupCount = (weight.Columns + groupSize - 1) / groupSize, stride = Math.Max(1, x.Rows / ClipTokenCount);
        var limits = new Matrix(weight.Rows, groupCount);
        kernels.Parallel(groupCount, group =>
        {
            int first = group * groupSize, count = Math.Min(groupSize, weight.Columns - first);
            double[] gram = Gram(x, stride, first, count);
            var search = new ClipSearch(scheme, gram, count);
            for (int row = 0; row < weight.Rows; row++)
                limits[row, group] = search.Limit(weight.Row(row).Slice(first, count));
        });
        return limits;
    }

    /// <summary>Cuts every weight off at its group's limit.</summary>
    /// <param name="limits">[out, groups].</param>
    /// <param name="groupSize">Columns of a group; the last may be shorter.</param>
    public static void Clip(Matrix weight, Matrix limits, int groupSize)
    {
        for (int row = 0; row < weight.Rows; row++)
            for (int column = 0; column < weight.Columns; column++)
            {
                float limit = limits[row, column / groupSize];
                weight[row, column] = MathF.Max(-limit, MathF.Min(limit, weight[row, column]));
            }
    }

    private static bool IsQueryOrKey(string name) => name.Split('.')[^1] is var last && (last.Contains("q_", StringComparison.Ordinal) || last.Contains("k_", StringComparison.Ordinal)
        || last.Contains("query", StringComparison.Ordinal) || last.Contains("key", StringComparison.Ordinal) || last.Contains("Wqkv", StringComparison.Ordinal));

    private static float[] ScalesOf(float[] mean, double ratio)
    {
        float[] scales = Array.ConvertAll(mean, value => MathF.Max(SmallestScale, ratio == 0 ? 1 : value == 0 ? 0 : (float)ElementaryFunctions.Pow(value, ratio)));
        float middle = MathF.Sqrt(scales.Max() * scales.Min());
        return Array.ConvertAll(scales, scale => scale / middle);
    }

    private static void TryScales(BlockCalibration block, LinearGroup group, float[] scales)
    {
        foreach (Weight weight in group.Weights)
        {
            Matrix source = block.ValuesOf(weight);
            using var scaled = new Matrix(source.Rows, source.Columns, source.Span);
            block.Kernels.Parallel(scaled.Rows, row => Scale(scaled.Row(row), scales, multiply: true));
            FakeQuantization.Apply(scaled, SchemeOf(block.SchemeOf(weight)), block.Kernels);
            block.Kernels.Parallel(scaled.Rows, row => Scale(scaled.Row(row), scales, multiply: false));
            weight.Store(new DensePanels(scaled, NumericFormats.Fp32));
        }
    }

    private static void Scale(Span<float> row, float[] scales, bool multiply)
    {
        for (int i = 0; i < row.Length; i++)
            row[i] = multiply ? row[i] * scales[i] : row[i] / scales[i];
    }

    // Eight chains of doubles a row.
    private static double MeanSquare(Matrix expected, Matrix actual, Kernels kernels)
    {
        var sums = new double[expected.Rows];
        kernels.Parallel(expected.Rows, row =>
        {
            ReadOnlySpan<float> a = expected.Row(row), b = actual.Row(row);
            Vector512<double> chains = default;
            int lanes = Vector256<float>.Count, i = 0;
            for (; i + lanes <= a.Length; i += lanes)
            {
                Vector512<double> difference = Vector512.WidenLower(Vector256.Create(a[i..]).ToVector512()) - Vector512.WidenLower(Vector256.Create(b[i..]).ToVector512());
                chains = Vector512.FusedMultiplyAdd(difference, difference, chains);
            }
            double sum = 0;
            for (int lane = 0; lane < Vector512<double>.Count; lane++)
                sum += chains[lane];
            for (; i < a.Length; i++)
                sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
            sums[row] = sum;
        });
        return sums.Sum() / expected.Rows / expected.Columns;
    }

    private static double[] Gram(Matrix x, int stride, int first, int count)
    {
        var gram = new double[count * count];
        for (int token = 0; token < x.Rows; token += stride)
        {
            ReadOnlySpan<float> values = x.Row(token).Slice(first, count);
            for (int i = 0; i < count; i++)
            {
                double factor = values[i];
                Span<double> row = gram.AsSpan(i * count, count);
                for (int j = 0; j < count; j++)
                    row[j] = Math.FusedMultiplyAdd(factor, values[j], row[j]);
            }
        }
        return gram;
    }

    // The error of a group's share of the output, Σₜ ((w − ŵ)·xₜ)², is (w − ŵ)ᵀ G (w − ŵ) for G = Σₜ xₜxₜᵀ.
    private sealed class ClipSearch(QuantScheme scheme, double[] gram, int count)
    {
        private readonly float[] clipped = new float[count];
        private readonly byte[] codes = new byte[count];
        private readonly double[] difference = new double[count];
        private readonly double[] image = new double[count];

        public float Limit(ReadOnlySpan<float> weights)
        {
            float largest = 0, limit = 0;
            foreach (float weight in weights)
                largest = MathF.Max(largest, MathF.Abs(weight));
            double best = double.PositiveInfinity;
            for (int i = 0; i < ShrinkCount; i++)
            {
                float candidate = largest * (float)(1 - (double)i / RatioCount);
                if (Error(weights, candidate) is var error && error < best)
                    (best, limit) = (error, candidate);
            }
            return limit;
        }

        private double Error(ReadOnlySpan<float> weights, float limit)
        {
            for (int i = 0; i < count; i++)
                clipped[i] = MathF.Max(-limit, MathF.Min(limit, weights[i]));
            QuantGrid grid = scheme.Weights.Quantize(clipped, scheme.Symmetric, codes);
            for (int i = 0; i < count; i++)
                difference[i] = (double)weights[i] - scheme.Weights.Decode(codes[i], grid);
            Array.Clear(image);
            for (int i = 0; i < count; i++)
                AddScaled(difference[i], gram.AsSpan(i * count, count), image);
            double error = 0;
            for (int i = 0; i < count; i++)
                error = Math.FusedMultiplyAdd(difference[i], image[i], error);
            return error;
        }

        // y += a·x.
        private static void AddScaled(double a, ReadOnlySpan<double> x, Span<double> y)
        {
            Vector512<double> factor = Vector512.Create(a);
            int i = 0;
            for (; i + Vector512<double>.Count <= x.Length; i += Vector512<double>.Count)
                Vector512.FusedMultiplyAdd(factor, Vector512.Create(x[i..]), Vector512.Create<double>(y[i..])).CopyTo(y[i..]);
            for (; i < x.Length; i++)
                y[i] = Math.FusedMultiplyAdd(a, x[i], y[i]);
        }
    }
}

/// <summary>What AWQ's search found for one group of linears.</summary>
/// <param name="Losses">The module's mean squared error at each ratio i/20.</param>
/// <param name="Best">The index of the least.</param>
/// <param name="Scales">[inputs].</param>
public sealed record AwqSearch(IReadOnlyList<double> Losses, int Best, float[] Scales);
