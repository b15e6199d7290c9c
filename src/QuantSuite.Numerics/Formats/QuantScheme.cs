namespace QuantSuite.Numerics.Formats;

/// <summary>Format, granularity and symmetry of the weights, and the formats of activations and KV cache, if any.</summary>
public sealed record QuantScheme
{
    /// <summary>Format of the weights of the linears in the decoder blocks.</summary>
    public required NumericFormat Weights { get; init; }

    /// <summary>What shares a scale in a weight.</summary>
    public Granularity Granularity { get; init; } = Granularity.Channel;

    /// <summary>Whether weight grids are centred on zero.</summary>
    public bool Symmetric { get; init; }

    /// <summary>
    /// Format of the inputs of the linears: per token (per block of a token, for formats of blocks), symmetric, its scale taken from the token itself (dynamic); null leaves them
    /// float32. Integers meet integer weights in exact sums; inputs of any other format are rounded, and multiplied in float32.
    /// </summary>
    public NumericFormat? Activations { get; init; }

    /// <summary>What shares a scale in the inputs: a token (dynamic), or the whole tensor (static, from calibration).</summary>
    public Granularity ActivationGranularity { get; init; } = Granularity.Token;

    /// <summary>Format of keys (after RoPE) and values: per token and head, asymmetric; null leaves them float32.</summary>
    public IntegerFormat? KeyValueCache { get; init; }

    /// <summary>Neighbours that share a scale in the KV cache; 0 for the whole head (under KIVI, its default).</summary>
    public int KeyValueGroup { get; init; }

    /// <summary>KIVI's residual: keys per channel over groups of tokens, values per token, and this many newest tokens in float32. Null: per token and head, all of them.</summary>
    public int? KeyValueResidual { get; init; }
}
