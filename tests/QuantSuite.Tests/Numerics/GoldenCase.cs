using System.Text.Json;
using QuantSuite.Numerics;

namespace QuantSuite.Tests.Numerics;

/// <summary>A case file of reference vectors whose tensors are all in the file.</summary>
public sealed class GoldenCase(string folder, string file)
{
    private readonly JsonElement root = Goldens.Json(Path.Combine(Goldens.Folder(folder), file));

    public string Operation => root.GetProperty("op").GetString()!;

    public JsonElement Parameters => root.GetProperty("params");

    public Matrix Input(string name) => ToMatrix(root.GetProperty("inputs").GetProperty(name));

    public Matrix Expected(string name) => ToMatrix(root.GetProperty("expected").GetProperty(name));

    public int[] ExpectedIntegers(string name) => [.. Data(root.GetProperty("expected").GetProperty(name)).Select(value => value.GetInt32())];

    private static IEnumerable<JsonElement> Data(JsonElement tensor) => tensor.GetProperty("data").EnumerateArray();

    private static Matrix ToMatrix(JsonElement tensor)
    {
        int[] shape = [.. tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
        return new Matrix(shape.Length == 1 ? 1 : shape[0], shape[^1], [.. Data(tensor).Select(value => value.GetSingle())]);
    }
}
