using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>Rounding to nearest against GPTQ's quantizer (../shared/goldens/quantization/rtn).</summary>
public class RtnGoldenTests
{
    public static TheoryData<string> Cases() => Goldens.Cases("quantization/rtn", "case-*.json");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void CodesAndGridsEqualTheReference(string file)
    {
        string path = Path.Combine(Goldens.Folder("quantization/rtn"), file);
        JsonElement golden = Goldens.Json(path), parameters = golden.GetProperty("params");
        Skip.IfNot(golden.GetProperty("op").GetString() == "rtn.gptq_quantizer", $"the grid of {golden.GetProperty("op")} is not built yet");
        Skip.If(Flag(parameters, "sym"), "the reference's symmetric grid uses the full range; only the restricted one is built yet");
        Skip.If(Flag(parameters, "mse"), "the clip search is not built yet");
        Skip.IfNot(parameters.TryGetProperty("bits", out JsonElement bits), "the case states no bits");
        using Matrix weight = Tensor(golden.GetProperty("inputs").GetProperty("W"), path);
        Granularity granularity = parameters.TryGetProperty("group", out JsonElement group) && group.ValueKind == JsonValueKind.Number && group.GetInt32() > 0
            ? Granularity.Group(group.GetInt32())
            : file.Contains("tensor", StringComparison.Ordinal) ? Granularity.Tensor : Granularity.Channel;
        var scheme = new QuantScheme { Weights = NumericFormats.Int(bits.GetInt32()), Granularity = granularity };
        using QuantizedMatrix quantized = Rtn.RoundToNearest(weight, scheme);

        JsonElement expected = golden.GetProperty("expected");
        int[] codes = [.. expected.GetProperty("codes").GetProperty("data").EnumerateArray().Select(value => value.GetInt32())];
        float[] scales = [.. expected.GetProperty("scale").GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];
        for (int row = 0; row < weight.Rows; row++)
            for (int g = 0; g < quantized.GroupCount; g++)
            {
                int first = g * quantized.GroupSize, end = Math.Min(first + quantized.GroupSize, weight.Columns);
                if (!weight.Row(row)[first..end].ContainsAnyExcept(0f))
                {
                    // The reference takes the range −1 … 1 for a group of zeros, formats/int.json a scale of 1: both hold zeros.
                    Assert.All(Enumerable.Range(first, end - first), column => Assert.Equal(0, quantized[row, column]));
                    continue;
                }
                for (int column = first; column < end; column++)
                    Assert.Equal(codes[row * weight.Columns + column], quantized.Code(row, column));
                float scale = scales[granularity == Granularity.Tensor ? 0 : row * quantized.GroupCount + g];
                Assert.Equal(scale, quantized.Scale(row, g), 1e-6f * Math.Abs(scale));
            }
    }

    private static bool Flag(JsonElement parameters, string name) => parameters.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private static Matrix Tensor(JsonElement tensor, string path)
    {
        if (tensor.TryGetProperty("ref", out JsonElement reference))
            tensor = Goldens.Json(Path.Combine(Path.GetDirectoryName(path)!, reference.GetString()!)).GetProperty("tensors").GetProperty(tensor.GetProperty("name").GetString()!);
        int[] shape = [.. tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
        return new Matrix(shape[0], shape[1], [.. tensor.GetProperty("data").EnumerateArray().Select(value => value.GetSingle())]);
    }
}
