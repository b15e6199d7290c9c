using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// StarCoder and SantaCoder (2305.06161): GPT-2 with one key and value head for all queries, or, without <c>multi_query</c>, queries, keys and values of each head together.
/// Equals transformers' GPTBigCodeForCausalLM.
/// </summary>
public sealed class GptBigCode : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "gpt_bigcode";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        bool shared = checkpoint.Config.Bool("multi_query", true);
        var parts = new DecoderParts(checkpoint, maxLength: 1024, keyValueHeads: shared ? 1 : 0, keys: Gpt2.Keys with { KeyValueHeads = "" });
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, width = config.Int("n_inner", 4 * hidden);
        float epsilon = config.Float("layer_norm_epsilon", 1e-5f);
        bool scales = config.Bool("scale_attn_weights", true);
        Activation activation = parts.Activation("activation_function", "gelu_pytorch_tanh");
        config.Ignore("n_ctx", "num_key_value_heads", "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "inference_runner", "validate_runner_input", "pre_allocate_kv_cache",
            "pad_key_length", "max_batch_size", "max_sequence_length");
        string root = parts.Root("transformer.", "wte.weight");
        Weight embedding = parts.Embedding($"{root}wte"), head = parts.Head(embedding, tied: true);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"{root}h.{i}";
            AttentionShape shape = parts.Shape(i);
            if (!scales)
                shape = shape with { Scale = 1 };
            Weight qkv = parts.Linear($"{name}.attn.c_attn", hidden + 2 * parts.KeyValueHeads * parts.HeadDim, hidden, bias: true);
            var projection = new FusedProjection(qkv, shape, shared ? QkvOrder.Blocks : QkvOrder.Heads);
            return new SequentialBlock(new SelfAttention(projection, parts.AttentionOutput($"{name}.attn.c_proj", bias: true), shape),
                parts.PlainMlp($"{name}.mlp.c_fc", $"{name}.mlp.c_proj", width, activation))
            {
                AttentionNorm = parts.LayerNorm($"{name}.ln_1", hidden, epsilon),
                MlpNorm = parts.LayerNorm($"{name}.ln_2", hidden, epsilon),
            };
        });
        var input = new InputLayer(embedding) { Positions = parts.Linear($"{root}wpe", parts.MaxLength, hidden) };
        return parts.Assemble(input, blocks, new OutputLayer(head) { Norm = parts.LayerNorm($"{root}ln_f", hidden, epsilon) }, null,
            "*.attn.bias", "*.attn.masked_bias", "transformer.bias");
    }
}
