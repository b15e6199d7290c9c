using System.Text.Json;
using QuantSuite.Models.Checkpoints;

namespace QuantSuite.Tests.Models;

/// <summary>The small model that ships with the project as llama.cpp's converter would write it: one GGUF file in BF16, tokenizer inside.</summary>
internal static class MicroWorldGguf
{
    private const int Bf16 = 30;

    /// <summary>Writes the file. Returns the path.</summary>
    public static string Write(string path)
    {
        string source = Path.Combine(Goldens.RepositoryRoot, "evals", "models", "microworld-s");
        using Checkpoint checkpoint = CheckpointFiles.Open(source);
        ModelConfig config = checkpoint.Config;
        return TestGguf.Write(path, Metadata(config, source), [.. checkpoint.Tensors.Values.Select(tensor => Tensor(checkpoint, tensor, config))]);
    }

    private static Dictionary<string, object> Metadata(ModelConfig config, string source)
    {
        JsonElement model = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(source, "tokenizer.json"))).RootElement.GetProperty("model");
        return new Dictionary<string, object>
        {
            ["general.architecture"] = "llama",
            ["llama.embedding_length"] = (uint)config.Int("hidden_size"),
            ["llama.block_count"] = (uint)config.Int("num_hidden_layers"),
            ["llama.attention.head_count"] = (uint)config.Int("num_attention_heads"),
            ["llama.attention.head_count_kv"] = (uint)config.Int("num_key_value_heads"),
            ["llama.feed_forward_length"] = (uint)config.Int("intermediate_size"),
            ["llama.context_length"] = (uint)config.Int("max_position_embeddings"),
            ["llama.attention.layer_norm_rms_epsilon"] = config.Float("rms_norm_eps"),
            ["tokenizer.ggml.model"] = "gpt2",
            ["tokenizer.ggml.pre"] = "smollm",
            ["tokenizer.ggml.tokens"] = model.GetProperty("vocab").EnumerateObject().OrderBy(entry => entry.Value.GetInt32()).Select(entry => entry.Name).ToArray(),
            ["tokenizer.ggml.token_type"] = Enumerable.Range(0, config.Int("vocab_size")).Select(id => id == 0 ? 3 : 1).ToArray(),
            ["tokenizer.ggml.merges"] = model.GetProperty("merges").EnumerateArray().Select(Merge).ToArray(),
            ["tokenizer.ggml.bos_token_id"] = 0u,
            ["tokenizer.ggml.eos_token_id"] = 0u,
        };
    }

    private static string Merge(JsonElement merge) => merge.ValueKind == JsonValueKind.String ? merge.GetString()! : $"{merge[0].GetString()} {merge[1].GetString()}";

    // Rows of q and k in pairs side by side, vectors as float32.
    private static TestGgufTensor Tensor(Checkpoint checkpoint, TensorInfo tensor, ModelConfig config)
    {
        string name = Name(tensor.Name);
        int rows = (int)tensor.Shape[0], columns = tensor.Shape.Count == 1 ? 1 : (int)tensor.Shape[1], half = config.Int("head_dim") / 2;
        var values = new float[rows * columns];
        checkpoint.Read(tensor.Name, values);
        if (tensor.Shape.Count == 1)
            return new TestGgufTensor(name, [rows], values);
        bool isPaired = name.Contains("attn_q", StringComparison.Ordinal) || name.Contains("attn_k", StringComparison.Ordinal);
        var bytes = new List<byte>();
        for (int row = 0; row < rows; row++)
        {
            int from = isPaired ? row / (2 * half) * 2 * half + row % 2 * half + row % (2 * half) / 2 : row;
            foreach (float value in values.AsSpan(from * columns, columns))
                bytes.AddRange(BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)));
        }
        return new TestGgufTensor(name, [rows, columns], Bf16, [.. bytes]);
    }

    private static string Name(string name) => name
        .Replace("model.embed_tokens", "token_embd").Replace("model.norm", "output_norm").Replace("model.layers", "blk")
        .Replace("input_layernorm", "attn_norm").Replace("post_attention_layernorm", "ffn_norm").Replace("self_attn.o_proj", "attn_output")
        .Replace("self_attn.", "attn_").Replace("mlp.", "ffn_").Replace("_proj", "");
}
