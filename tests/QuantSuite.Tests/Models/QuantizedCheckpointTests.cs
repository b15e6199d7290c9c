using System.Text.Json.Nodes;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Quantized checkpoints that cannot be used: each complaint says what, got, expected, remedy. The files are the embedded model's, written in each layout and then spoilt.</summary>
public sealed class QuantizedCheckpointTests : IDisposable
{
    private const string Linear = "model.layers.0.self_attn.q_proj";
    private static readonly Dictionary<string, string> Recipes = new() { ["gptq"] = "rtn-int4-g32", ["awq"] = "rtn-int4-g32", ["compressed-tensors"] = "rtn-int4-g32", ["quantsuite"] = "rtn-int3-g32" };

    private readonly TestFolder folder = new();

    [Theory]
    [InlineData("gptq", "quant_method", "\"exotic\"", "'exotic', which cannot be read; there are: gptq, awq, compressed-tensors, bitsandbytes")]
    [InlineData("gptq", "bits", "5", "5 bits cannot be read; expected 2, 3, 4 or 8")]
    [InlineData("gptq", "bits", "8", "expected I32 [32, 128]")]
    [InlineData("gptq", "group_size", "0", "group_size 0")]
    [InlineData("gptq", "group_size", "64", "groups of 64")]
    [InlineData("gptq", "checkpoint_format", "\"marlin\"", "'marlin' of gptq cannot be read; there are: gptq, gptq_v2")]
    [InlineData("gptq", "dynamic", "{\"-:x\": {}}", "'dynamic' bits")]
    [InlineData("awq", "bits", "3", "awq with 3 bits cannot be read; expected 4")]
    [InlineData("awq", "version", "\"gemv\"", "'gemv' cannot be read; expected gemm")]
    [InlineData("compressed-tensors", "config_groups", "{}", "without config_groups")]
    [InlineData("compressed-tensors", "config_groups", "{\"a\": {\"weights\": {\"num_bits\": 3, \"type\": \"float\"}}}", "3-bit floats")]
    [InlineData("quantsuite", "version", "99", "of version 99")]
    [InlineData("quantsuite", "linears", "null", "no 'linears'")]
    public void Settings_that_cannot_be_read_are_named(string layout, string key, string value, string expected)
    {
        Write(layout);
        string path = Path.Combine(folder["model"], "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config["quantization_config"]![key] = JsonNode.Parse(value);
        File.WriteAllText(path, config.ToJsonString());
        AssertRefused(expected);
    }

    [Theory]
    [InlineData("gptq", "qweight", "expected I32")]
    [InlineData("gptq", "scales", "expected F16 or BF16 or F32")]
    [InlineData("awq", "qzeros", "expected I32")]
    [InlineData("compressed-tensors", "weight_packed", "expected I32")]
    [InlineData("compressed-tensors", "weight_scale", "groups of 32")]
    [InlineData("quantsuite", "codes", "expected I32")]
    [InlineData("quantsuite", "zeros", "expected U8")]
    public void Shapes_that_disagree_with_the_configuration_are_named(string layout, string part, string expected)
    {
        Write(layout);
        Spoil(part, tensor => tensor with { Shape = [.. tensor.Shape.Reverse()] });
        AssertRefused($"'{Linear}.{part}'", expected);
    }

    [Theory]
    [InlineData("gptq", "qzeros")]
    [InlineData("gptq", "scales")]
    [InlineData("awq", "qzeros")]
    [InlineData("compressed-tensors", "weight_scale")]
    [InlineData("quantsuite", "scales")]
    public void A_missing_part_is_named(string layout, string part)
    {
        Write(layout);
        Spoil(part, tensor => null);
        AssertRefused($"'{Linear}.{part}' is missing");
    }

    [Fact]
    public void A_group_out_of_range_is_named()
    {
        Write("gptq");
        Spoil("g_idx", tensor => tensor with { Write = stream => stream.Write(new byte[(int)tensor.ByteCount].Select(_ => (byte)1).ToArray()) });
        AssertRefused("puts column 0 into group 16843009", "0 to 3");
    }

    [Fact]
    public void A_v1_zero_point_that_readers_take_differently_is_refused()
    {
        Write("gptq");
        Spoil("qzeros", tensor => tensor with { Write = stream => stream.Write(new byte[(int)tensor.ByteCount].Select(_ => (byte)0xFF).ToArray()) });
        AssertRefused("stored zero point of 15", "gptq_v2");
    }

    [Theory]
    [InlineData("gptq", 0x88, "correct checkpoint_format")]
    [InlineData("gptq_v2", 0x77, "correct checkpoint_format")]
    public void Zero_points_of_the_other_version_are_noticed(string format, int zeros, string expected)
    {
        Write("gptq", "rtn-int4-g32-sym");
        Spoil("qzeros", tensor => tensor with { Write = stream => stream.Write(new byte[(int)tensor.ByteCount].Select(_ => (byte)zeros).ToArray()) });
        string path = Path.Combine(folder["model"], "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config["quantization_config"]!["checkpoint_format"] = format;
        File.WriteAllText(path, config.ToJsonString());
        AssertRefused(expected);
    }

    [Theory]
    [InlineData("gptq", "rtn-int4-g32-sym", null)]
    [InlineData("gptq", "rtn-int4-g32-sym", "gptq")]
    [InlineData("gptq", "rtn-int4-g32-sym", "gptq_v2")]
    [InlineData("awq", "rtn-int4-g32", null)]
    public void Settings_that_an_old_packer_wrote_beside_config_json_are_found(string layout, string recipe, string? version)
    {
        Write(layout, recipe);
        TakeSettings();
        if (version == "gptq_v2")
            Spoil("qzeros", tensor => tensor with { Write = stream => stream.Write(new byte[(int)tensor.ByteCount].Select(_ => (byte)0x88).ToArray()) }, everywhere: true);
        JsonObject old = layout == "awq"
            ? new JsonObject { ["zero_point"] = true, ["q_group_size"] = 32, ["w_bit"] = 4, ["version"] = "GEMM" }
            : new JsonObject { ["bits"] = 4, ["group_size"] = 32, ["damp_percent"] = 0.01, ["desc_act"] = false, ["static_groups"] = false, ["sym"] = recipe.EndsWith("sym", StringComparison.Ordinal) };
        if (version is not null)
            old["checkpoint_format"] = version;
        File.WriteAllText(Path.Combine(folder["model"], layout == "awq" ? "quant_config.json" : "quantize_config.json"), old.ToJsonString());
        File.Move(Path.Combine(folder["model"], "model.safetensors"), Path.Combine(folder["model"], "gptq_model-4bit-32g.safetensors"));

        using Kernels kernels = Kernels.Create(1);
        using DecoderModel expected = Quantizer.Load(folder["whole"], Recipe.Parse("file"), kernels), actual = Quantizer.Load(folder["model"], Recipe.Parse("file"), kernels);
        Assert.Equal(ModelLocation.Open(folder["whole"]).ReadScheme(), ModelLocation.Open(folder["model"]).ReadScheme());
        using Matrix a = expected.Logits([1, 17, 93]), b = actual.Logits([1, 17, 93]);
        Assert.True(a.Span.SequenceEqual(b.Span));
    }

    [Fact]
    public void An_old_packer_s_Marlin_format_is_refused()
    {
        Write("gptq");
        TakeSettings();
        File.WriteAllText(Path.Combine(folder["model"], "quantize_config.json"), """{"bits": 4, "group_size": 32, "is_marlin_format": true}""");
        AssertRefused("'marlin' of gptq cannot be read");
    }

    [Fact]
    public void Storages_that_contradict_themselves_are_refused()
    {
        Write("quantsuite", "llmint8-int8-a8-top3");
        Spoil("outlier_columns", tensor => tensor with { Write = stream => stream.Write(new byte[(int)tensor.ByteCount]) });
        AssertRefused(Linear, "contradict one another", "ascend");
    }

    [Fact]
    public void A_truncated_file_is_refused()
    {
        Write("gptq");
        using (FileStream stream = File.OpenWrite(Path.Combine(folder["model"], "model.safetensors")))
            stream.SetLength(stream.Length / 2);
        AssertRefused("fetch the file again");
    }

    [Fact]
    public void A_scale_that_is_not_finite_is_refused()
    {
        Write("gptq");
        Spoil("scales", tensor => tensor with { Write = stream => stream.Write(new byte[(int)tensor.ByteCount].Select(_ => (byte)0xFF).ToArray()) });
        AssertRefused($"'{Linear}.scales'", "NaN");
    }

    public void Dispose() => folder.Dispose();

    // A config.json as it was before it could tell of quantization.
    private void TakeSettings()
    {
        string path = Path.Combine(folder["model"], "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config.Remove("quantization_config");
        File.WriteAllText(path, config.ToJsonString());
    }

    private void Write(string layout, string? recipe = null)
    {
        string source = Path.Combine(Goldens.RepositoryRoot, "evals", "models", "microworld-s");
        using Kernels kernels = Kernels.Create(1);
        using DecoderModel model = Quantizer.Load(source, Recipe.Parse(recipe ?? Recipes[layout]), kernels, calibration: (_, _, _) => new CalibrationTokens("test", [[1, 17, 93, 4]]));
        CheckpointWriter.Write(model, "test", CheckpointFormats.Find(layout), folder["whole"]);
        Directory.CreateDirectory(folder["model"]);
        foreach (string file in Directory.EnumerateFiles(folder["whole"]))
            File.Copy(file, Path.Combine(folder["model"], Path.GetFileName(file)));
    }

    // Writes the file again with one part of one linear, or of all, changed or left out.
    private void Spoil(string part, Func<NewTensor, NewTensor?> change, bool everywhere = false)
    {
        using Checkpoint whole = CheckpointFiles.Open(folder["whole"]);
        NewTensor Copy(StoredTensor tensor) =>
            new(tensor.Info.Name, tensor.Info.Type, tensor.Info.Shape, stream => stream.Write(tensor.Bytes(0, tensor.Info.ElementCount)));
        IEnumerable<NewTensor?> tensors = whole.Tensors.Keys.Select(name => Copy(whole.Stored(name))).Select(tensor => tensor.Name == $"{Linear}.{part}" || (everywhere && tensor.Name.EndsWith($".{part}", StringComparison.Ordinal)) ? change(tensor) : tensor);
        using FileStream stream = File.Create(Path.Combine(folder["model"], "model.safetensors"));
        SafetensorsWriter.Write(stream, tensors.OfType<NewTensor>(), new Dictionary<string, string>());
    }

    private void AssertRefused(params string[] expected)
    {
        using Kernels kernels = Kernels.Create(1);
        CheckpointException complaint = Assert.Throws<CheckpointException>(() => Quantizer.Load(folder["model"], Recipe.Parse("file"), kernels).Dispose());
        Assert.All(expected, words => Assert.Contains(words, complaint.Message, StringComparison.Ordinal));
    }
}
