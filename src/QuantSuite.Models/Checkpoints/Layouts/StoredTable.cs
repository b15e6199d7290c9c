using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>A table of values that a checkpoint's codes look up. It decodes only: what is in a file is never rounded again.</summary>
internal sealed class StoredTable(string name, int bits, IReadOnlyList<float> values) : NumericFormat
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override int Bits => bits;

    /// <inheritdoc/>
    public override IReadOnlyList<float> Values => values;

    /// <inheritdoc/>
    public override QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric) => throw new NotSupportedException($"{name} is read from files, not fitted.");

    /// <inheritdoc/>
    public override int Encode(float value, QuantGrid grid) => throw new NotSupportedException($"{name} is read from files, not encoded.");
}
