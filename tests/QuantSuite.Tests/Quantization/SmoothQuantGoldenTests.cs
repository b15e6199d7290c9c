using System.Text.Json;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>SmoothQuant against the authors' code (../shared/goldens/quantization/smoothquant).</summary>
public class SmoothQuantGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("smoothquant");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("smoothquant", file);
        using Kernels kernels = Kernels.Create(2);
        switch (golden.Op)
        {
            case "smoothquant.smooth_and_w8a8":
                CompareSmoothing(golden, kernels);
                break;
            case "smoothquant.int8_exact":
                CompareIntegers(golden, kernels);
                break;
            default:
                throw golden.Unknown();
        }
    }

    private static void CompareSmoothing(QuantizationCase golden, Kernels kernels)
    {
        string[] names = [.. golden.Params.GetProperty("linears").EnumerateArray().Select(name => name.GetString()!)];
        Matrix[] weights = [.. names.Select(golden.Input)];
        float[] gain = golden.Floats(golden.Inputs.GetProperty("ln_weight"));
        float[]? bias = golden.Inputs.TryGetProperty("ln_bias", out JsonElement given) ? golden.Floats(given) : null;
        using Matrix x = golden.Input("X");
        using Matrix before = Normed(golden, x, gain, bias);
        var inputs = new InputStatistics(x.Columns, CalibrationNeeds.Magnitudes);
        inputs.Add(before, kernels);
        QuantizationCase.Near(golden.Floats("act_scales"), inputs.AbsMax, 1e-6, "max |x|");
        QuantizationCase.Near(golden.Floats("weight_scales"), SmoothQuant.WeightMaxima(weights), 1e-6, "max |w|");
        float[] scales = SmoothQuant.Scales(inputs.AbsMax, weights, golden.Params.GetProperty("alpha").GetDouble());
        QuantizationCase.Near(golden.Floats("smoothing_scales"), scales, 1e-6, "scales");

        (bias is null ? InputSource.Norm(gain) : InputSource.Norm(gain, bias)).Divide(scales, _ => throw new InvalidOperationException());
        QuantizationCase.Near(golden.Floats("ln_weight_after"), gain, 1e-6, "gain");
        if (bias is not null)
            QuantizationCase.Near(golden.Floats("ln_bias_after"), bias, 1e-6, "bias");
        using Matrix after = Normed(golden, x, gain, bias);
        for (int i = 0; i < names.Length; i++)
        {
            for (int row = 0; row < weights[i].Rows; row++)
                for (int column = 0; column < scales.Length; column++)
                    weights[i][row, column] *= scales[column];
            CompareProduct(golden, kernels, names[i], weights[i], after);
        }
    }

    private static void CompareProduct(QuantizationCase golden, Kernels kernels, string name, Matrix weight, Matrix x)
    {
        bool perTensor = golden.Params.GetProperty("weight_quant").GetString() == "per_tensor";
        using QuantizedMatrix rounded = Rtn.RoundToNearest(weight, new QuantScheme
        {
            Weights = NumericFormats.Int(8),
            Symmetric = true,
            Granularity = perTensor ? Granularity.Tensor : Granularity.Channel,
        });
        JsonElement expected = golden.Expected.GetProperty("weight_quantized").GetProperty(name);
        float[] scales = golden.Floats(expected.GetProperty("scale"));
        int[] codes = golden.Ints(expected.GetProperty("codes"));
        for (int row = 0; row < weight.Rows; row++)
        {
            Assert.Equal(scales[perTensor ? 0 : row], rounded.Scale(row, 0), 1e-6f * scales[perTensor ? 0 : row]);
            for (int column = 0; column < weight.Columns; column++)
                Assert.Equal(codes[row * weight.Columns + column], rounded.Code(row, column) - 128);
        }
        using var activations = new QuantizedRows(x.Rows, x.Columns);
        Quantize(golden, kernels, x, activations);
        using var outputs = new Matrix(x.Rows, weight.Rows);
        kernels.Multiply(activations, rounded, outputs);
        if (golden.Inputs.TryGetProperty($"{name}_bias", out JsonElement bias))
            kernels.AddBias(golden.Floats(bias), outputs);
        using Matrix first = golden.Matrix(golden.Expected.GetProperty("outputs_w8a8_first_tokens").GetProperty(name));
        QuantizationCase.NearLargest(first.Span, outputs.Slice(0, first.Rows).Span, 1e-5, $"outputs of {name}");
    }

    // Per token dynamic, or one scale for the tensor.
    private static void Quantize(QuantizationCase golden, Kernels kernels, Matrix x, QuantizedRows activations)
    {
        bool perTensor = golden.Params.GetProperty("act_quant").GetString() == "per_tensor";
        float[] expected = golden.Has("activation_scale") ? golden.Floats("activation_scale") : golden.Has("activation_scales_per_token") ? golden.Floats("activation_scales_per_token") : golden.Floats("x_scale");
        float? scale = perTensor ? IntegerFormatScale(x) : null;
        kernels.QuantizeRows(x, NumericFormats.Int(8), activations, scale);
        for (int row = 0; row < x.Rows; row++)
            Assert.Equal(expected[perTensor ? 0 : row], Scale(activations, row), 2e-6f * expected[perTensor ? 0 : row]);
    }

    private static float IntegerFormatScale(Matrix x) => x.Span.ToArray().Max(MathF.Abs) / 127;

    private static void CompareIntegers(QuantizationCase golden, Kernels kernels)
    {
        using Matrix weight = golden.Input("W"), x = golden.Input("X");
        using QuantizedMatrix rounded = Rtn.RoundToNearest(weight, new QuantScheme { Weights = NumericFormats.Int(8), Symmetric = true });
        using var activations = new QuantizedRows(x.Rows, x.Columns);
        Quantize(golden, kernels, x, activations);
        int[] xCodes = golden.Ints("x_codes"), wCodes = golden.Ints("w_codes"), sums = golden.Ints("accumulators_int32");
        for (int token = 0; token < x.Rows; token++)
            for (int row = 0; row < weight.Rows; row++)
            {
                int sum = 0;
                for (int k = 0; k < x.Columns; k++)
                {
                    Assert.Equal(xCodes[token * x.Columns + k], Code(activations, token, k));
                    Assert.Equal(wCodes[row * x.Columns + k], rounded.Code(row, k) - 128);
                    sum += Code(activations, token, k) * (rounded.Code(row, k) - 128);
                }
                Assert.Equal(sums[token * weight.Rows + row], sum);
            }
        using var outputs = new Matrix(x.Rows, weight.Rows);
        kernels.Multiply(activations, rounded, outputs);
        QuantizationCase.NearLargest(golden.Floats("output"), outputs.Span, 1e-6, "output");
    }

    private static unsafe float Scale(QuantizedRows rows, int row) => rows.Scales[row];

    private static unsafe int Code(QuantizedRows rows, int row, int column) => rows.Codes[row * rows.Columns + column];

    private static Matrix Normed(QuantizationCase golden, Matrix x, float[] gain, float[]? bias)
    {
        bool centred = golden.Params.GetProperty("norm").GetString() == "layernorm";
        double epsilon = golden.Params.GetProperty("eps").GetDouble();
        var result = new Matrix(x.Rows, x.Columns);
        for (int row = 0; row < x.Rows; row++)
        {
            double[] values = [.. x.Row(row).ToArray().Select(value => (double)value)];
            double mean = centred ? values.Average() : 0, deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) + epsilon);
            for (int column = 0; column < values.Length; column++)
                result[row, column] = (float)((values[column] - mean) / deviation * gain[column] + (bias?[column] ?? 0));
        }
        return result;
    }
}
