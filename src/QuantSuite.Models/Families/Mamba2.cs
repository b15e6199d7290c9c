using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>Mamba 2 (2405.21060) and Codestral Mamba: selective state spaces with heads. Equals transformers' Mamba2ForCausalLM.</summary>
public sealed class Mamba2 : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "mamba2";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint)
    {
        var parts = new DecoderParts(checkpoint, headDim: 4, keys: Mamba.Keys);
        ModelConfig config = parts.Config;
        int hidden = parts.HiddenSize, size = config.Int("state_size", 128), kernel = config.Int("conv_kernel", 4), groups = config.Int("n_groups", 8);
        int heads = config.Int("num_heads", 128), headDim = config.Int("head_dim", 64), channels = (int)(config.Float("expand", 2) * hidden), mixed = channels + 2 * groups * size;
        if (heads < 1 || groups < 1 || heads * headDim != channels || heads % groups != 0)
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: {heads} heads of {headDim} in {groups} groups for {channels} channels; expected heads · head_dim = expand · hidden_size, and whole groups.");
        float epsilon = config.Float("layer_norm_epsilon", 1e-5f);
        bool bias = config.Bool("use_bias", false), convolutionBias = config.Bool("use_conv_bias", true);
        parts.Require("rms_norm", true);
        parts.RequireWord("hidden_act", "silu");
        float[] limits = config.Floats("time_step_limit") is [var least, var most] ? [least, most] : [0, float.PositiveInfinity];
        Mamba.Ignore(config);
        string root = parts.Root("backbone.", "norm_f.weight"), tokens = parts.Has($"{root}embedding.weight") ? "embedding" : "embeddings";
        Weight embedding = parts.Embedding(root + tokens), head = parts.Head(embedding, tied: false);
        long convolutionFloats = (long)mixed * (kernel - 1), layerFloats = convolutionFloats + (long)channels * size;
        DecoderBlock[] blocks = parts.Blocks(i =>
        {
            string name = $"{root}layers.{i}.mixer";
            var convolution = new CausalConvolution(parts.Tensor($"{name}.conv1d.weight", mixed, 1, kernel), convolutionBias ? parts.Tensor($"{name}.conv1d.bias", mixed) : null, mixed,
                i * layerFloats);
            float[] decay = [.. Decay(parts, name, heads).SelectMany(value => Enumerable.Repeat(value, headDim))];
            float[] skip = [.. parts.Tensor($"{name}.D", heads).SelectMany(value => Enumerable.Repeat(value, headDim))];
            var mixer = new Mamba2Mixer(parts.Linear($"{name}.in_proj", channels + mixed + heads, hidden, bias), parts.Linear($"{name}.out_proj", hidden, channels, bias), convolution,
                new Matrix(1, channels, decay), skip, parts.Tensor($"{name}.dt_bias", heads), parts.RmsNorm($"{name}.norm", channels, epsilon),
                new ScanShape(channels, size, groups, i * layerFloats + convolutionFloats))
            {
                StepLimits = (limits[0], limits[1]),
            };
            return new MixerBlock(parts.RmsNorm($"{root}layers.{i}.norm", hidden, epsilon), mixer);
        });
        var output = new OutputLayer(head) { Norm = parts.RmsNorm($"{root}norm_f", hidden, epsilon) };
        return Mamba.Recurrent(parts.Assemble(new InputLayer(embedding), blocks, output), parts.LayerCount * layerFloats);
    }

    // −exp(A_log), or A itself, which GGUF files hold.
    private static float[] Decay(DecoderParts parts, string name, int heads) =>
        parts.Has($"{name}.A") ? parts.Tensor($"{name}.A", heads) : Array.ConvertAll(parts.Tensor($"{name}.A_log", heads), value => -ElementaryFunctions.Exp(value));
}
