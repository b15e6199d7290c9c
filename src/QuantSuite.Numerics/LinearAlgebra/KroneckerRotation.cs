namespace QuantSuite.Numerics.LinearAlgebra;

/// <summary>
/// QuIP's fast random rotation (2307.13304, §4.1): for n = p·q the columns in a random order, a p × p rotation across them, a q × q rotation along them, and
/// another order.
/// Column vectors v ↦ P_out (I ⊗ B₁)(B₀ ⊗ I) P_in v, which equals <c>mul_ortho_butterfly</c> with one block a factor; rows are such vectors. n·(p + q)
/// products instead of n².
/// </summary>
public sealed class KroneckerRotation : RowTransform
{
    private readonly int[] inOrder;
    private readonly int[] outOrder;
    private readonly float[][] outer;
    private readonly float[][] inner;
    private readonly int p;
    private readonly int q;

    /// <summary>A rotation from its parts.</summary>
    /// <param name="outer">Rotations [p, p] across; one, or one for each of the q columns.</param>
    /// <param name="inner">Rotations [q, q] along; one, or one for each of the p runs.</param>
    /// <param name="inOrder">v[inOrder[i]] comes to place i.</param>
    /// <param name="outOrder">Place i of the result is place outOrder[i] of the product.</param>
    public KroneckerRotation(float[][] outer, float[][] inner, int[] inOrder, int[] outOrder)
    {
        p = (int)Math.Sqrt(outer[0].Length);
        q = (int)Math.Sqrt(inner[0].Length);
        Size = p * q;
        if (inOrder.Length != Size || outOrder.Length != Size || outer.Length != 1 && outer.Length != q || inner.Length != 1 && inner.Length != p)
            throw new ArgumentException($"Factors of {p} and {q} rotate {Size} columns; got orders of {inOrder.Length} and {outOrder.Length}, {outer.Length} and {inner.Length} blocks.", nameof(inOrder));
        (this.outer, this.inner, this.inOrder, this.outOrder) = (outer, inner, inOrder, outOrder);
    }

    /// <summary>What it was made from, where it is a random one.</summary>
    public ulong? Seed { get; private init; }

    /// <summary>A random rotation, the same for the same seed everywhere.</summary>
    public static KroneckerRotation Random(int size, ulong seed)
    {
        var random = new SeededRandom(seed);
        int q = (int)Math.Sqrt(size);
        while (size % q != 0)
            q--;
        float[] outer = RandomRotation(size / q, random), inner = RandomRotation(q, random);
        return new KroneckerRotation([outer], [inner], RandomOrder(size, random), RandomOrder(size, random)) { Seed = seed };
    }

    /// <inheritdoc/>
    public override int Size { get; }

    /// <inheritdoc/>
    public override void Apply(Span<float> row)
    {
        var source = new float[Size];
        var target = new float[Size];
        for (int i = 0; i < Size; i++)
            source[i] = row[inOrder[i]];
        MultiplyOuter(source, target, transposed: false);
        MultiplyInner(target, source, transposed: false);
        for (int i = 0; i < Size; i++)
            row[i] = source[outOrder[i]];
    }

    /// <inheritdoc/>
    public override void ApplyInverse(Span<float> row)
    {
        var source = new float[Size];
        var target = new float[Size];
        for (int i = 0; i < Size; i++)
            source[outOrder[i]] = row[i];
        MultiplyInner(source, target, transposed: true);
        MultiplyOuter(target, source, transposed: true);
        for (int i = 0; i < Size; i++)
            row[inOrder[i]] = source[i];
    }

    private void MultiplyOuter(float[] source, float[] target, bool transposed)
    {
        Array.Clear(target);
        for (int i = 0; i < p; i++)
            for (int k = 0; k < p; k++)
            {
                int at = transposed ? k * p + i : i * p + k;
                for (int j = 0; j < q; j++)
                    target[i * q + j] = MathF.FusedMultiplyAdd(outer[outer.Length == 1 ? 0 : j][at], source[k * q + j], target[i * q + j]);
            }
    }

    private void MultiplyInner(float[] source, float[] target, bool transposed)
    {
        for (int run = 0; run < p; run++)
        {
            float[] block = inner[inner.Length == 1 ? 0 : run];
            for (int i = 0; i < q; i++)
            {
                float sum = 0;
                for (int k = 0; k < q; k++)
                    sum = MathF.FusedMultiplyAdd(block[transposed ? k * q + i : i * q + k], source[run * q + k], sum);
                target[run * q + i] = sum;
            }
        }
    }

    private static int[] RandomOrder(int size, SeededRandom random)
    {
        int[] order = [.. Enumerable.Range(0, size)];
        random.Shuffle<int>(order);
        return order;
    }

    // Rows of standard normals (sums of twelve uniforms less 6), made orthonormal by Gram and Schmidt, twice for precision.
    private static float[] RandomRotation(int size, SeededRandom random)
    {
        var rows = new double[size][];
        for (int i = 0; i < size; i++)
        {
            do
            {
                rows[i] = [.. Enumerable.Range(0, size).Select(_ => Normal(random))];
                MakeOrthogonal(rows, i);
                MakeOrthogonal(rows, i);
            }
            while (!Normalize(rows[i]));
        }
        return [.. rows.SelectMany(row => row).Select(value => (float)value)];
    }

    private static double Normal(SeededRandom random)
    {
        double sum = -6;
        for (int i = 0; i < 12; i++)
            sum += random.NextDouble();
        return sum;
    }

    private static void MakeOrthogonal(double[][] rows, int row)
    {
        for (int other = 0; other < row; other++)
        {
            double dot = 0;
            for (int k = 0; k < rows.Length; k++)
                dot += rows[row][k] * rows[other][k];
            for (int k = 0; k < rows.Length; k++)
                rows[row][k] -= dot * rows[other][k];
        }
    }

    private static bool Normalize(double[] row)
    {
        double length = Math.Sqrt(row.Sum(value => value * value));
        for (int k = 0; k < row.Length; k++)
            row[k] /= length;
        return length > 1e-6;
    }
}
