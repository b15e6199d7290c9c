using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Models in quantized Hugging Face layouts (../shared/goldens/checkpoints): the packed weights, and the logits that they give.</summary>
public class QuantizedCheckpointGoldenTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Folders()
    {
        var data = new TheoryData<string>();
        foreach (string file in Goldens.Cases("checkpoints", "golden.json", SearchOption.AllDirectories))
            data.Add(Path.GetDirectoryName(file) is { Length: > 0 } folder ? folder : file);
        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void Packed_weights_are_the_reference_s(string name)
    {
        string folder = Path.Combine(Goldens.Folder("checkpoints"), name);
        using Checkpoint checkpoint = CheckpointFiles.Open(folder), expected = CheckpointFiles.Open(Path.Combine(folder, "expected.safetensors"));
        long different = 0;
        foreach (TensorInfo tensor in expected.Tensors.Values)
        {
            FiledCodes codes = checkpoint.FindCodes(tensor.Name[..^".weight".Length], (int)tensor.Shape[0], (int)tensor.Shape[1])!;
            Assert.NotNull(codes);
            using PanelMatrix packed = codes.Pack();
            using Matrix values = packed.ToMatrix(), wanted = expected.ReadMatrix(tensor.Name, packed.Rows, packed.Columns);
            for (int i = 0; i < values.Span.Length; i++)
                if (values.Span[i] != wanted.Span[i])
                {
                    different++;
                    Assert.True(Math.Abs(BitConverter.SingleToInt32Bits(values.Span[i]) - BitConverter.SingleToInt32Bits(wanted.Span[i])) <= 1,
                        $"{name} {tensor.Name}[{i}]: {values.Span[i]:R}, expected {wanted.Span[i]:R}");
                }
        }
        Assert.True(different == 0 || name == "bnb-int8", $"{name}: {different} values differ in the last bit");
    }

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void Dequantized_weights_give_the_reference_s_logits(string name) => CheckLogits(name, "fp32", "logits.bin");

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void Packed_weights_give_the_reference_s_logits(string name)
    {
        string quantized = "logits_quantized_activations.bin";
        CheckLogits(name, "file", File.Exists(Path.Combine(Goldens.Folder("checkpoints"), name, quantized)) ? quantized : "logits.bin");
    }

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void A_round_trip_is_exact(string name)
    {
        string folder = Path.Combine(Goldens.Folder("checkpoints"), name);
        using var target = new TestFolder();
        using Kernels kernels = Kernels.Create(1);
        using DecoderModel model = Quantizer.Load(folder, Recipe.Parse("file"), kernels);
        string same = name.Split('-')[0] switch { "gptq" => "gptq", "awq" => "awq", "ct" when !name.Contains("int8", StringComparison.Ordinal) && !name.Contains("static", StringComparison.Ordinal) => "compressed-tensors", _ => "quantsuite" };
        foreach (string format in new[] { "quantsuite", same }.Distinct())
        {
            (_, bool isExact) = CheckpointWriter.Write(model, "file", CheckpointFormats.Find(format), target[format]);
            Assert.True(isExact);
            using DecoderModel again = Quantizer.Load(target[format], Recipe.Parse("file"), kernels);
            foreach ((Weight first, Weight second) in model.Linears.Zip(again.Linears))
            {
                using Matrix values = first.Panels.ToMatrix(), others = second.Panels.ToMatrix();
                Assert.True(MemoryMarshal.AsBytes(values.Span).SequenceEqual(MemoryMarshal.AsBytes(others.Span)), $"{name} as {format}: {first.Name}");
                Assert.Equal(first.Panels.ByteCount, second.Panels.ByteCount);
                Assert.Equal(first.Activations, second.Activations);
            }
            if (format == "gptq" && !name.StartsWith("gptq-v2", StringComparison.Ordinal) || format == "awq") // v1 is written where it can be
                AssertSameTensors(folder, target[format]);
        }
    }

    // Zero biases, which old packers wrote, are the one thing that is not written again.
    private static void AssertSameTensors(string folder, string again)
    {
        using Checkpoint first = CheckpointFiles.Open(folder), second = CheckpointFiles.Open(again);
        foreach (TensorInfo tensor in first.Tensors.Values.Where(tensor => !tensor.Name.EndsWith(".bias", StringComparison.Ordinal)))
        {
            Assert.Equal(tensor.Type, second.Tensors[tensor.Name].Type);
            Assert.Equal(tensor.Shape, second.Tensors[tensor.Name].Shape);
            Assert.True(first.TryRawRows(tensor.Name, 0, (int)tensor.RowCount, out ReadOnlySpan<byte> bytes) & second.TryRawRows(tensor.Name, 0, (int)tensor.RowCount, out ReadOnlySpan<byte> others));
            Assert.True(bytes.SequenceEqual(others), tensor.Name);
        }
    }

    private static void CheckLogits(string name, string recipe, string logitsFile)
    {
        string folder = Path.Combine(Goldens.Folder("checkpoints"), name);
        JsonElement golden = Goldens.Json(Path.Combine(folder, "golden.json"));
        int[] ids = [.. golden.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, logitsFile))).ToArray();
        using Kernels kernels = Kernels.Create(1);
        using DecoderModel model = Quantizer.Load(folder, Recipe.Parse(recipe), kernels);
        using Matrix logits = model.Logits(ids);
        double worst = expected.Select((value, i) => Math.Abs((double)value - logits.Span[i])).Max();
        Assert.True(worst <= Tolerance, $"{name} {recipe}: logits differ from {logitsFile} by {worst}");
    }
}
