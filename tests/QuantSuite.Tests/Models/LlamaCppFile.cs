using System.Globalization;
using System.Text.Json;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;

namespace QuantSuite.Tests.Models;

/// <summary>Writes a checkpoint as llama.cpp's converter does: names, order of rows, whole gains, experts and norms of heads in one tensor.</summary>
internal static class LlamaCppFile
{
    /// <summary>Writes the file.</summary>
    /// <param name="extra">More metadata, <c>suffix=value</c> with spaces between.</param>
    public static void Write(string path, Checkpoint original, GgufArchitecture known, string extra) =>
        TestGguf.Write(path, Metadata(original, known.Name, extra), [.. Tensors(original, known)]);

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
                metadata[$"{architecture}.attention.{(key == "rms_norm_eps" || architecture.StartsWith("mamba", StringComparison.Ordinal) ? "layer_norm_rms_epsilon" : "layer_norm_epsilon")}"] = epsilon.GetSingle();
        JsonElement rope = config.TryGetProperty("rope_parameters", out JsonElement nested) ? nested : config;
        if (rope.TryGetProperty("rope_theta", out JsonElement theta))
            metadata[$"{architecture}.rope.freq_base"] = theta.GetSingle();
        foreach (string pair in extra.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            metadata[$"{architecture}.{pair.Split('=')[0]}"] = Value(pair.Split('=')[1]);
        return metadata;

        void Copy(string suffix, params ReadOnlySpan<string> keys)
        {
            foreach (string key in keys)
                if (config.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number)
                    metadata[$"{architecture}.{suffix}"] = value.GetUInt32();
        }
    }

    private static object Value(string text) =>
        text == "true" ? true : uint.TryParse(text, CultureInfo.InvariantCulture, out uint whole) ? whole : (object)float.Parse(text, CultureInfo.InvariantCulture);

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
            else if (info.Name.Split(".norms.") is [var stem, "0.weight"])
                yield return new TestGgufTensor(NameOf($"{stem}.weight", known)!, [Heads(original, stem), shape[0]], [.. HeadNorms(original, stem)]);
            else if (!info.Name.Contains(".norms.", StringComparison.Ordinal) && NameOf(info.Name, known) is { } name)
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
        if (known.Name == "mamba2" && (name.EndsWith("ssm_a", StringComparison.Ordinal) || name.EndsWith("ssm_d", StringComparison.Ordinal)))
            shape = [shape[0], 1];
        if (name.EndsWith("ssm_norm.weight", StringComparison.Ordinal))
            shape = [Int("n_groups"), shape[0] / Int("n_groups")];
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
                return $"blk.{pieces[0]}.{gguf}{(part.EndsWith("_bias", StringComparison.Ordinal) ? ".bias" : ending)}";
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

    private static int Heads(Checkpoint original, string stem) => original.Tensors.Keys.Count(name => name.StartsWith($"{stem}.norms.", StringComparison.Ordinal));

    private static IEnumerable<float> HeadNorms(Checkpoint original, string stem)
    {
        for (int head = 0; head < Heads(original, stem); head++)
        {
            TensorInfo info = original.Tensors[$"{stem}.norms.{head}.weight"];
            var values = new float[info.ElementCount];
            original.Read(info.Name, values);
            foreach (float value in values)
                yield return value;
        }
    }
}
