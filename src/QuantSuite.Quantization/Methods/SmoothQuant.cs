using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// SmoothQuant (Xiao et al., 2211.10438): activation outliers migrate into the weights, s_j = max|X_j|^α / max|W_j|^(1−α), both maxima at least 10⁻⁵, the second over all linears that read the
/// input; X is divided and W multiplied by s, folded in the norm before. Equals mit-han-lab/smoothquant, smooth.py: only groups that follow a norm are smoothed.
/// </summary>
public sealed class SmoothQuant : QuantizationMethod
{
    private const float Smallest = 1e-5f;
    private const double DefaultAlpha = 0.5;

    /// <inheritdoc/>
    public override string Name => "smoothquant";

    /// <inheritdoc/>
    public override string Source => "SmoothQuant (2211.10438), mit-han-lab/smoothquant smooth.py";

    /// <summary>The migration strength α.</summary>
    public double Alpha { get; init; } = DefaultAlpha;

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Magnitudes;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Options => Alpha == DefaultAlpha ? [] : [MethodOption.Text("alpha", Alpha)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> KnownOptions => ["alpha0.75"];

    /// <inheritdoc/>
    public override QuantizationMethod? With(string option) => MethodOption.Number(option, "alpha") is >= 0 and <= 1 and var alpha ? new SmoothQuant { Alpha = alpha } : null;

    /// <inheritdoc/>
    public override void Rescale(BlockCalibration block)
    {
        foreach (LinearGroup group in block.Block.Groups.Where(group => group.Source is { IsNorm: true }))
            block.Scale(group, Scales(block.InputsOf(group).AbsMax, [.. group.Weights.Select(block.ValuesOf)], Alpha));
    }

    /// <summary>s for a group of linears.</summary>
    /// <param name="absMax">max|X_j|, [inputs].</param>
    /// <param name="weights">[out, inputs] each.</param>
    public static float[] Scales(ReadOnlySpan<float> absMax, IReadOnlyList<Matrix> weights, double alpha)
    {
        float[] largest = WeightMaxima(weights);
        var scales = new float[absMax.Length];
        for (int j = 0; j < scales.Length; j++)
        {
            float activation = (float)ElementaryFunctions.Pow(MathF.Max(absMax[j], Smallest), alpha), weight = (float)ElementaryFunctions.Pow(largest[j], 1 - alpha);
            scales[j] = MathF.Max(activation / weight, Smallest);
        }
        return scales;
    }

    /// <summary>max|W_j| over all linears, at least 10⁻⁵.</summary>
    public static float[] WeightMaxima(IReadOnlyList<Matrix> weights)
    {
        var largest = new float[weights[0].Columns];
        Array.Fill(largest, Smallest);
        foreach (Matrix weight in weights)
            for (int row = 0; row < weight.Rows; row++)
            {
                ReadOnlySpan<float> values = weight.Row(row);
                for (int j = 0; j < values.Length; j++)
                    largest[j] = MathF.Max(largest[j], MathF.Abs(values[j]));
            }
        return largest;
    }
}
