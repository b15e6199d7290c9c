using System.Globalization;
using System.Text.Json.Nodes;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// Transforms of inputs and outputs in the layout of our own. In config.json, by linear: <c>{"hadamard": run}</c>, or <c>{"kronecker": "seed"}</c> for a
/// random rotation that the seed makes anew;
/// with <c>"scales": true</c> the tensor <c>name.input_scales</c> float32 [in] divides the channels before.
/// </summary>
internal static class StoredTransform
{
    /// <summary>The tensor of scales before a transform of inputs.</summary>
    public const string Scales = "input_scales";

    /// <summary>Whether the layout has words for a transform.</summary>
    public static bool Holds(RowTransform? transform) => transform switch
    {
        null => true,
        HadamardTransform hadamard => !hadamard.HasSigns,
        KroneckerRotation kronecker => kronecker.Seed is not null,
        ScaledTransform scaled => scaled.Then is not ScaledTransform && Holds(scaled.Then),
        _ => false,
    };

    /// <summary>The description of a transform; null for none.</summary>
    public static JsonObject? Write(RowTransform? transform) => transform switch
    {
        null => null,
        HadamardTransform hadamard => new JsonObject { ["hadamard"] = hadamard.Run },
        KroneckerRotation { Seed: { } seed } => new JsonObject { ["kronecker"] = seed.ToString(CultureInfo.InvariantCulture) },
        ScaledTransform scaled => WithScales(Write(scaled.Then)!),
        _ => throw new NotSupportedException($"{transform.GetType().Name} cannot be written."),
    };

    /// <summary>The transform of a description; null for none.</summary>
    /// <param name="settings">The description, or null.</param>
    /// <param name="size">Columns.</param>
    /// <param name="tensors">Where the scales are.</param>
    public static RowTransform? Read(ModelConfig? settings, int size, LinearTensors tensors)
    {
        if (settings is null)
            return null;
        RowTransform transform = settings.Has("kronecker") ? KroneckerRotation.Random(size, SeedOf(settings, tensors)) : Hadamard(settings.Int("hadamard"), size, tensors);
        if (!settings.Bool("scales", false))
            return transform;
        tensors.RequireFloats(Scales, "in", size);
        return new ScaledTransform(tensors.ReadFloats(Scales), transform);
    }

    private static JsonObject WithScales(JsonObject description)
    {
        description["scales"] = true;
        return description;
    }

    private static ulong SeedOf(ModelConfig settings, LinearTensors tensors)
    {
        string text = settings.String("kronecker");
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed) ? seed
            : throw tensors.Wrong(CheckpointFlaw.Field, "codes", $"has a rotation of seed '{text}'", "a whole number");
    }

    private static HadamardTransform Hadamard(int run, int size, LinearTensors tensors) => run >= 1 && size % run == 0 ? new HadamardTransform(size, run)
        : throw tensors.Wrong(CheckpointFlaw.Field, "codes", $"has a Hadamard transform in runs of {run} for {size} columns", "a divisor");
}
