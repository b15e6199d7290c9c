namespace QuantSuite.Numerics;

/// <summary>
/// KIVI (2402.02750): keys rounded per channel over groups of tokens, values per token over groups of channels, the newest tokens left in float32. Pages hold every key and value
/// twice, as float32 and rounded (the rounded layers behind the float ones), and a query at position t reads the rounded one
/// <code>
/// of key j    where its group of G tokens ends at e ≤ t + 1 − R     (complete, and all of it at least R tokens old)
/// of value j  where j + 1 ≤ t + 1 − R
/// </code>
/// So what t sees of j depends on t and j alone, and prefill, decode and pieces give equal bits. The authors' code keeps the prompt's own attention in full precision and moves R tokens
/// at a time from its residual to codes; here the rule is the same for every query, and keys go a group at a time.
/// </summary>
/// <param name="Residual">R, the newest tokens that stay float32, the query's own among them; the paper's 128.</param>
/// <param name="GroupSize">G, tokens of a channel of keys, and channels of a value, that share a scale; the paper's 32.</param>
/// <param name="LayerCount">Layers of the model: how far behind a layer its rounded twin lies.</param>
public readonly record struct KiviCache(int Residual, int GroupSize, int LayerCount)
{
    /// <summary>R where a recipe names none.</summary>
    public const int DefaultResidual = 128;

    /// <summary>G where a recipe names none.</summary>
    public const int DefaultGroupSize = 32;

    /// <summary>The first keys, in whole groups, of which a query at this position sees the rounded ones.</summary>
    public int RoundedKeyCount(int position) => RoundedValueCount(position) / GroupSize * GroupSize;

    /// <summary>The first values of which a query at this position sees the rounded ones.</summary>
    public int RoundedValueCount(int position) => Math.Max(0, position + 1 - Residual);

    /// <summary>
    /// Rounds values that share a scale: s = (max − min)/(2ᵇ−1), q = clamp(rint((x − min)/s), 0, 2ᵇ−1), x' = fl(fl(q·s) + min): min takes the
    /// place of a zero point. Equal values keep their value; a group with NaN or infinity becomes NaN.
    /// </summary>
    public static unsafe void Round(float* source, float* destination, int count, int lastCode)
    {
        float min = float.PositiveInfinity, max = float.NegativeInfinity;
        for (int i = 0; i < count; i++)
        {
            min = MathF.Min(min, source[i]);
            max = MathF.Max(max, source[i]);
        }
        float scale = (max - min) / lastCode;
        if (scale == 0)
            scale = 1;
        for (int i = 0; i < count; i++)
            destination[i] = MathF.Max(0, MathF.Min(lastCode, MathF.Round((source[i] - min) / scale))) * scale + min;
    }
}
