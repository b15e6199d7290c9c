using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization;

/// <summary>Another format for the linears that a pattern names: <c>[down_proj=int8]</c>, <c>[layers.0=fp16]</c>, <c>[layers.*.mlp=int3]</c>.</summary>
/// <param name="Pattern">Parts of a linear's name between dots, in a row; * stands for any one part.</param>
/// <param name="Format">Its format; a full-precision one leaves the linear unquantized.</param>
public sealed record FormatOverride(string Pattern, NumericFormat Format)
{
    /// <summary>Whether a linear's name, such as <c>model.layers.0.mlp.down_proj</c>, holds the pattern.</summary>
    public bool Matches(string name)
    {
        string[] parts = name.Split('.'), wanted = Pattern.Split('.');
        return Enumerable.Range(0, Math.Max(0, parts.Length - wanted.Length + 1)).Any(first =>
            wanted.Select((want, i) => want == "*" || want == parts[first + i]).All(same => same));
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{Pattern}={Format.Name}]";
}
