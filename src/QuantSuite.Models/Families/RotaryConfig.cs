using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Families;

/// <summary>
/// Rotary positions as config.json declares them, in both styles: transformers 5 nests everything in <c>rope_parameters</c> (for some families once more, by kind of layer), older
/// files have <c>rope_theta</c> beside an optional <c>rope_scaling</c>. The scalings are those of transformers' modeling_rope_utils.
/// </summary>
internal static class RotaryConfig
{
    /// <summary>The scaling of the model's heads.</summary>
    /// <param name="theta">The base where config.json names none.</param>
    /// <param name="partial">The share of a head that turns where config.json names none.</param>
    /// <param name="kind">The kind of layer by which <c>rope_parameters</c> may be nested, or null.</param>
    /// <param name="rotated">Dimensions that turn, where the family knows them itself; 0 for the share.</param>
    public static RotaryScaling Read(DecoderParts parts, float theta = 10000, float partial = 1, string? kind = null, int rotated = 0)
    {
        ModelConfig config = parts.Config;
        ModelConfig? rope = config.Object("rope_scaling") ?? config.Object("rope_parameters");
        if (kind is not null && rope?.Object(kind) is { } own)
            rope = own;
        theta = Choose(rope, config, "rope_theta", theta);
        partial = Choose(rope, config, "partial_rotary_factor", partial);
        if (rotated == 0)
            rotated = (int)(parts.HeadDim * (double)partial + 1e-4) / 2 * 2;
        config.Ignore("rope_theta", "rope_scaling", "rope_parameters", "partial_rotary_factor");
        if (rotated < 2 || rotated > parts.HeadDim || !(theta > 0))
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: {rotated} of {parts.HeadDim} dimensions turn by base {theta}; expected 2 to {parts.HeadDim}, and a positive base.");
        return rope is null ? new RotaryScaling(RotaryScaling.Frequencies(theta, rotated)) : Scaled(rope, parts, theta, rotated);
    }

    /// <summary>Unscaled positions of another base, for layers that <c>rope_scaling</c> does not mean.</summary>
    public static RotaryScaling Plain(DecoderParts parts, float theta) => new(RotaryScaling.Frequencies(theta, parts.HeadDim));

    private static RotaryScaling Scaled(ModelConfig rope, DecoderParts parts, float theta, int rotated)
    {
        string type = rope.String("rope_type", rope.String("type", "default"));
        rope.Ignore("type", "rope_type", "rope_theta", "partial_rotary_factor", "finetuned", "original_max_position_embeddings");
        float[] frequencies = RotaryScaling.Frequencies(theta, rotated);
        int maxLength = parts.MaxLength, original = parts.Config.Int("original_max_position_embeddings", rope.Int("original_max_position_embeddings", maxLength));
        if (type == "su" || type == "yarn" && rope.Has("short_factor"))
            type = "longrope";
        RotaryScaling scaling = type switch
        {
            "default" => new RotaryScaling(frequencies),
            "linear" => new RotaryScaling(Array.ConvertAll(frequencies, frequency => frequency / Factor(rope))),
            "dynamic" => RotaryScaling.Dynamic(theta, rotated, Factor(rope), maxLength) with { PositionLimit = Reach(maxLength, Factor(rope)) },
            "llama3" => RotaryScaling.Llama3(frequencies, Factor(rope), rope.Float("low_freq_factor"), rope.Float("high_freq_factor"), original),
            "yarn" => Yarn(rope, theta, rotated, original, maxLength),
            "longrope" => Long(rope, theta, rotated, original, maxLength),
            _ => throw new CheckpointException($"config.json: rope_scaling of type '{type}' is not known; there are: default, linear, dynamic, yarn, llama3, longrope."),
        };
        ConfigKeys.RefuseUnread(rope, "config.json, rope_scaling");
        return scaling;
    }

    private static RotaryScaling Yarn(ModelConfig rope, float theta, int rotated, int original, int maxLength)
    {
        float factor = rope.Has("factor") ? Factor(rope) : (float)maxLength / original;
        float attention = rope.Has("attention_factor") ? rope.Float("attention_factor")
            : rope.Float("mscale", 0) * rope.Float("mscale_all_dim", 0) != 0 ? Attention(factor, rope.Float("mscale")) / Attention(factor, rope.Float("mscale_all_dim"))
            : Attention(factor, 1);
        rope.Ignore("mscale", "mscale_all_dim");
        var scaling = RotaryScaling.Yarn(theta, rotated, factor, original, rope.Float("beta_fast", 32), rope.Float("beta_slow", 1), rope.Bool("truncate", true), attention);
        return scaling with { PositionLimit = Reach(original, factor) };
    }

    private static float Attention(float factor, float scale) => factor <= 1 ? 1 : (float)(0.1 * scale * ElementaryFunctions.Log(factor) + 1);

    private static RotaryScaling Long(ModelConfig rope, float theta, int rotated, int original, int maxLength)
    {
        float factor = rope.Has("factor") ? Factor(rope) : (float)maxLength / original;
        float attention = rope.Has("attention_factor") ? rope.Float("attention_factor")
            : factor <= 1 ? 1 : (float)Math.Sqrt(1 + ElementaryFunctions.Log(factor) / ElementaryFunctions.Log(original));
        return RotaryScaling.Long(theta, rotated, Factors(rope, "short_factor", rotated), Factors(rope, "long_factor", rotated), original, attention);
    }

    private static float[] Factors(ModelConfig rope, string key, int rotated)
    {
        float[] factors = rope.Floats(key) ?? throw new CheckpointException(CheckpointFlaw.Field, $"config.json, rope_scaling: key '{key}' is missing.");
        return factors.Length == rotated / 2 ? factors
            : throw new CheckpointException(CheckpointFlaw.Field, $"config.json, rope_scaling: {key} has {factors.Length} numbers, expected {rotated / 2}, one for each pair of dimensions that turn.");
    }

    private static float Factor(ModelConfig rope) => rope.Float("factor") is > 0 and var factor && float.IsFinite(factor)
        ? factor
        : throw new CheckpointException(CheckpointFlaw.Field, $"config.json, rope_scaling: factor is {rope.Float("factor")}, expected a positive number.");

    private static int Reach(int length, float factor) => (int)Math.Min(int.MaxValue / 4, (double)length * factor);

    private static float Choose(ModelConfig? rope, ModelConfig config, string key, float fallback) => rope?.Has(key) == true ? rope.Float(key) : config.Float(key, fallback);
}
