using System.Text.Json;
using System.Text.Json.Nodes;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// What llama.cpp's converter makes of LLaVA's tower and projector (<c>mmproj-*.gguf</c>, architecture <c>clip</c>), undone: tensors get Hugging Face's names back, metadata becomes
/// config.json's keys. The file holds the layers up to the one that the language model reads, and all of them run, as in the model; llama.cpp leaves out the last of them.
/// </summary>
internal static class LlavaGguf
{
    /// <summary>The value of <c>general.architecture</c>.</summary>
    public const string Architecture = "clip";

    private const string Tower = "vision_tower.vision_model", Projector = "multi_modal_projector";

    private static readonly Dictionary<string, string> Tops = new()
    {
        ["v.class_embd"] = $"{Tower}.embeddings.class_embedding",
        ["v.patch_embd"] = $"{Tower}.embeddings.patch_embedding",
        ["v.position_embd"] = $"{Tower}.embeddings.position_embedding",
        ["v.pre_ln"] = $"{Tower}.pre_layrnorm",
        ["v.post_ln"] = $"{Tower}.post_layernorm",
        ["mm.0"] = $"{Projector}.linear_1",
        ["mm.2"] = $"{Projector}.linear_2",
    };

    private static readonly Dictionary<string, string> Parts = new()
    {
        ["ln1"] = "layer_norm1",
        ["ln2"] = "layer_norm2",
        ["attn_q"] = "self_attn.q_proj",
        ["attn_k"] = "self_attn.k_proj",
        ["attn_v"] = "self_attn.v_proj",
        ["attn_out"] = "self_attn.out_proj",
        ["ffn_up"] = "mlp.fc1",
        ["ffn_down"] = "mlp.fc2",
    };

    /// <summary>Whether a file is one of these.</summary>
    public static bool IsOne(IReadOnlyDictionary<string, object> metadata) => metadata.GetValueOrDefault("general.architecture") is Architecture;

    /// <summary>Tensors by Hugging Face's names; one whose name means nothing here keeps it, and a model will call it extra.</summary>
    public static IEnumerable<StoredTensor> Rename(string path, GgufFile file)
    {
        int hidden = new GgufNumbers(path, file.Metadata).Require("clip.vision.embedding_length");
        // The usual converter calls the first linear down and the second up.
        bool crossed = file.Tensors.TryGetValue("v.blk.0.ffn_down.weight", out StoredTensor? down) && down.Info.RowLength == hidden;
        return file.Tensors.Values.Select(tensor => tensor with { Info = tensor.Info with { Name = HuggingFaceName(tensor.Info.Name, crossed) } });
    }

    /// <summary>config.json's keys from a projector's metadata.</summary>
    /// <param name="language">config.json of the language model.</param>
    /// <param name="imageToken">The id that stands for an image.</param>
    public static ModelConfig Config(string path, IReadOnlyDictionary<string, object> metadata, ModelConfig language, int imageToken)
    {
        RequireLlava15(path, metadata);
        var numbers = new GgufNumbers(path, metadata);
        int layers = numbers.Require("clip.vision.block_count");
        return ModelConfig.Parse(new JsonObject
        {
            ["model_type"] = "llava",
            ["text_config"] = JsonNode.Parse(language.Root.GetRawText()),
            ["vision_config"] = new JsonObject
            {
                ["hidden_size"] = numbers.Require("clip.vision.embedding_length"),
                ["intermediate_size"] = numbers.Require("clip.vision.feed_forward_length"),
                ["num_hidden_layers"] = layers,
                ["num_attention_heads"] = numbers.Require("clip.vision.attention.head_count"),
                ["image_size"] = numbers.Require("clip.vision.image_size"),
                ["patch_size"] = numbers.Require("clip.vision.patch_size"),
                ["layer_norm_eps"] = numbers.RequireFloat("clip.vision.attention.layer_norm_epsilon"),
                ["hidden_act"] = IsOn(metadata, "clip.use_gelu") ? "gelu" : IsOn(metadata, "clip.use_silu") ? "silu" : "quick_gelu",
            },
            ["vision_feature_layer"] = FeatureLayer(path, metadata) ?? layers,
            ["image_token_index"] = imageToken,
        }.ToJsonString());
    }

    /// <summary>preprocessor_config.json with the colours that a projector's metadata name, or null where they name none.</summary>
    public static string? Preprocessor(IReadOnlyDictionary<string, object> metadata) =>
        metadata.GetValueOrDefault("clip.vision.image_mean") is float[] means && metadata.GetValueOrDefault("clip.vision.image_std") is float[] deviations
            ? JsonSerializer.Serialize(new { image_mean = means, image_std = deviations }) : null;

    private static string HuggingFaceName(string name, bool crossed)
    {
        (string stem, string ending) = GgufArchitecture.Parted(name);
        if (Tops.TryGetValue(stem, out string? top))
            return top + ending;
        if (stem.Split('.') is not ["v", "blk", string layer, string part] || !layer.All(char.IsAsciiDigit))
            return name;
        part = (part, crossed) switch { ("ffn_up", true) => "ffn_down", ("ffn_down", true) => "ffn_up", _ => part };
        return Parts.TryGetValue(part, out string? known) ? $"{Tower}.encoder.layers.{layer}.{known}{ending}" : name;
    }

    private static int? FeatureLayer(string path, IReadOnlyDictionary<string, object> metadata) => metadata.GetValueOrDefault("clip.vision.feature_layer") switch
    {
        null => null,
        Array { Length: 1 } layers => Convert.ToInt32(layers.GetValue(0), System.Globalization.CultureInfo.InvariantCulture),
        Array layers => throw Wrong(path, $"clip.vision.feature_layer names {layers.Length} layers; the features of one are read"),
        object value => throw Wrong(path, $"clip.vision.feature_layer is {value}, expected a list of one layer"),
    };

    private static void RequireLlava15(string path, IReadOnlyDictionary<string, object> metadata)
    {
        if (metadata.GetValueOrDefault("clip.projector_type") is { } type and not "mlp")
            throw Wrong(path, $"clip.projector_type is '{type}'; only 'mlp', LLaVA 1.5's, is supported");
        if (!IsOn(metadata, "clip.has_vision_encoder") || IsOn(metadata, "clip.has_text_encoder") || metadata.GetValueOrDefault("clip.has_llava_projector") is false)
            throw Wrong(path, "expected a vision tower with LLaVA's projector and no other encoder");
        if (metadata.Keys.FirstOrDefault(key => key is "clip.vision.image_grid_pinpoints" or "clip.vision.mm_patch_merge_type") is { } grid)
            throw Wrong(path, $"{grid} is there: an image in several tiles, as LLaVA 1.6 has it, is not supported");
    }

    private static bool IsOn(IReadOnlyDictionary<string, object> metadata, string key) => metadata.GetValueOrDefault(key) is true;

    private static CheckpointException Wrong(string path, string what) => new(CheckpointFlaw.Architecture, $"{path}: {what}.");
}
