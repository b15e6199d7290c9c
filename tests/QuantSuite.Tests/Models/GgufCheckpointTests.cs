using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Models;

public sealed class GgufCheckpointTests : IDisposable
{
    private static readonly Dictionary<string, object> Llama = new()
    {
        ["general.architecture"] = "llama",
        ["llama.embedding_length"] = 8u,
        ["llama.block_count"] = 1u,
        ["llama.attention.head_count"] = 2u,
        ["llama.attention.head_count_kv"] = 1u,
        ["llama.feed_forward_length"] = 16u,
        ["llama.context_length"] = 32u,
        ["llama.attention.layer_norm_rms_epsilon"] = 1e-5f,
        ["tokenizer.ggml.model"] = "gpt2",
        ["tokenizer.ggml.pre"] = "smollm",
        ["tokenizer.ggml.bos_token_id"] = 1u,
    };

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Rows_of_q_and_k_come_back_in_half_split_order()
    {
        // Two heads of four: the file holds rows 0 2 1 3 of each (pairs side by side), in every value the row of Hugging Face's layout.
        float[] q = [.. new[] { 0, 2, 1, 3, 4, 6, 5, 7 }.SelectMany(row => Enumerable.Repeat((float)row, 8))];
        float[] bias = [0, 2, 1, 3, 4, 6, 5, 7];
        using Checkpoint checkpoint = CheckpointFiles.Open(TestGguf.Write(folder["q.gguf"], Llama,
            new TestGgufTensor("blk.0.attn_q.weight", [8, 8], q),
            new TestGgufTensor("blk.0.attn_q.bias", [8], bias),
            new TestGgufTensor("blk.0.attn_k.weight", [4, 8], q[..32])));
        using var matrix = checkpoint.ReadMatrix("model.layers.0.self_attn.q_proj.weight", 8, 8);
        for (int row = 0; row < 8; row++)
            Assert.Equal(Enumerable.Repeat((float)row, 8), matrix.Row(row).ToArray());
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], checkpoint.ReadVector("model.layers.0.self_attn.q_proj.bias", 8));
        var rows = new float[16];
        checkpoint.ReadRows("model.layers.0.self_attn.k_proj.weight", 1, 2, rows);
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2], rows);
        Assert.False(checkpoint.TryRawRows("model.layers.0.self_attn.k_proj.weight", 0, 4, out _));
    }

    [Fact]
    public void Metadata_becomes_a_configuration_in_config_json_keys()
    {
        TestGguf.Write(folder["c.gguf"], Llama, new TestGgufTensor("token_embd.weight", [5, 8], new float[40]));
        using Checkpoint checkpoint = CheckpointFiles.Open(folder["c.gguf"]);
        Assert.Equal("""
            {"model_type":"llama","hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":16,"max_position_embeddings":32,"num_key_value_heads":1,
            "vocab_size":5,"tie_word_embeddings":true,"bos_token_id":1,"rms_norm_eps":1E-05,"rope_theta":10000,"head_dim":4,"partial_rotary_factor":1,"attention_bias":false,"mlp_bias":false}
            """.Replace("\n", "", StringComparison.Ordinal), checkpoint.Config.Root.GetRawText());
        CheckpointSummary summary = CheckpointSummary.Of(checkpoint);
        Assert.Equal(("gguf", "llama", "gpt2 smollm"), (summary.Format, summary.Architecture, summary.Tokenizer));
    }

    [Fact]
    public void A_folder_lets_its_config_json_speak()
    {
        TestGguf.Write(folder["c.gguf"], Llama, new TestGgufTensor("token_embd.weight", [5, 8], new float[40]));
        File.WriteAllText(folder["config.json"], """{"model_type": "llama", "hidden_size": 99}""");
        using Checkpoint inFolder = CheckpointFiles.Open(folder.Path);
        using Checkpoint alone = CheckpointFiles.Open(folder["c.gguf"]);
        Assert.Equal((99, 8), (inFolder.Config.Int("hidden_size"), alone.Config.Int("hidden_size")));
    }

    [Fact]
    public void Blocks_dequantize_with_every_rounding_where_the_format_has_it()
    {
        var random = new byte[20 * 6];
        for (int i = 0; i < random.Length; i++)
            random[i] = (byte)(i * 167 + i / 7 * 59);
        for (int block = 0; block < 6; block++)
        {
            BitConverter.GetBytes((Half)(0.001f * (block + 1))).CopyTo(random, block * 20);
            BitConverter.GetBytes((Half)(-0.3f + block)).CopyTo(random, block * 20 + 2);
        }
        TestGguf.Write(folder["q.gguf"], new Dictionary<string, object>(), new TestGgufTensor("w", [2, 96], 3, random));
        using Checkpoint checkpoint = CheckpointFiles.Open(folder["q.gguf"]);
        var values = new float[192];
        checkpoint.Read("w", values);
        for (int i = 0; i < values.Length; i++)
        {
            int start = i / 32 * 20, place = i % 32;
            float d = (float)BitConverter.ToHalf(random, start), m = (float)BitConverter.ToHalf(random, start + 2);
            int q = random[start + 4 + place % 16] >> (place < 16 ? 0 : 4) & 15;
            float product = q * d;
            ExactFloat.AssertEqual(product + m, values[i], $"w[{i}]");
        }
    }

    [Fact]
    public void A_type_of_small_blocks_is_listed_and_read()
    {
        TestGguf.Write(folder["q.gguf"], Llama, new TestGgufTensor("token_embd.weight", [2, 256], 17, new byte[148]));
        using Checkpoint checkpoint = CheckpointFiles.Open(folder["q.gguf"]);
        Assert.Equal(("IQ2_XS", 148), (checkpoint.Tensors["model.embed_tokens.weight"].Type, checkpoint.Tensors["model.embed_tokens.weight"].ByteCount));
        using Matrix values = checkpoint.ReadMatrix("model.embed_tokens.weight", 2, 256);
        Assert.All(values.Span.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void An_unknown_architecture_can_be_inspected_only()
    {
        var metadata = new Dictionary<string, object> { ["general.architecture"] = "rwkv6" };
        TestGguf.Write(folder["r.gguf"], metadata, new TestGgufTensor("blk.0.attn_q.weight", [2, 2], new float[4]));
        using Checkpoint checkpoint = CheckpointFiles.Open(folder["r.gguf"]);
        Assert.False(checkpoint.HasConfig);
        Assert.Equal("rwkv6", CheckpointSummary.Of(checkpoint).Architecture);
        Assert.Equal(["blk.0.attn_q.weight"], checkpoint.Tensors.Keys);
        var complaint = Assert.Throws<CheckpointException>(() => checkpoint.Config);
        Assert.Contains("'rwkv6' cannot be read from GGUF yet; supported: llama", complaint.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_file_is_refused_wherever_it_ends()
    {
        byte[] file = File.ReadAllBytes(TestGguf.Write(folder["c.gguf"], Llama, new TestGgufTensor("token_embd.weight", [4, 8], new float[32])));
        for (int length = 0; length < file.Length; length++)
        {
            File.WriteAllBytes(folder["t.gguf"], file[..length]);
            Assert.Equal(CheckpointFlaw.Truncated, Assert.Throws<CheckpointException>(() => CheckpointFiles.Open(folder["t.gguf"])).Flaw);
        }
    }

    [Fact]
    public void A_changed_byte_never_ends_in_anything_but_a_complaint()
    {
        byte[] file = File.ReadAllBytes(TestGguf.Write(folder["c.gguf"], Llama, new TestGgufTensor("token_embd.weight", [4, 8], new float[32])));
        for (int i = 0; i < file.Length - 128; i++)
        {
            byte[] changed = [.. file];
            changed[i] = (byte)(i % 3 == 0 ? 0 : i % 3 == 1 ? 0x7F : 0xFF);
            File.WriteAllBytes(folder["t.gguf"], changed);
            Assert.True(Record.Exception(() => OpenAll(folder["t.gguf"])) is null or CheckpointException, $"byte {i}");
        }
    }

    private static void OpenAll(string path)
    {
        using Checkpoint checkpoint = CheckpointFiles.Open(path);
        if (checkpoint.HasConfig)
            _ = checkpoint.Config;
    }
}
