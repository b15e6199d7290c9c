using System.Text.Json;
using System.Text.Json.Nodes;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Models.Vision;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// LLaVA 1.5 (2310.03744): a CLIP tower and a projector whose features take the place of image tokens in a Llama. The language model is quantized, tower and projector stay in full
/// precision. Equals transformers' LlavaForConditionalGeneration.
/// </summary>
public sealed class Llava : ModelFamily
{
    // What the published files leave out of their parts, as transformers fills it in: a vision_config has CLIP's own defaults, and where there is none the tower is LLaVA 1.5's.
    private const string TextDefaults = """{"model_type":"llama","hidden_size":4096,"intermediate_size":11008,"num_hidden_layers":32,"num_attention_heads":32,"vocab_size":32000}""";
    private const string PartialVisionDefaults = """{"hidden_size":768,"intermediate_size":3072,"num_hidden_layers":12,"num_attention_heads":12,"image_size":224,"patch_size":32,"vocab_size":1}""";
    private const string VisionDefaults = """{"hidden_size":1024,"intermediate_size":4096,"num_hidden_layers":24,"num_attention_heads":16,"image_size":336,"patch_size":14,"vocab_size":1}""";

    /// <inheritdoc/>
    public override string ModelType => "llava";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        ModelConfig config = checkpoint.Config, text = Filled(config, "text_config", TextDefaults);
        ModelConfig vision = Filled(config, "vision_config", config.Has("vision_config") ? PartialVisionDefaults : VisionDefaults);
        if (text.ModelType != "llama")
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json, text_config: model_type '{text.ModelType}'; only llama is supported in a llava model.");
        text.Ignore("tie_word_embeddings", "pad_token_id");
        var language = new DecoderParts(checkpoint, config: text) { Prefix = "language_model." };
        var parts = new DecoderParts(checkpoint, keys: new SizeKeys { Vocabulary = "vocab_size" }, config: vision);
        Architecture architecture = Llama.Build(language);
        ClipVisionTower tower = Tower(parts, config, vision, architecture.HiddenSize);
        config.Ignore("text_config", "vision_config", "image_seq_length", "projection_dim", "vocab_size", "ignore_index", "tie_word_embeddings");
        ConfigKeys.RefuseUnread(config);
        parts.Claim(language);
        parts.RequireNoOtherTensors("vision_tower.vision_model.encoder.layers.*", "vision_tower.vision_model.post_layernorm.*", "*.position_ids");
        return architecture with { ModelType = ModelType, Vision = tower, Others = tower.Weights };
    }

    private static ModelConfig Filled(ModelConfig config, string key, string defaults)
    {
        JsonObject filled = JsonNode.Parse(defaults)!.AsObject();
        foreach (JsonProperty property in (config.Object(key) ?? ModelConfig.Parse("{}")).Root.EnumerateObject())
            filled[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        return ModelConfig.Parse(filled.ToJsonString());
    }

    private static ClipVisionTower Tower(DecoderParts parts, ModelConfig config, ModelConfig vision, int languageSize)
    {
        const string Root = "vision_tower.vision_model";
        int hidden = parts.HiddenSize, side = vision.Int("image_size"), patch = vision.Int("patch_size"), width = vision.Int("intermediate_size");
        float epsilon = vision.Float("layer_norm_eps", 1e-5f);
        Activation activation = parts.Activation(fallback: "quick_gelu");
        if (vision.Int("num_channels", 3) != 3 || patch < 1 || side < patch || side % patch != 0)
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json, vision_config: patches of {patch} in images of {side}; expected a divisor, and 3 channels.");
        vision.Ignore("projection_dim", "vocab_size", "initializer_factor", "logit_scale_init_value");
        ConfigKeys.RefuseUnread(vision, "config.json, vision_config");
        int layer = config.Int("vision_feature_layer", -2), run = layer < 0 ? parts.LayerCount + 1 + layer : layer, count = side / patch * (side / patch);
        string strategy = config.String("vision_feature_select_strategy", "default");
        bool bias = config.Bool("multimodal_projector_bias", true);
        if (run < 0 || run > parts.LayerCount || strategy is not ("default" or "full"))
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: vision_feature_layer {layer} of {parts.LayerCount} layers by strategy '{strategy}'; expected a layer of them, and 'default' or 'full'.");
        AttentionShape shape = parts.Shape(0) with { IsBidirectional = true };
        float[] patches = parts.Tensor($"{Root}.embeddings.patch_embedding.weight", hidden, 3, patch, patch);
        using var patchWeight = new Matrix(hidden, 3 * patch * patch, patches);
        return new ClipVisionTower(side, patch, patchWeight, parts.Tensor($"{Root}.embeddings.class_embedding", hidden),
            parts.Tensor($"{Root}.embeddings.position_embedding.weight", count + 1, hidden), parts.LayerNorm($"{Root}.pre_layrnorm", hidden, epsilon),
            [.. Enumerable.Range(0, run).Select(i => Block(parts, $"{Root}.encoder.layers.{i}", shape with { Layer = i }, width, epsilon, activation))], shape,
            [
                parts.Linear("multi_modal_projector.linear_1", languageSize, hidden, bias),
                parts.Linear("multi_modal_projector.linear_2", languageSize, languageSize, bias),
            ],
            DecoderParts.ActivationOf("projector_hidden_act", config.String("projector_hidden_act", "gelu")))
        {
            DropsClassToken = strategy == "default",
            ImageToken = config.Int("image_token_index", config.Int("image_token_id", 32000)),
        };
    }

    private static SequentialBlock Block(DecoderParts parts, string name, AttentionShape shape, int width, float epsilon, Activation activation) =>
        new(new SelfAttention(parts.Qkv($"{name}.self_attn", bias: true), parts.AttentionOutput($"{name}.self_attn.out_proj", bias: true), shape),
            parts.PlainMlp($"{name}.mlp.fc1", $"{name}.mlp.fc2", width, activation))
        {
            AttentionNorm = parts.LayerNorm($"{name}.layer_norm1", parts.HiddenSize, epsilon),
            MlpNorm = parts.LayerNorm($"{name}.layer_norm2", parts.HiddenSize, epsilon),
        };
}
