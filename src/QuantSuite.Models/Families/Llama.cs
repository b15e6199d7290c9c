using System.Text.Json;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Llama 1 to 3 and all that follow their layout (SmolLM2, TinyLlama, …): pre-norm blocks, rotary positions, multi-head or grouped-query attention, SwiGLU.
/// Equals transformers' LlamaForCausalLM.
/// </summary>
public sealed class Llama : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "llama";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        ModelConfig config = checkpoint.Config;
        int hidden = config.Int("hidden_size"), vocabulary = config.Int("vocab_size"), heads = config.Int("num_attention_heads");
        int maxLength = config.Int("max_position_embeddings", 2048);
        float epsilon = config.Float("rms_norm_eps", 1e-6f);
        int keyValueHeads = config.Int("num_key_value_heads", heads), headDim = config.Int("head_dim", hidden / heads);
        if (heads < 1 || keyValueHeads < 1 || heads % keyValueHeads != 0 || headDim % 2 != 0)
            throw new CheckpointException($"config.json: {heads} heads over {keyValueHeads} key/value heads of {headDim} dimensions; expected a multiple, and an even dimension.");
        if (config.String("hidden_act", "silu") is var activation and not "silu")
            throw new CheckpointException($"config.json: hidden_act '{activation}' in a llama model, expected silu.");
        if (config.Int("pretraining_tp", 1) is var slices and not 1)
            throw new CheckpointException($"config.json: pretraining_tp {slices} slices the products; only 1 is supported.");
        var rotary = new RotaryEmbedding(Frequencies(config, headDim, maxLength));
        Weight embedding = Linear(checkpoint, "model.embed_tokens", vocabulary, hidden);
        bool tied = config.Bool("tie_word_embeddings", false);
        bool attentionBias = config.Bool("attention_bias", false), mlpBias = config.Bool("mlp_bias", false);
        int intermediate = config.Int("intermediate_size");
        var blocks = new DecoderBlock[config.Int("num_hidden_layers")];
        RefuseUnknownKeys(config);
        for (int i = 0; i < blocks.Length; i++)
        {
            string name = $"model.layers.{i}";
            var shape = new AttentionShape(heads, keyValueHeads, headDim, 1 / MathF.Sqrt(headDim), i);
            Weight Attend(string part, int rows, int columns) => Linear(checkpoint, $"{name}.self_attn.{part}_proj", rows, columns, attentionBias);
            Weight Feed(string part, int rows, int columns) => Linear(checkpoint, $"{name}.mlp.{part}_proj", rows, columns, mlpBias);
            var attentionNorm = new RmsNorm(checkpoint.ReadVector($"{name}.input_layernorm.weight", hidden), epsilon);
            var mlpNorm = new RmsNorm(checkpoint.ReadVector($"{name}.post_attention_layernorm.weight", hidden), epsilon);
            blocks[i] = new Block(
                attentionNorm,
                new SelfAttention(Attend("q", heads * headDim, hidden), Attend("k", keyValueHeads * headDim, hidden), Attend("v", keyValueHeads * headDim, hidden),
                    Attend("o", hidden, heads * headDim), rotary, shape, attentionNorm.Source),
                mlpNorm,
                new GatedMlp(Feed("gate", intermediate, hidden), Feed("up", intermediate, hidden), Feed("down", hidden, intermediate), mlpNorm.Source));
        }
        var norm = new RmsNorm(checkpoint.ReadVector("model.norm.weight", hidden), epsilon);
        Weight head = tied ? embedding : Linear(checkpoint, "lm_head", vocabulary, hidden);
        checkpoint.RequireNoOtherTensors(TensorNames(blocks, tied), ["*.rotary_emb.inv_freq", .. tied ? ["lm_head.weight"] : Array.Empty<string>()]);
        return new Architecture
        {
            ModelType = ModelType,
            Embedding = embedding,
            Head = head,
            Blocks = blocks,
            FinalNorm = (context, x) => norm.Forward(context, x, x),
            HeadSource = norm.Source,
            Attention = new AttentionShape(heads, keyValueHeads, headDim, 1 / MathF.Sqrt(headDim), 0),
            MaxLength = maxLength,
            EndIds = EndIdsOf(config),
        };
    }

    private static IEnumerable<string> TensorNames(DecoderBlock[] blocks, bool tied)
    {
        foreach (Weight weight in blocks.SelectMany(block => block.Linears))
        {
            yield return $"{weight.Name}.weight";
            if (weight.Bias is not null)
                yield return $"{weight.Name}.bias";
        }
        for (int i = 0; i < blocks.Length; i++)
        {
            yield return $"model.layers.{i}.input_layernorm.weight";
            yield return $"model.layers.{i}.post_attention_layernorm.weight";
        }
        yield return "model.embed_tokens.weight";
        yield return "model.norm.weight";
        if (!tied)
            yield return "lm_head.weight";
    }

    private static int[] EndIdsOf(ModelConfig config) => !config.Root.TryGetProperty("eos_token_id", out JsonElement value) ? [] : value.ValueKind switch
    {
        JsonValueKind.Number => [value.GetInt32()],
        JsonValueKind.Array => [.. value.EnumerateArray().Select(id => id.GetInt32())],
        _ => [],
    };

    private static float[] Frequencies(ModelConfig config, int headDim, int maxLength)
    {
        // transformers 5 nests everything in rope_parameters; older files have rope_theta beside an optional rope_scaling.
        ModelConfig? scaling = config.Object("rope_parameters") ?? config.Object("rope_scaling");
        float theta = scaling?.Has("rope_theta") == true ? scaling.Float("rope_theta") : config.Float("rope_theta", 10000f);
        config.Ignore("rope_theta", "rope_scaling", "rope_parameters");
        float[] frequencies = RotaryEmbedding.Frequencies(theta, headDim);
        if (scaling is null)
            return frequencies;
        string type = scaling.String("rope_type", scaling.String("type", "default"));
        scaling.Ignore("type", "rope_type", "rope_theta");
        float[] scaled = type switch
        {
            "default" => frequencies,
            "linear" => Array.ConvertAll(frequencies, frequency => frequency / scaling.Float("factor")),
            "llama3" => RotaryEmbedding.ScaleLlama3(frequencies, scaling.Float("factor"), scaling.Float("low_freq_factor"), scaling.Float("high_freq_factor"),
                scaling.Int("original_max_position_embeddings", maxLength)),
            _ => throw new CheckpointException($"config.json: rope_scaling of type '{type}' is not known; there are: default, linear, llama3."),
        };
        RefuseUnknownKeys(scaling, "config.json, rope_scaling");
        return scaled;
    }

    private sealed class Block(RmsNorm attentionNorm, SelfAttention attention, RmsNorm mlpNorm, GatedMlp mlp) : DecoderBlock
    {
        public override IReadOnlyList<LinearGroup> Groups { get; } = [.. attention.Groups, .. mlp.Groups];

        public override void Forward(ForwardContext context, Matrix hidden)
        {
            Matrix normed = context.Buffer("normed", hidden.Rows, hidden.Columns), change = context.Buffer("change", hidden.Rows, hidden.Columns);
            attentionNorm.Forward(context, hidden, normed);
            attention.Forward(context, normed, change);
            context.Kernels.Add(change, hidden);
            mlpNorm.Forward(context, hidden, normed);
            mlp.Forward(context, normed, change);
            context.Kernels.Add(change, hidden);
        }
    }
}
