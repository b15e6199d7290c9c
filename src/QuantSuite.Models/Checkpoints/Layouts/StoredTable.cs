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

    /// <summary>OCP FP8 E4M3.</summary>
    public static StoredTable Fp8E4M3 { get; } = new("fp8_e4m3", 8, Decode(Float8.E4M3));

    /// <summary>OCP FP4 E2M1.</summary>
    public static StoredTable Fp4E2M1 { get; } = new("fp4_e2m1", 4, [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6]);

    /// <inheritdoc/>
    public override QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric) => throw new NotSupportedException($"{name} is read from files, not fitted.");

    /// <inheritdoc/>
    public override int Encode(float value, QuantGrid grid) => throw new NotSupportedException($"{name} is read from files, not encoded.");

    private static float[] Decode(TensorDecoder decoder)
    {
        var values = new float[256];
        decoder([.. Enumerable.Range(0, 256).Select(code => (byte)code)], values);
        return values;
    }
}
