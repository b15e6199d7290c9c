using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// The inputs of a linear as its checkpoint asks for them: rounded by another package's rule, in float32, before a product with the float values of the weights (its "fake quantization").
/// compressed-tensors: int8 s = max|x| / 127.5 with codes −128 … 127, FP8 s = max|x| / 448, both a token; or one fixed scale for all.
/// </summary>
/// <param name="rule">Fits scales and rounds.</param>
/// <param name="scale">The scale of every token, or null where each token has its own.</param>
internal sealed class FiledInputs(NumericFormat rule, float? scale) : NumericFormat, IEquatable<FiledInputs>
{
    /// <summary>Fits scales and rounds.</summary>
    public NumericFormat Rule { get; } = rule;

    /// <summary>The scale of every token, or null where each token has its own.</summary>
    public float? Scale { get; } = scale;

    /// <inheritdoc/>
    public override string Name => Rule.Name;

    /// <inheritdoc/>
    public override int Bits => Rule.Bits;

    /// <inheritdoc/>
    public override Granularity DefaultGranularity => Rule.DefaultGranularity;

    /// <inheritdoc/>
    public override IReadOnlyList<float> Values => Rule.Values;

    /// <inheritdoc/>
    public override QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric) =>
        Scale is { } fixedScale ? new QuantGrid(fixedScale, Rule is IntegerFormat integers ? integers.MiddleCode : 0) : Rule.Fit(values, symmetric);

    /// <inheritdoc/>
    public override int Encode(float value, QuantGrid grid) => Rule.Encode(value, grid);

    /// <inheritdoc/>
    public bool Equals(FiledInputs? other) => other is not null && Name == other.Name && Scale == other.Scale && Rule.TensorDivisor == other.Rule.TensorDivisor;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FiledInputs);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Scale);
}
