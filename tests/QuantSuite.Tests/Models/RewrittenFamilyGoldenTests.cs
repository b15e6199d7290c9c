using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>
/// Families that no golden folder has, from one that computes the same: its tensors by the other family's names and layouts must give its logits
/// (../shared/goldens/families: glm, gpt2, llama).
/// </summary>
public sealed class RewrittenFamilyGoldenTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [SkippableFact]
    public void ChatGlmEqualsGlm() => AssertEqual("glm", """
        {"model_type":"chatglm","num_layers":2,"padded_vocab_size":160,"hidden_size":64,"ffn_hidden_size":104,"kv_channels":16,"num_attention_heads":4,"seq_length":128,
        "layernorm_epsilon":1.5625e-07,"rmsnorm":true,"apply_residual_connection_post_layernorm":false,"post_layer_norm":true,"add_bias_linear":false,"add_qkv_bias":true,
        "multi_query_attention":true,"multi_query_group_num":2,"apply_query_key_layer_scaling":true,"attention_softmax_in_fp32":true,"fp32_residual_connection":false,"quantization_bit":0,
        "pre_seq_len":null,"prefix_projection":false,"original_rope":true,"tie_word_embeddings":false,"bias_dropout_fusion":true,"torch_dtype":"float32"}
        """, read =>
    [
        read("model.embed_tokens.weight", "transformer.embedding.word_embeddings.weight"),
        read("model.norm.weight", "transformer.encoder.final_layernorm.weight"),
        read("lm_head.weight", "transformer.output_layer.weight"),
        new TestTensor("transformer.rotary_pos_emb.inv_freq", [4], new float[4]),
        .. Enumerable.Range(0, 2).SelectMany(i => new[]
        {
            read($"model.layers.{i}.input_layernorm.weight", $"transformer.encoder.layers.{i}.input_layernorm.weight"),
            read($"model.layers.{i}.post_attention_layernorm.weight", $"transformer.encoder.layers.{i}.post_attention_layernorm.weight"),
            Joined(read, $"transformer.encoder.layers.{i}.self_attention.query_key_value.weight", i, "weight"),
            Joined(read, $"transformer.encoder.layers.{i}.self_attention.query_key_value.bias", i, "bias"),
            read($"model.layers.{i}.self_attn.o_proj.weight", $"transformer.encoder.layers.{i}.self_attention.dense.weight"),
            read($"model.layers.{i}.mlp.gate_up_proj.weight", $"transformer.encoder.layers.{i}.mlp.dense_h_to_4h.weight"),
            read($"model.layers.{i}.mlp.down_proj.weight", $"transformer.encoder.layers.{i}.mlp.dense_4h_to_h.weight"),
        }),
    ]);

    [SkippableTheory]
    [InlineData("transformer.")]
    [InlineData("")]
    public void GptBigCodeEqualsGpt2(string root) => AssertEqual("gpt2", """
        {"model_type":"gpt_bigcode","activation_function":"gelu_pytorch_tanh","n_embd":48,"n_head":4,"n_layer":3,"n_positions":64,"vocab_size":160,"layer_norm_epsilon":0.002,
        "multi_query":false,"attention_softmax_in_fp32":true,"scale_attention_softmax_in_fp32":true,"scale_attn_weights":true,"n_inner":192}
        """, read => BigCode(read, root));

    [SkippableFact]
    public void GraniteEqualsLlama() => AssertEqual("llama", Changed("llama", config =>
    {
        config["model_type"] = "granite";
        config["attention_multiplier"] = 1 / Math.Sqrt(12);
        config["embedding_multiplier"] = 1;
        config["residual_multiplier"] = 1.0;
        config["logits_scaling"] = 1.0;
        config.Remove("pretraining_tp");
    }), read => All("llama", read));

    [SkippableTheory]
    [InlineData("""{"rope_type":"dynamic","factor":4.0}""")]
    [InlineData("""{"rope_type":"linear","factor":1.0}""")]
    [InlineData("""{"type":"yarn","factor":1.0,"original_max_position_embeddings":128}""")]
    [InlineData("""{"type":"longrope","short_factor":[1,1,1,1,1,1],"long_factor":[9,9,9,9,9,9],"original_max_position_embeddings":64,"factor":1.0}""")]
    public void ScalingsThatChangeNothingChangeNothing(string scaling) => AssertEqual("llama", Changed("llama", config => config["rope_scaling"] = JsonNode.Parse(scaling)), read => All("llama", read));

    private static TestTensor Joined(Func<string, string, TestTensor> read, string name, int layer, string part)
    {
        TestTensor[] parts = [.. "qkv".Select(letter => read($"model.layers.{layer}.self_attn.{letter}_proj.{part}", ""))];
        return new TestTensor(name, [parts.Sum(tensor => tensor.Shape[0]), .. parts[0].Shape[1..]], [.. parts.SelectMany(tensor => tensor.Values)]);
    }

    private static TestTensor[] BigCode(Func<string, string, TestTensor> read, string root) =>
    [
        .. new[] { "wte.weight", "wpe.weight", "ln_f.weight", "ln_f.bias" }.Select(name => read(name, root + name)),
        .. Enumerable.Range(0, 3).SelectMany(i => new[] { "ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias", "attn.c_proj.bias", "mlp.c_fc.bias", "mlp.c_proj.bias" }
            .Select(part => read($"h.{i}.{part}", $"{root}h.{i}.{part}"))),
        .. Enumerable.Range(0, 3).SelectMany(i => new[] { "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight" }.Select(part => Transposed(read($"h.{i}.{part}", $"{root}h.{i}.{part}")))),
        .. Enumerable.Range(0, 3).Select(i => ByHead(Transposed(read($"h.{i}.attn.c_attn.weight", $"{root}h.{i}.attn.c_attn.weight")))),
        .. Enumerable.Range(0, 3).Select(i => ByHead(read($"h.{i}.attn.c_attn.bias", $"{root}h.{i}.attn.c_attn.bias"))),
    ];

    private static TestTensor Transposed(TestTensor tensor)
    {
        (int rows, int columns) = (tensor.Shape[0], tensor.Shape[1]);
        return new TestTensor(tensor.Name, [columns, rows], [.. Enumerable.Range(0, rows * columns).Select(i => tensor.Values[i % rows * columns + i / rows])]);
    }

    // Thirds to queries, keys and values of each of four heads.
    private static TestTensor ByHead(TestTensor tensor)
    {
        int length = tensor.Values.Length / tensor.Shape[0];
        float[] Row(int row) => tensor.Values[(row * length)..((row + 1) * length)];
        return tensor with { Values = [.. Enumerable.Range(0, 144).SelectMany(row => Row(row / 12 % 3 * 48 + row / 36 * 12 + row % 12))] };
    }

    private static TestTensor[] All(string name, Func<string, string, TestTensor> read)
    {
        using Checkpoint checkpoint = CheckpointFiles.Open(Path.Combine(Goldens.Folder("families"), name));
        return [.. checkpoint.Tensors.Keys.Select(tensor => read(tensor, tensor))];
    }

    private static string Changed(string name, Action<JsonObject> change)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(Goldens.Folder("families"), name, "config.json")))!.AsObject();
        change(config);
        return config.ToJsonString();
    }

    private void AssertEqual(string name, string config, Func<Func<string, string, TestTensor>, IReadOnlyList<TestTensor>> rewrite)
    {
        string golden = Path.Combine(Goldens.Folder("families"), name);
        using (Checkpoint original = CheckpointFiles.Open(golden))
            TestCheckpoint.Write(folder["model"], JsonDocument.Parse(config).RootElement, rewrite((from, to) => Read(original, from, to)));
        int[] ids = [.. Goldens.Json(Path.Combine(golden, "golden.json")).GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt32())];
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(golden, "logits.bin"))).ToArray();
        using Kernels kernels = Kernels.Create();
        using DecoderModel model = Quantizer.Load(folder["model"], Recipe.Parse("fp32"), kernels);
        using Matrix logits = model.Logits(ids);
        double worst = expected.Select((value, i) => Math.Abs((double)value - logits.Span[i])).Max();
        Assert.True(worst <= 2e-4, $"{model.Architecture.ModelType} from {name}: logits differ by {worst}");
    }

    private static TestTensor Read(Checkpoint original, string from, string to)
    {
        var values = new float[original.Tensors[from].ElementCount];
        original.Read(from, values);
        return new TestTensor(to, [.. original.Tensors[from].Shape.Select(size => (int)size)], values);
    }
}
