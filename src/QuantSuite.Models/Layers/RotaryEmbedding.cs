using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>
/// Rotary position embedding (RoFormer, 2104.09864) over the first <c>rotated</c> dimensions of a head, pairs (i, i + rotated/2) or (2i, 2i + 1), angle = position·θ^(−2i/rotated);
/// frequencies and angles rounded to float32 as the reference implementations do; cosine and sine of that float32 angle. Where frequencies depend on a request's length
/// (<see cref="RotaryScaling"/>), every row takes those of its sequence's declared final length.
/// </summary>
public sealed class RotaryEmbedding
{
    private const int TableLimit = 16;

    private readonly Dictionary<int, Table> tables = [];
    private readonly string cosineBuffer;
    private readonly string sineBuffer;
    private (ForwardContext Context, int Pass, Matrix Cosines, Matrix Sines)? latest;

    /// <summary>For a scaling of the frequencies.</summary>
    public RotaryEmbedding(RotaryScaling scaling)
    {
        Scaling = scaling;
        cosineBuffer = $"rotary cosines {GetHashCode()}";
        sineBuffer = $"rotary sines {GetHashCode()}";
    }

    /// <summary>Frequencies, by length.</summary>
    public RotaryScaling Scaling { get; }

    /// <summary>Whether the two dimensions of a pair are neighbours (GPT-J, GLM, Cohere).</summary>
    public bool IsInterleaved { get; init; }

    /// <summary>Pairs of dimensions that turn.</summary>
    public int PairCount => Scaling.PairCount;

    /// <summary>Turns queries and keys [tokens, heads·headDim] in place.</summary>
    public void Rotate(ForwardContext context, Matrix queries, Matrix keys, int headDim)
    {
        (Matrix cosines, Matrix sines) = Angles(context);
        context.Kernels.Rotate(queries, headDim, cosines, sines, IsInterleaved);
        context.Kernels.Rotate(keys, headDim, cosines, sines, IsInterleaved);
    }

    /// <summary>Cosines and sines [tokens, pairs] of the rows' positions, made once a pass.</summary>
    public (Matrix Cosines, Matrix Sines) Angles(ForwardContext context)
    {
        if (latest is { } made && made.Context == context && made.Pass == context.PassNumber)
            return (made.Cosines, made.Sines);
        Matrix cosines = context.Buffer(cosineBuffer, context.Positions.Count, PairCount), sines = context.Buffer(sineBuffer, context.Positions.Count, PairCount);
        for (int row = 0; row < context.Positions.Count; row++)
        {
            (float[] cos, float[] sin) = TableOf(context.FinalLengths[row]).At(context.Positions[row]);
            cos.CopyTo(cosines.Row(row));
            sin.CopyTo(sines.Row(row));
        }
        latest = (context, context.PassNumber, cosines, sines);
        return (cosines, sines);
    }

    private Table TableOf(int finalLength)
    {
        int kind = Scaling.KindOf(finalLength);
        if (!tables.TryGetValue(kind, out Table? table))
        {
            if (tables.Count == TableLimit)
                tables.Clear();
            tables[kind] = table = new Table(Scaling.Frequencies(kind), Scaling.Factor);
        }
        return table;
    }

    private sealed class Table(float[] frequencies, float factor)
    {
        private readonly List<(float[] Cosines, float[] Sines)> rows = [];

        public (float[] Cosines, float[] Sines) At(int position)
        {
            for (int p = rows.Count; p <= position; p++)
            {
                var cos = new float[frequencies.Length];
                var sin = new float[frequencies.Length];
                for (int i = 0; i < frequencies.Length; i++)
                {
                    (double s, double c) = ElementaryFunctions.SinCos(p * frequencies[i]);
                    cos[i] = (float)c * factor;
                    sin[i] = (float)s * factor;
                }
                rows.Add((cos, sin));
            }
            return rows[position];
        }
    }
}
