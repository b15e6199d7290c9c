using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>
/// Rotary position embedding (RoFormer, 2104.09864) over the first <c>rotated</c> dimensions of a head, pairs (i, i + rotated/2), angle = position·θ^(−2i/rotated), frequencies
/// and angles rounded to float32 as the reference implementations do; cosine and sine of that float32 angle.
/// </summary>
public sealed class RotaryEmbedding
{
    private readonly float[] frequencies;
    private readonly List<(float[] Cosines, float[] Sines)> table = [];
    private (ForwardContext Context, int Pass, Matrix Cosines, Matrix Sines)? latest;

    private readonly string cosineBuffer;
    private readonly string sineBuffer;

    /// <summary>For inverse frequencies in float32, one a pair of dimensions.</summary>
    public RotaryEmbedding(float[] frequencies)
    {
        this.frequencies = frequencies;
        cosineBuffer = $"rotary cosines {GetHashCode()}";
        sineBuffer = $"rotary sines {GetHashCode()}";
    }

    /// <summary>Pairs of dimensions that turn.</summary>
    public int PairCount => frequencies.Length;

    /// <summary>Inverse frequencies θ^(−2i/rotated).</summary>
    public static float[] Frequencies(float theta, int rotated)
    {
        var frequencies = new float[rotated / 2];
        for (int i = 0; i < frequencies.Length; i++)
            frequencies[i] = 1f / (float)ElementaryFunctions.Pow(theta, (float)(2 * i) / rotated);
        return frequencies;
    }

    /// <summary>
    /// Llama 3's scaling: wavelengths above original/low are divided by <paramref name="factor"/>, those below original/high kept, those between blended linearly
    /// (transformers, <c>rope_type</c> llama3).
    /// </summary>
    public static float[] ScaleLlama3(float[] frequencies, float factor, float lowFactor, float highFactor, int originalLength)
    {
        const float TwoPi = 6.2831853f;
        return Array.ConvertAll(frequencies, frequency =>
        {
            float wavelength = TwoPi / frequency;
            if (wavelength > originalLength / lowFactor)
                return frequency / factor;
            if (wavelength < originalLength / highFactor)
                return frequency;
            float smooth = (originalLength / wavelength - lowFactor) / (highFactor - lowFactor);
            return (1 - smooth) * frequency / factor + smooth * frequency;
        });
    }

    /// <summary>Cosines and sines [tokens, pairs] of the rows' positions, made once a pass.</summary>
    public (Matrix Cosines, Matrix Sines) Angles(ForwardContext context)
    {
        if (latest is { } made && made.Context == context && made.Pass == context.PassNumber)
            return (made.Cosines, made.Sines);
        Matrix cosines = context.Buffer(cosineBuffer, context.Positions.Count, PairCount), sines = context.Buffer(sineBuffer, context.Positions.Count, PairCount);
        for (int row = 0; row < context.Positions.Count; row++)
        {
            (float[] cos, float[] sin) = At(context.Positions[row]);
            cos.CopyTo(cosines.Row(row));
            sin.CopyTo(sines.Row(row));
        }
        latest = (context, context.PassNumber, cosines, sines);
        return (cosines, sines);
    }

    private (float[] Cosines, float[] Sines) At(int position)
    {
        for (int p = table.Count; p <= position; p++)
        {
            var cos = new float[PairCount];
            var sin = new float[PairCount];
            for (int i = 0; i < PairCount; i++)
            {
                (double s, double c) = ElementaryFunctions.SinCos(p * frequencies[i]);
                cos[i] = (float)c;
                sin[i] = (float)s;
            }
            table.Add((cos, sin));
        }
        return table[position];
    }
}
