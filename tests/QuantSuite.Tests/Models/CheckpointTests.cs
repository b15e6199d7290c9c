using QuantSuite.Models.Checkpoints;
using Xunit;

namespace QuantSuite.Tests.Models;

public sealed class CheckpointTests : IDisposable
{
    private static readonly TestTensor Matrix = new("m", [3, 4], [.. Enumerable.Range(0, 12).Select(i => i / 4f - 1)]);
    private static readonly TestTensor Vector = new("v", [4], [0.5f, -0.5f, 2, 3]);

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_gives_config_matrices_and_vectors()
    {
        using Checkpoint checkpoint = CheckpointFiles.Open(TestCheckpoint.Write(folder["a"], new { model_type = "llama", hidden_size = 4 }, Matrix, Vector));
        Assert.Equal("llama", checkpoint.Config.ModelType);
        Assert.Equal(4, checkpoint.Config.Int("hidden_size"));
        using var matrix = checkpoint.ReadMatrix("m", 3, 4);
        Assert.Equal(Matrix.Values, matrix.Span);
        Assert.Equal(Vector.Values, checkpoint.ReadVector("v", 4));
    }

    [Theory]
    [InlineData("F32")]
    [InlineData("BF16")]
    [InlineData("F16")]
    public void Rows_can_be_read_as_values_and_as_bytes(string type)
    {
        using Checkpoint checkpoint = CheckpointFiles.Open(TestCheckpoint.Write(folder["a"], null, Matrix with { Type = type }, Vector));
        var rows = new float[8];
        checkpoint.ReadRows("m", 1, 2, rows);
        Assert.Equal(Matrix.Values[4..], rows);
        Assert.True(checkpoint.TryRawRows("m", 1, 2, out ReadOnlySpan<byte> bytes));
        Assert.Equal((Matrix with { Type = type }).Bytes()[(type == "F32" ? 16 : 8)..], bytes);
    }

    [Fact]
    public void Sixteen_bit_floats_widen_exactly_whatever_the_code()
    {
        float[] halves = [.. Enumerable.Range(0, 65536).Select(code => (float)BitConverter.UInt16BitsToHalf((ushort)code))];
        float[] bfloats = [.. Enumerable.Range(0, 65536).Select(code => BitConverter.UInt32BitsToSingle((uint)code << 16))];
        using Checkpoint checkpoint = CheckpointFiles.Open(TestCheckpoint.Write(folder["a"], null,
            new TestTensor("f", [65536], halves, "F16"), new TestTensor("b", [65536], bfloats, "BF16"), new TestTensor("odd", [3], halves[..3], "F16")));
        foreach ((string name, float[] expected) in new[] { ("f", halves), ("b", bfloats), ("odd", halves[..3]) })
        {
            var values = new float[expected.Length];
            checkpoint.Read(name, values);
            for (int i = 0; i < values.Length; i++)
                ExactFloat.AssertEqual(expected[i], values[i], $"{name}[{i}]");
        }
    }

    [Fact]
    public void The_hash_follows_values_names_and_config_but_not_files()
    {
        string Hash(string name, object? config, params TestTensor[] tensors) => HashOf(TestCheckpoint.Write(folder[name], config, tensors));
        string hash = Hash("a", new { hidden_size = 4 }, Matrix, Vector);
        Assert.Matches("^[0-9a-f]{64}$", hash);
        Assert.Equal(hash, Hash("b", new { hidden_size = 4 }, Vector, Matrix));
        Assert.Equal(hash, HashOf(TestCheckpoint.WriteSharded(folder["c"], new { hidden_size = 4 }, [Matrix], [Vector])));
        Assert.NotEqual(hash, Hash("d", new { hidden_size = 5 }, Matrix, Vector));
        Assert.NotEqual(hash, Hash("e", new { hidden_size = 4 }, Matrix, Vector with { Name = "w" }));
        Assert.NotEqual(hash, Hash("f", new { hidden_size = 4 }, Matrix, Vector with { Values = [0.5f, -0.5f, 2, 4] }));
        Assert.NotEqual(hash, Hash("g", new { hidden_size = 4 }, Matrix with { Shape = [4, 3] }, Vector));
    }

