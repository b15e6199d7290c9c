using System.Text.Json;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// GPT-Neo (EleutherAI, 2021): GPT-2's block with linears of their own, scores that are not scaled, and layers that see a window of <c>window_size</c> where
/// <c>attention_types</c> calls them local. Equals transformers' GPTNeoForCausalLM.
/// </summary>
public sealed class GptNeo : ModelFamily
{
    private static readonly SizeKeys Keys = new() { Layers = "num_layers", Heads = "num_heads" };

    /// <inheritdoc/>
    public override string ModelType => "gpt_neo";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, keys: Keys);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("intermediate_size", 4 * hidden), window = config.Int("window_size", 256);
        float epsilon = config.Float("layer_norm_epsilon", 1e-5f);
        string[] kinds = Kinds(config, parts.LayerCount);
        Activation activation = parts.Activation("activation_function", "gelu_new");
        string root = parts.Root("transformer.", "wte.weight");
        Weight embedding = parts.Embedding($"{root}wte"), head = parts.Head(embedding, tied: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"{root}h.{i}";
            AttentionShape shape = parts.Shape(i) with { Scale = 1, Window = kinds[i] == "local" ? window : 0 };
            var attention = new SelfAttention(parts.Qkv($"{name}.attn.attention"), parts.AttentionOutput($"{name}.attn.attention.out_proj", bias: true), shape);
            return new SequentialBlock(attention, parts.PlainMlp($"{name}.mlp.c_fc", $"{name}.mlp.c_proj", width, activation))
            {
                AttentionNorm = parts.LayerNorm($"{name}.ln_1", hidden, epsilon),
                MlpNorm = parts.LayerNorm($"{name}.ln_2", hidden, epsilon),
            };
        });
        var input = new InputLayer(embedding) { Positions = parts.Linear($"{root}wpe", parts.MaxLength, hidden) };
        return parts.Assemble(input, blocks, new OutputLayer(head) { Norm = parts.LayerNorm($"{root}ln_f", hidden, epsilon) }, null,
            "*.attn.attention.bias", "*.attn.attention.masked_bias");
    }

    // attention_types is [[kinds, times], …], such as [[["global", "local"], 12]].
    private static string[] Kinds(ModelConfig config, int layerCount)
    {
        string[]? listed = config.Strings("attention_layers");
        config.Ignore("attention_types");
        if (config.Root.TryGetProperty("attention_types", out JsonElement types) && types.ValueKind == JsonValueKind.Array)
            listed = [.. types.EnumerateArray().SelectMany(Repeated)];
        listed ??= [.. Enumerable.Range(0, layerCount).Select(layer => layer % 2 == 0 ? "global" : "local")];
        return listed.Length == layerCount && listed.All(kind => kind is "global" or "local") ? listed : throw new CheckpointException(CheckpointFlaw.Field,
            $"config.json: attention_types gives {listed.Length} layers ({string.Join(", ", listed.Distinct())}), expected 'global' or 'local' for each of {layerCount}.");
    }

    private static IEnumerable<string> Repeated(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Array || item.GetArrayLength() != 2 || item[0].ValueKind != JsonValueKind.Array || !item[1].TryGetInt32(out int times) || times is < 0 or > 10000)
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: attention_types has {item.GetRawText()}, expected [[kinds], times].");
        return Enumerable.Range(0, times).SelectMany(_ => item[0].EnumerateArray().Select(kind => kind.ToString()));
    }
}
