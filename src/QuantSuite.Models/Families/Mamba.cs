using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>Mamba (2312.00752): no attention and no positions; every block is a selective state space. Equals transformers' MambaForCausalLM.</summary>
public sealed class Mamba : ModelFamily
{
    /// <summary>The sizes' names where there are no heads.</summary>
    internal static readonly SizeKeys Keys = new() { Heads = "", KeyValueHeads = "", HeadDim = "", Hidden = "hidden_size|d_model", Layers = "num_hidden_layers|n_layer" };

    /// <inheritdoc/>
    public override string ModelType => "mamba";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, headDim: 4, keys: Keys);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, size = config.Int("state_size", 16), kernel = config.Int("conv_kernel", 4);
        int channels = config.Int("intermediate_size", (int)(config.Float("expand", 2) * hidden)), rank = Rank(config, hidden);
        float epsilon = config.Float("layer_norm_epsilon", 1e-5f);
        bool bias = config.Bool("use_bias", false), convolutionBias = config.Bool("use_conv_bias", true);
        parts.RequireWord("hidden_act", "silu");
        Ignore(config);
        string root = parts.Root("backbone.", "norm_f.weight"), tokens = parts.Has($"{root}embedding.weight") ? "embedding" : "embeddings";
        Weight embedding = parts.Embedding(root + tokens), head = parts.Head(embedding, tied: true);
        long layerFloats = (long)channels * (kernel - 1 + size);
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"{root}layers.{i}.mixer";
            var shape = new ScanShape(channels, size, 1, i * layerFloats + (long)channels * (kernel - 1));
            var convolution = new CausalConvolution(parts.Tensor($"{name}.conv1d.weight", channels, 1, kernel), convolutionBias ? parts.Tensor($"{name}.conv1d.bias", channels) : null, channels,
                i * layerFloats);
            var mixer = new MambaMixer(parts.Linear($"{name}.in_proj", 2 * channels, hidden, bias), parts.Linear($"{name}.x_proj", rank + 2 * size, channels),
                parts.Linear($"{name}.dt_proj", channels, rank, bias: true), parts.Linear($"{name}.out_proj", hidden, channels, bias), convolution,
                Decay(parts, name, channels, size), parts.Tensor($"{name}.D", channels), shape);
            return new MixerBlock(parts.RmsNorm($"{root}layers.{i}.norm", hidden, epsilon), mixer);
        });
        var output = new OutputLayer(head) { Norm = parts.RmsNorm($"{root}norm_f", hidden, epsilon) };
        return Recurrent(parts.Assemble(new InputLayer(embedding), blocks, output), parts.LayerCount * layerFloats);
    }

    /// <summary>An architecture without attention, whose sequences hold a state and whose length has no limit.</summary>
    internal static Architecture Recurrent(Architecture architecture, long stateFloats) =>
        architecture with { Attention = new AttentionShape(0, 0, 4, 1, 0), StateFloats = stateFloats, PositionLimit = int.MaxValue / 4 };

    /// <summary>Marks the keys of initialization, of kernels and of training.</summary>
    internal static void Ignore(ModelConfig config) => config.Ignore("expand", "residual_in_fp32", "rescale_prenorm_residual", "time_step_floor", "time_step_init_scheme", "time_step_max",
        "time_step_min", "time_step_scale", "time_step_rank", "use_associative_scan", "use_mambapy", "d_inner", "ssm_cfg", "fused_add_norm", "pad_vocab_size_multiple", "rms_norm", "chunk_size",
        "intermediate_size", "d_model", "n_layer");

    // A by state and channel, from [channels, states]: −exp(A_log), or A itself, which GGUF files hold.
    private static Matrix Decay(DecoderParts parts, string name, int channels, int size)
    {
        bool isWhole = parts.Has($"{name}.A");
        float[] stored = parts.Tensor($"{name}.{(isWhole ? "A" : "A_log")}", channels, size);
        var decay = new Matrix(size, channels);
        for (int n = 0; n < size; n++)
            for (int channel = 0; channel < channels; channel++)
                decay[n, channel] = isWhole ? stored[channel * size + n] : -ElementaryFunctions.Exp(stored[channel * size + n]);
        return decay;
    }

    private static int Rank(ModelConfig config, int hidden)
    {
        bool automatic = config.Root.TryGetProperty("time_step_rank", out var value) is false || value.ValueKind != System.Text.Json.JsonValueKind.Number;
        return automatic ? (hidden + 15) / 16 : config.Int("time_step_rank");
    }
}
