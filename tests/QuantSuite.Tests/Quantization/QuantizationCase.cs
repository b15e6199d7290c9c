using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>One case file of ../shared/goldens/quantization: inputs, parameters, and what the reference made of them.</summary>
public sealed class QuantizationCase
{
    private readonly string path;
    private readonly JsonElement root;

    private QuantizationCase(string path)
    {
        this.path = path;
        root = Goldens.Json(path);
        Op = root.GetProperty("op").GetString()!;
    }

    public string Op { get; }

    /// <summary>The file's name without what all have in common.</summary>
    public string Name => Path.GetFileNameWithoutExtension(path);

    public JsonElement Params => root.GetProperty("params");

    public JsonElement Inputs => root.GetProperty("inputs");

    public JsonElement Expected => root.GetProperty("expected");

    public static TheoryData<string> All(string method) => Goldens.Cases($"quantization/{method}", "case-*.json");

    public static QuantizationCase Open(string method, string file) => new(Path.Combine(Goldens.Folder($"quantization/{method}"), file));

    /// <summary>A case of an operation that its test does not know is a failure: nobody checks it.</summary>
    public Exception Unknown() => new InvalidOperationException($"{Path.GetFileName(path)}: no test knows the operation '{Op}'");

    public Matrix Input(string name) => Matrix(Inputs.GetProperty(name));

    /// <summary>The inputs X [sequences·tokens, in].</summary>
    public Matrix Samples(string name = "X") => Input(name);

    /// <summary>What calibration would know of the inputs X [sequences, tokens, in].</summary>
    public InputStatistics Statistics(Kernels kernels, CalibrationNeeds needs = CalibrationNeeds.Hessian)
    {
        using Matrix x = Samples();
        int[] shape = Shape(Inputs.GetProperty("X"));
        var statistics = new InputStatistics(x.Columns, needs, shape[0]);
        for (int sequence = 0; sequence < shape[0]; sequence++)
            statistics.Add(x.Slice(sequence * shape[1], shape[1]), kernels);
        return statistics;
    }

    public float[] Floats(string name) => Floats(Expected.GetProperty(name));

    public int[] Ints(string name) => Ints(Expected.GetProperty(name));

    public double Number(string name) => Expected.GetProperty(name).GetDouble();

    public bool Has(string name) => Expected.TryGetProperty(name, out _);

    public int Parameter(string name, int otherwise = 0) =>
        Params.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : otherwise;

    public bool Flag(string name, bool otherwise = false) => Params.TryGetProperty(name, out JsonElement value) ? value.ValueKind == JsonValueKind.True : otherwise;

    /// <summary>A number among the parameters, or null.</summary>
    public double? OptionalNumber(string name) => Params.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    public string Text(string name) => Params.GetProperty(name).GetString()!;

    public double[] Doubles(JsonElement tensor) => [.. Resolve(tensor).GetProperty("data").EnumerateArray().Select(value => value.GetDouble())];

    /// <summary>A number of the expectation within a relative tolerance.</summary>
    public void NearNumber(string name, double actual, double relative)
    {
        double expected = Number(name);
        Assert.True(Math.Abs(expected - actual) <= relative * Math.Abs(expected), $"{name}: expected {expected}, got {actual}");
    }

    /// <summary>A tensor, or a reference to one, as a matrix: the last dimension is the columns.</summary>
    public Matrix Matrix(JsonElement tensor)
    {
        tensor = Resolve(tensor);
        int[] shape = [.. tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
        float[] values = Floats(tensor);
        return shape.Length == 1 ? new Matrix(1, shape[0], values) : new Matrix(values.Length / shape[^1], shape[^1], values);
    }

    public int[] Shape(JsonElement tensor) => [.. Resolve(tensor).GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];

    public float[] Floats(JsonElement tensor) => [.. Resolve(tensor).GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];

    public int[] Ints(JsonElement tensor) => [.. Resolve(tensor).GetProperty("data").EnumerateArray().Select(value => value.GetInt32())];

    /// <summary>All values of a matrix in single precision, as the files hold them.</summary>
    public static float[] Floats(SquareMatrix matrix) => [.. Enumerable.Range(0, matrix.Size).SelectMany(row => matrix.Row(row).ToArray()).Select(value => (float)value)];

    public static float[] Diagonal(SquareMatrix matrix) => [.. Enumerable.Range(0, matrix.Size).Select(i => (float)matrix[i, i])];

    /// <summary>Each value within a relative tolerance.</summary>
    public static void Near(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double relative, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= relative * Math.Max(Math.Abs(expected[i]), 1e-12), $"{what}[{i}]: expected {expected[i]}, got {actual[i]}");
    }

    /// <summary>Each value within a tolerance relative to the largest.</summary>
    public static void NearLargest(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double relative, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0;
        foreach (float value in expected)
            largest = Math.Max(largest, Math.Abs(value));
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= relative * largest, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}");
    }

    /// <summary>A matrix against its sum, sum of squares and the rows that the file shows.</summary>
    public void NearSummary(string name, Matrix actual, double relative = 1e-5)
    {
        JsonElement summary = Expected.GetProperty(name);
        double sum = 0, squares = 0;
        foreach (float value in actual.Span)
        {
            sum += value;
            squares += (double)value * value;
        }
        double expectedSquares = summary.GetProperty("sum_sq").GetDouble(), scale = Math.Sqrt(expectedSquares * actual.Span.Length);
        Assert.Equal(expectedSquares, squares, relative * 2 * expectedSquares);
        Assert.Equal(summary.GetProperty("sum").GetDouble(), sum, relative * scale);
        if (summary.TryGetProperty("values", out JsonElement values))
            NearLargest(Floats(values), actual.Span, relative, name);
        if (summary.TryGetProperty("first_rows", out JsonElement first))
            NearLargest(Floats(first), actual.Slice(0, 2).Span, relative, name);
        if (summary.TryGetProperty("last_row", out JsonElement last))
            NearLargest(Floats(last), actual.Row(actual.Rows - 1), relative, name);
    }

    /// <summary>‖XWᵀ − XŴᵀ‖² / ‖XWᵀ‖² in double.</summary>
    public static double OutputError(Matrix x, Matrix weight, Matrix quantized)
    {
        double error = 0, total = 0;
        for (int token = 0; token < x.Rows; token++)
            for (int row = 0; row < weight.Rows; row++)
            {
                double y = 0, q = 0;
                for (int k = 0; k < x.Columns; k++)
                {
                    y += (double)x[token, k] * weight[row, k];
                    q += (double)x[token, k] * quantized[row, k];
                }
                error += (y - q) * (y - q);
                total += y * y;
            }
        return error / total;
    }

    private JsonElement Resolve(JsonElement tensor) => tensor.TryGetProperty("ref", out JsonElement reference)
        ? Goldens.Json(Path.Combine(Path.GetDirectoryName(path)!, reference.GetString()!)).GetProperty("tensors").GetProperty(tensor.GetProperty("name").GetString()!)
        : tensor;
}