    [Fact]
    public void A_missing_tensor_or_another_shape_is_named()
    {
        using Checkpoint checkpoint = CheckpointFiles.Open(TestCheckpoint.Write(folder["a"], null, Matrix, Vector));
        Refused(CheckpointFlaw.MissingTensor, "'model.norm.weight'", () => checkpoint.ReadVector("model.norm.weight", 4));
        Refused(CheckpointFlaw.Shape, "'m' has shape [3, 4], expected [4, 3]", () => checkpoint.ReadMatrix("m", 4, 3));
        Refused(CheckpointFlaw.Shape, "'v' has shape [4], expected [1, 4]", () => checkpoint.ReadMatrix("v", 1, 4));
        Refused(CheckpointFlaw.Shape, "asked for 2 from row 2", () => checkpoint.ReadRows("m", 2, 2, new float[8]));
        Refused(CheckpointFlaw.Shape, "gives 12 values, the destination holds 11", () => checkpoint.Read("m", new float[11]));
    }

    [Fact]
    public void An_extra_tensor_is_named_unless_it_is_known_to_be_no_weight()
    {
        TestTensor Named(string name) => Vector with { Name = name };
        TestCheckpoint.Write(folder["a"], null, Matrix, Named("layers.0.rotary_emb.inv_freq"), Named("extra.bias"));
        using Checkpoint checkpoint = CheckpointFiles.Open(folder["a"]);
        Refused(CheckpointFlaw.ExtraTensor, "2 of 3 tensors have no place in this model: 'extra.bias', 'layers.0.rotary_emb.inv_freq'",
            () => checkpoint.RequireNoOtherTensors(["m"]));
        Refused(CheckpointFlaw.ExtraTensor, "'extra.bias'", () => checkpoint.RequireNoOtherTensors(["m"], "*.rotary_emb.inv_freq"));
        checkpoint.RequireNoOtherTensors(["m", "extra.bias"], "*.rotary_emb.inv_freq");
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.NegativeInfinity, "infinite")]
    public void A_weight_that_is_not_finite_is_named_by_row_and_column(float bad, string word)
    {
        var values = new float[300 * 1000];
        values[299 * 1000 + 998] = bad;
        TestTensor vector = Vector with { Values = [0, bad, 0, bad] };
        using Checkpoint checkpoint = CheckpointFiles.Open(TestCheckpoint.Write(folder["a"], null, new TestTensor("w", [300, 1000], values), vector));
        Refused(CheckpointFlaw.NotFinite, $"'w' row 299 column 998 is {word}", () => checkpoint.ReadMatrix("w", 300, 1000));
        Refused(CheckpointFlaw.NotFinite, $"'w' row 299 column 998 is {word}", () => checkpoint.RequireFinite("w"));
        Refused(CheckpointFlaw.NotFinite, $"'v' element 1 is {word}", () => checkpoint.ReadVector("v", 4));
    }

    [Fact]
    public void A_truncated_file_is_refused_wherever_it_ends()
    {
        byte[] file = TestCheckpoint.Safetensors(Matrix, Vector);
        for (int length = 0; length < file.Length; length++)
        {
            File.WriteAllBytes(folder["t.safetensors"], file[..length]);
            var complaint = Assert.Throws<CheckpointException>(() => CheckpointFiles.Open(folder["t.safetensors"]));
            Assert.True(complaint.Flaw is CheckpointFlaw.Truncated or CheckpointFlaw.Length or CheckpointFlaw.Offset, $"{length}: {complaint.Message}");
        }
    }

    [Fact]
    public void What_was_looked_for_and_found_is_said_where_there_is_no_model()
    {
        Directory.CreateDirectory(folder["empty"]);
        Refused(CheckpointFlaw.NotFound, "empty is empty", () => CheckpointFiles.Open(folder["empty"]));
        Refused(CheckpointFlaw.NotFound, "holds empty", () => CheckpointFiles.Open(folder["emtpy"]));
        Refused(CheckpointFlaw.NotFound, "does not exist either", () => CheckpointFiles.Open(folder["no/such"]));

        File.WriteAllText(folder["empty/pytorch_model.bin"], "");
        Refused(CheckpointFlaw.NotFound, "convert them to safetensors", () => CheckpointFiles.Open(folder["empty"]));
        File.WriteAllText(folder["empty/a.gguf"], "");
        File.WriteAllText(folder["empty/b.gguf"], "");
        Refused(CheckpointFlaw.NotFound, "2 .gguf files (a.gguf, b.gguf)", () => CheckpointFiles.Open(folder["empty"]));
        Refused(CheckpointFlaw.NotFound, "not a checkpoint by its name", () => CheckpointFiles.Open(folder["empty/pytorch_model.bin"]));
    }

    [Fact]
    public void A_lone_file_has_tensors_and_no_configuration_unless_it_lies_beside()
    {
        File.WriteAllBytes(folder["lone.safetensors"], TestCheckpoint.Safetensors(Matrix));
        using Checkpoint lone = CheckpointFiles.Open(folder["lone.safetensors"]);
        Assert.False(lone.HasConfig);
        Assert.Equal([3, 4], lone.Tensors["m"].Shape);
        Refused(CheckpointFlaw.NotFound, "no config.json", () => _ = lone.Config);

        File.WriteAllText(folder["config.json"], """{"model_type": "llama"}""");
        using Checkpoint beside = CheckpointFiles.Open(folder["lone.safetensors"]);
        Assert.Equal("llama", beside.Config.ModelType);
    }

    [Theory]
    [InlineData("""{"a": 1, "a": 2}""", CheckpointFlaw.Duplicate)]
    [InlineData("[1]", CheckpointFlaw.Json)]
    [InlineData("{", CheckpointFlaw.Json)]
    [InlineData("", CheckpointFlaw.Json)]
    public void A_broken_configuration_is_refused(string text, CheckpointFlaw flaw)
    {
        TestCheckpoint.Write(folder["a"], null, Matrix);
        File.WriteAllText(folder["a/config.json"], text);
        using Checkpoint checkpoint = CheckpointFiles.Open(folder["a"]);
        Refused(flaw, "config.json", () => _ = checkpoint.Config);
    }

    [Fact]
    public void A_summary_counts_parameters_and_bits()
    {
        TestTensor ten = Matrix with { Type = "BF16", Name = "layers.10.m" }, two = ten with { Name = "layers.2.m" };
        TestCheckpoint.Write(folder["a"], new { model_type = "llama" }, ten, two, Vector);
        File.WriteAllText(folder["a/tokenizer.json"], """{"model": {"type": "BPE"}}""");
        using Checkpoint checkpoint = CheckpointFiles.Open(folder["a"]);
        CheckpointSummary summary = CheckpointSummary.Of(checkpoint);
        Assert.Equal(("safetensors", "llama", "BPE", 28, 64),
            (summary.Format, summary.Architecture, summary.Tokenizer, summary.ParameterCount, summary.ByteCount));
        Assert.Equal(64 * 8 / 28.0, summary.BitsPerWeight);
        Assert.Equal(["layers.2.m", "layers.10.m", "v"], summary.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([new TypeShare("BF16", 2, 24, 48), new TypeShare("F32", 1, 4, 16)], summary.Types);
    }

    private static void Refused(CheckpointFlaw flaw, string message, Action act)
    {
        var complaint = Assert.Throws<CheckpointException>(act);
        Assert.Equal(flaw, complaint.Flaw);
        Assert.Contains(message, complaint.Message, StringComparison.Ordinal);
    }

    private static string HashOf(string path)
    {
        using Checkpoint checkpoint = CheckpointFiles.Open(path);
        return checkpoint.ContentHash;
    }
}
