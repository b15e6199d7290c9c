namespace QuantSuite.Numerics.Formats;

/// <summary>
/// Floats of 4, 6 or 8 bits: sign, exponent, fraction. s = max|w| / largest value; ties to even; values beyond the end saturate, as quantizers do
/// (Micikevicius et al., FP8 Formats for Deep Learning, arXiv 2209.05433; OCP 8-bit floating point 1.0; ml_dtypes gives NaN or infinity for overflow instead).
/// </summary>
public sealed class MinifloatFormat : TableFormat
{
    internal MinifloatFormat(string name, Minifloat layout)
        : base(name, layout.Bits, new CodeTable(layout.Values(), TieRule.EvenCode)) => Layout = layout;

    /// <summary>Exponent and fraction.</summary>
    public Minifloat Layout { get; }

    /// <inheritdoc/>
    public override Minifloat? Elements => Layout.Specials == MinifloatSpecials.NegativeZeroIsNaN ? null : Layout;

    /// <inheritdoc/>
    protected override float ScaleOf(float largest) => largest / Largest;
}
