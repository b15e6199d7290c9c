using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>One case file of goldens/quantization: its tensors, also those that lie in shared inputs, and comparisons with the tolerances of its README.</summary>
internal sealed class GoldenCase
{
    private readonly string path;
    private readonly JsonElement root;

    public GoldenCase(string folder, string file)
    {
        path = Path.Combine(Goldens.Folder(folder), file);
        root = Goldens.Json(path);
    }

    public string Op => root.GetProperty("op").GetString()!;

    public JsonElement Parameters => root.GetProperty("params");

    public JsonElement Expected => root.GetProperty("expected");

    public int Int(string parameter) => Parameters.GetProperty(parameter).GetInt32();

    public int? OptionalInt(string parameter) => Parameters.GetProperty(parameter) is { ValueKind: JsonValueKind.Number } value ? value.GetInt32() : null;

    public double? OptionalDouble(string parameter) => Parameters.GetProperty(parameter) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;

    public bool Flag(string parameter) => Parameters.GetProperty(parameter).GetBoolean();

    public string Text(string parameter) => Parameters.GetProperty(parameter).GetString()!;

    /// <summary>An input of two dimensions.</summary>
    public Matrix Input(string name)
    {
        JsonElement tensor = Resolve(root.GetProperty("inputs").GetProperty(name));
        return new Matrix(Shape(tensor)[0], Shape(tensor)[1], Floats(tensor));
    }

    /// <summary>An input's values.</summary>
    public float[] InputValues(string name) => Floats(Resolve(root.GetProperty("inputs").GetProperty(name)));

    /// <summary>The statistics of X [sequences, tokens, in].</summary>
    public InputStatistics Inputs(Kernels kernels, CalibrationNeeds needs = CalibrationNeeds.Hessian)
    {
        JsonElement tensor = Resolve(root.GetProperty("inputs").GetProperty("X"));
        int[] shape = Shape(tensor);
        float[] values = Floats(tensor);
        var statistics = new InputStatistics(shape[2], needs, shape[0]);
        for (int i = 0; i < shape[0]; i++)
        {
            using var x = new Matrix(shape[1], shape[2], values.AsSpan(i * shape[1] * shape[2], shape[1] * shape[2]));
            statistics.Add(x, kernels);
        }
        return statistics;
    }

    /// <summary>An expected tensor's values.</summary>
    public float[] Floats(string expected) => Floats(Expected.GetProperty(expected));

    /// <summary>An expected tensor's whole numbers.</summary>
    public int[] Ints(string expected) => Ints(Expected.GetProperty(expected));

    public static float[] Floats(JsonElement tensor) => [.. tensor.GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];

    public static double[] Doubles(JsonElement tensor) => [.. tensor.GetProperty("data").EnumerateArray().Select(value => value.GetDouble())];

    public static int[] Ints(JsonElement tensor) => [.. tensor.GetProperty("data").EnumerateArray().Select(value => value.GetInt32())];

    /// <summary>Whether the case expects a quantity.</summary>
    public bool Expects(string name) => Expected.TryGetProperty(name, out _);

    /// <summary>Every value within a share of its own magnitude.</summary>
    public static void AssertClose(float[] expected, IEnumerable<float> actual, double relative, string what)
    {
        float[] values = [.. actual];
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < values.Length; i++)
            Assert.True(Math.Abs(expected[i] - values[i]) <= relative * Math.Abs(expected[i]), $"{what}[{i}]: expected {expected[i]:R}, got {values[i]:R}");
    }

    /// <summary>Every value within a share of the largest magnitude.</summary>
    public static void AssertNear(double[] expected, double[] actual, double relative, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double limit = relative * expected.Max(Math.Abs);
        for (int i = 0; i < actual.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= limit, $"{what}[{i}]: expected {expected[i]:R}, got {actual[i]:R}, limit {limit:R}");
    }

    /// <summary>The values of <c>dequant</c>: all of a small matrix, else the first two rows and the last one, and both sums.</summary>
    public void AssertDequantized(Matrix actual, double relative = 1e-5)
    {
        JsonElement dequant = Expected.GetProperty("dequant");
        float largest = actual.Span.ToArray().Max(Math.Abs);
        void Rows(string name, int first)
        {
            if (!dequant.TryGetProperty(name, out JsonElement tensor))
                return;
            float[] expected = Floats(tensor);
            for (int i = 0; i < expected.Length; i++)
            {
                float value = actual[first + i / actual.Columns, i % actual.Columns];
                Assert.True(Math.Abs(expected[i] - value) <= relative * largest, $"{name}[{i / actual.Columns}, {i % actual.Columns}]: expected {expected[i]:R}, got {value:R}");
            }
        }
        Rows("values", 0);
        Rows("first_rows", 0);
        Rows("last_row", actual.Rows - 1);
        double squares = actual.Span.ToArray().Sum(value => (double)value * value);
        Assert.Equal(dequant.GetProperty("sum_sq").GetDouble(), squares, 2 * relative * squares);
    }

    /// <summary>A scalar within a share of itself.</summary>
    public void AssertScalar(string name, double actual, double relative)
    {
        double expected = Expected.GetProperty(name).GetDouble();
        Assert.True(Math.Abs(expected - actual) <= relative * Math.Abs(expected), $"{name}: expected {expected:R}, got {actual:R}");
    }

    /// <summary>‖XWᵀ − XŴᵀ‖² / ‖XWᵀ‖², from H = (2/n) Σ x xᵀ.</summary>
    public static double RelativeOutputError(Matrix weight, Matrix rounded, SquareMatrix hessian)
    {
        double error = 0, whole = 0;
        for (int row = 0; row < weight.Rows; row++)
            for (int i = 0; i < weight.Columns; i++)
                for (int j = 0; j < weight.Columns; j++)
                {
                    error += ((double)weight[row, i] - rounded[row, i]) * hessian[i, j] * ((double)weight[row, j] - rounded[row, j]);
                    whole += (double)weight[row, i] * hessian[i, j] * weight[row, j];
                }
        return error / whole;
    }

    private JsonElement Resolve(JsonElement tensor) => tensor.TryGetProperty("ref", out JsonElement reference)
        ? Goldens.Json(Path.Combine(Path.GetDirectoryName(path)!, reference.GetString()!)).GetProperty("tensors").GetProperty(tensor.GetProperty("name").GetString()!)
        : tensor;

    private static int[] Shape(JsonElement tensor) => [.. tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
}
