using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>The golden checkpoints written as llama.cpp's converter writes them (names, order of rows, whole gains, experts in one tensor), and read back: the same logits.</summary>
public sealed class GgufFamilyGoldenTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string, string> Cases() => new()
    {
        { "qwen2", "qwen2", "" },
        { "qwen3", "qwen3", "attention.key_length=16" },
        { "gemma", "gemma", "attention.key_length=16" },
        { "olmo2", "olmo2", "" },
        { "smollm3", "smollm3", "" },
        { "phi3", "phi3", "attention.sliding_window=20" },
        { "phi", "phi2", "rope.dimension_count=6" },
        { "stablelm", "stablelm", "rope.dimension_count=4" },
        { "glm4", "glm4", "attention.key_length=16 rope.dimension_count=8" },
        { "gpt2", "gpt2", "" },
        { "gpt_neox", "gptneox", "rope.dimension_count=4" },
        { "bloom", "bloom", "" },
        { "falcon-7b-style", "falcon", "attention.head_count_kv=1" },
        { "falcon-40b-style", "falcon", "attention.head_count_kv=2" },
        { "mixtral", "llama", "expert_count=4 expert_used_count=2" },
        { "mamba", "mamba", "ssm.conv_kernel=4 ssm.inner_size=96 ssm.state_size=8 ssm.time_step_rank=5" },
    };

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void LogitsAreThoseOfTheOriginal(string name, string architecture, string extra)
    {
        string golden = Path.Combine(Goldens.Folder("families"), name);
        int[] ids = [.. Goldens.Json(Path.Combine(golden, "golden.json")).GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt32())];
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(golden, "logits.bin"))).ToArray();
        GgufArchitecture known = name == "mixtral" ? GgufArchitectures.Mixtral : GgufArchitectures.All.Single(entry => entry.Name == architecture);
        using (Checkpoint original = CheckpointFiles.Open(golden))
            TestGguf.Write(folder["model.gguf"], Metadata(original, architecture, extra), [.. Tensors(original, known)]);
        using Kernels kernels = Kernels.Create();
        using DecoderModel model = Quantizer.Load(folder["model.gguf"], Recipe.Parse("fp32"), kernels);
        using Matrix logits = model.Logits(ids);
        double worst = expected.Select((value, i) => Math.Abs((double)value - logits.Span[i])).Max();
        Assert.True(worst <= 2e-4, $"{name}: logits differ by {worst}");
    }

    private static Dictionary<string, object> Metadata(Checkpoint original, string architecture, string extra)
    {
        JsonElement config = original.Config.Root;
        var metadata = new Dictionary<string, object> { ["general.architecture"] = architecture };
        Copy("embedding_length", "hidden_size", "n_embd", "n_embed");
        Copy("block_count", "num_hidden_layers", "n_layer");
        Copy("attention.head_count", "num_attention_heads", "n_head");
        Copy("attention.head_count_kv", "num_key_value_heads");
        Copy("feed_forward_length", "intermediate_size", "ffn_hidden_size");
        Copy("context_length", "max_position_embeddings", "n_positions");
        metadata.TryAdd($"{architecture}.context_length", 2048u);
        if (!metadata.ContainsKey($"{architecture}.feed_forward_length"))
            metadata[$"{architecture}.feed_forward_length"] = 4 * (uint)metadata[$"{architecture}.embedding_length"];
        foreach (string key in (string[])["rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon"])
            if (config.TryGetProperty(key, out JsonElement epsilon))
                metadata[$"{architecture}.attention.{(key == "rms_norm_eps" || architecture == "mamba" ? "layer_norm_rms_epsilon" : "layer_norm_epsilon")}"] = epsilon.GetSingle();
        JsonElement rope = config.TryGetProperty("rope_parameters", out JsonElement nested) ? nested : config;
        if (rope.TryGetProperty("rope_theta", out JsonElement theta))
            metadata[$"{architecture}.rope.freq_base"] = theta.GetSingle();
        foreach (string pair in extra.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            metadata[$"{architecture}.{pair.Split('=')[0]}"] = uint.Parse(pair.Split('=')[1], CultureInfo.InvariantCulture);
        return metadata;

        void Copy(string suffix, params ReadOnlySpan<string> keys)
        {
            foreach (string key in keys)
                if (config.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number)
                    metadata[$"{architecture}.{suffix}"] = value.GetUInt32();
        }
    }

    // Names and orders turned around: what reading undoes is done here.
    private static IEnumerable<TestGgufTensor> Tensors(Checkpoint original, GgufArchitecture known)
    {
        var experts = new SortedDictionary<string, List<(int Index, float[] Values, int[] Shape)>>();
        foreach (TensorInfo info in original.Tensors.Values.OrderBy(info => info.Name, StringComparer.Ordinal))
        {
            var values = new float[info.ElementCount];
            original.Read(info.Name, values);
            int[] shape = [.. info.Shape.Select(size => (int)size)];
            if (ExpertOf(info.Name, known) is { } place)
            {
                if (!experts.TryGetValue(place.Name, out var list))
                    experts[place.Name] = list = [];
                list.Add((place.Index, values, shape));
            }
            else if (NameOf(info.Name, known) is { } name)
                yield return Turned(name, values, shape, known, original);
        }
        foreach ((string name, var list) in experts)
            yield return new TestGgufTensor(name, [list.Count, .. list[0].Shape], [.. list.OrderBy(item => item.Index).SelectMany(item => item.Values)]);
    }

    private static TestGgufTensor Turned(string name, float[] values, int[] shape, GgufArchitecture known, Checkpoint original)
    {
        JsonElement config = original.Config.Root;
        if (known.HasWholeGains && name.Contains("norm", StringComparison.Ordinal))
            values = Array.ConvertAll(values, value => value + 1);
        if (known.Name == "gpt2" && shape.Length == 2 && name.StartsWith("blk", StringComparison.Ordinal))
            (values, shape) = ([.. Enumerable.Range(0, values.Length).Select(i => values[i % shape[0] * shape[1] + i / shape[0]])], [shape[1], shape[0]]);
        if (name.EndsWith("ssm_a", StringComparison.Ordinal))
            values = Array.ConvertAll(values, value => -ElementaryFunctions.Exp(value));
        if (name.Contains("ssm_conv1d.weight", StringComparison.Ordinal))
            shape = [shape[0], shape[2]];
        Func<long, long>? order = null;
        int heads = Int("num_attention_heads"), keyHeads = Int("num_key_value_heads") is > 0 and var count ? count : Int("num_kv_heads") is > 0 and var grouped ? grouped : heads;
        if (known.IsInterleaved && (name.Contains("attn_q.", StringComparison.Ordinal) || name.Contains("attn_k.", StringComparison.Ordinal)))
            order = GgufRowOrder.Interleaved(shape[0] / (name.Contains("attn_q.", StringComparison.Ordinal) ? heads : keyHeads));
        if (known.HasQkvBlocks && name.Contains("attn_qkv", StringComparison.Ordinal) && !(config.TryGetProperty("multi_query", out JsonElement shared) && shared.GetBoolean() && keyHeads == heads))
            order = GgufRowOrder.Blocks(heads, keyHeads, shape[0] / (heads + 2 * keyHeads));
        if (order is null)
            return new TestGgufTensor(name, shape, values);
        int length = values.Length / shape[0];
        var stored = new float[values.Length];
        for (int row = 0; row < shape[0]; row++)
            values.AsSpan(row * length, length).CopyTo(stored.AsSpan((int)order(row) * length));
        return new TestGgufTensor(name, shape, stored);

        int Int(string key) => config.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : 0;
    }

    private static string? NameOf(string name, GgufArchitecture known)
    {
        (string stem, string ending) = name.EndsWith(".weight", StringComparison.Ordinal) ? (name[..^7], ".weight") : name.EndsWith(".bias", StringComparison.Ordinal) ? (name[..^5], ".bias") : (name, "");
        if (stem.EndsWith("A_log", StringComparison.Ordinal))
            stem = stem[..^4];
        foreach ((string gguf, string top) in known.Tops)
            if (top == stem)
                return gguf + ending;
        string before = known.Block[..known.Block.IndexOf('{', StringComparison.Ordinal)];
        if (!stem.StartsWith(before, StringComparison.Ordinal))
            return null;
        string[] pieces = stem[before.Length..].Split('.', 2);
        foreach ((string gguf, string part) in known.Parts)
            if (pieces.Length == 2 && (part == pieces[1] || (pieces[1] == "ln_mlp" && gguf == "attn_norm" && known.Name == "falcon")))
                return $"blk.{pieces[0]}.{gguf}{ending}";
        return null;
    }

    private static (string Name, int Index)? ExpertOf(string name, GgufArchitecture known)
    {
        if (known.Experts is not { } experts || !name.Contains(".experts.", StringComparison.Ordinal))
            return null;
        string[] pieces = name.Split('.');
        int index = int.Parse(pieces[^3], CultureInfo.InvariantCulture);
        string kind = experts.Gate.EndsWith(pieces[^2], StringComparison.Ordinal) ? "gate" : experts.Up.EndsWith(pieces[^2], StringComparison.Ordinal) ? "up" : "down";
        return ($"blk.{pieces[2]}.ffn_{kind}_exps.weight", index);
    }
}
