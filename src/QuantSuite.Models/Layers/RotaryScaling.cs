using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>
/// Inverse frequencies of rotary positions. Most scalings are one list of them. Dynamic NTK and LongRoPE choose by length: once for each request, from the length that it declares, so
/// that prefill, decode and other requests give equal bits. (transformers chooses anew as a sequence grows, and leaves the keys that it has cached at their old angles.)
/// </summary>
public sealed record RotaryScaling
{
    private readonly Func<int, int> kindOf;
    private readonly Func<int, float[]> frequencies;

    /// <summary>One list for all lengths.</summary>
    /// <param name="frequencies">One for each pair of dimensions.</param>
    /// <param name="factor">What cosines and sines are multiplied by.</param>
    public RotaryScaling(float[] frequencies, float factor = 1)
        : this(static _ => 0, _ => frequencies, factor) => DependsOnLength = false;

    private RotaryScaling(Func<int, int> kindOf, Func<int, float[]> frequencies, float factor)
    {
        DependsOnLength = true;
        this.kindOf = kindOf;
        this.frequencies = frequencies;
        Factor = factor;
        PairCount = frequencies(0).Length;
    }

    /// <summary>What cosines and sines are multiplied by: YaRN's and LongRoPE's attention factor.</summary>
    public float Factor { get; }

    /// <summary>Pairs of dimensions that turn.</summary>
    public int PairCount { get; }

    /// <summary>Whether a request's length chooses the frequencies.</summary>
    public bool DependsOnLength { get; }

    /// <summary>The positions that the scaling reaches, where that is more than config.json's most; or null.</summary>
    public int? PositionLimit { get; init; }

    /// <summary>Equal for lengths that have equal frequencies; only their sequences may share keys. 0 for an undeclared length, 0.</summary>
    public int KindOf(int finalLength) => kindOf(finalLength);

    /// <summary>Inverse frequencies of a kind.</summary>
    public float[] Frequencies(int kind) => frequencies(kind);

    /// <summary>Unscaled, θ^(−2i/rotated).</summary>
    public static float[] Frequencies(float theta, int rotated)
    {
        var frequencies = new float[rotated / 2];
        for (int i = 0; i < frequencies.Length; i++)
            frequencies[i] = 1f / Power(theta, i, rotated);
        return frequencies;
    }

    /// <summary>
    /// Llama 3's scaling: wavelengths above original/low are divided by <paramref name="factor"/>, those below original/high kept, those between blended linearly
    /// (transformers, <c>rope_type</c> llama3).
    /// </summary>
    public static RotaryScaling Llama3(float[] frequencies, float factor, float lowFactor, float highFactor, int originalLength)
    {
        const float TwoPi = 6.2831853f;
        return new RotaryScaling(Array.ConvertAll(frequencies, frequency =>
        {
            float wavelength = TwoPi / frequency;
            if (wavelength > originalLength / lowFactor)
                return frequency / factor;
            if (wavelength < originalLength / highFactor)
                return frequency;
            float smooth = (originalLength / wavelength - lowFactor) / (highFactor - lowFactor);
            return (1 - smooth) * frequency / factor + smooth * frequency;
        }));
    }

    /// <summary>Dynamic NTK: beyond the original length L₀ a sequence of final length L has base θ·(factor·L/L₀ − (factor − 1))^(d/(d−2)).</summary>
    public static RotaryScaling Dynamic(float theta, int rotated, double factor, int originalLength) => new(
        length => length > originalLength ? length : 0,
        kind => kind == 0
            ? Frequencies(theta, rotated)
            : Frequencies((float)(theta * ElementaryFunctions.Pow(factor * kind / originalLength - (factor - 1), (double)rotated / (rotated - 2))), rotated),
        1);

    /// <summary>LongRoPE (2402.13753): each pair's frequency is divided by a factor of its own, from the long list where the final length exceeds the original one.</summary>
    public static RotaryScaling Long(float theta, int rotated, float[] shortFactors, float[] longFactors, int originalLength, float factor) => new(
        length => length > originalLength ? 1 : 0,
        kind =>
        {
            float[] factors = kind == 0 ? shortFactors : longFactors;
            return [.. Enumerable.Range(0, rotated / 2).Select(i => 1f / (factors[i] * Power(theta, i, rotated)))];
        },
        factor);

    /// <summary>
    /// YaRN (2309.00071): pairs that turn more than <paramref name="fast"/> times over the original length keep their frequency, those that turn less than <paramref name="slow"/>
    /// times are divided by <paramref name="factor"/>, a ramp between them.
    /// </summary>
    public static RotaryScaling Yarn(float theta, int rotated, float factor, int originalLength, double fast, double slow, bool truncates, float attentionFactor)
    {
        double low = PairOf(fast), high = PairOf(slow);
        if (truncates)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, rotated - 1));
        if (low == high)
            high += 0.001;
        var frequencies = new float[rotated / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            float power = Power(theta, i, rotated), kept = 1 - Math.Clamp((i - (float)low) / (float)(high - low), 0f, 1f);
            frequencies[i] = 1f / (factor * power) * (1 - kept) + 1f / power * kept;
        }
        return new RotaryScaling(frequencies, attentionFactor);

        double PairOf(double turns) => rotated * ElementaryFunctions.Log(originalLength / (turns * 2 * Math.PI)) / (2 * ElementaryFunctions.Log(theta));
    }

    private static float Power(float theta, int pair, int rotated) => (float)ElementaryFunctions.Pow(theta, (float)(2 * pair) / rotated);
}
