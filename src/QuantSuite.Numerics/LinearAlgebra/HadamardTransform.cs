using System.Numerics;
using System.Runtime.InteropServices;

namespace QuantSuite.Numerics.LinearAlgebra;

/// <summary>
/// x ↦ x · diag(signs) · Hᵀ/√n for each run of n columns: a rotation that spreads every value over all n. n = K·2ᵏ takes 2ᵏ by butterflies (Sylvester's matrix
/// in natural order), then K by
/// the matrix H_K: Y = (H_K ⊗ H_2ᵏ) x. Equals QuaRot's <c>matmul_hadU</c>, K chosen in its order (36, 28, 40, 20, 12: Sloane's tables). Sizes that it has no
/// table for take Paley's construction where
/// one fits (K − 1 a prime of the form 4m + 3, K ≤ 256), and otherwise the largest power of two that divides n, in blocks.
/// One element is sums and differences in a fixed order and one product by fl(1/√n).
/// </summary>
public sealed class HadamardTransform : RowTransform
{
    private const int LargestTable = 256;
    private static readonly int[] TableSizes = [36, 28, 40, 20, 12];

    private static readonly Dictionary<int, string> Tables = new()
    {
        [12] = "7ff 2e2 171 4b8 25c 12e 097 44b 625 712 389 5c4",
        [20] = "7ffff 27a86 13d43 49ea1 64f50 327a8 193d4 0c9ea 064f5 4327a 2193d 50c9e 2864f 54327 6a193 750c9 7a864 3d432 1ea19 4f50c",
        [28] = "0002000 13c94f2 09e4a79 44f153c 2278a9e 113c54f 489d2a7 644d953 7225ca9 7911e54 3c88f2a 1e44795 4f213ca 27909e5 8003fff 53cbb0d 29e7d86 54f2ec3 2a7b761 153fbb0 " +
            "4a9edd8 654e6ec 72a6376 79521bb 3cab0dd 1e5786e 4f2ac37 279761b",
        [36] = "000020000 0b9d12e74 05ce8973a 02e744b9d 4173925ce 20b9c92e7 505cd4973 682e5a4b9 74171d25c 3a0b8e92e 1d05c7497 4e82d3a4b 674159d25 73a09ce92 39d04e749 5ce8173a4 2e740b9d2 " +
            "173a05ce9 80003ffff 4b9d3d18b 25cebe8c5 12e77f462 4973afa31 24b9f7d18 525cebe8c 692e65f46 749722fa3 3a4bb17d1 1d25f8be8 4e92ec5f4 6749662fa 73a4a317d 39d2718be 5ce928c5f " +
            "2e74b462f 173a7a317",
        [40] = "7ffff7ffff 27a8627a86 13d4313d43 49ea149ea1 64f5064f50 327a8327a8 193d4193d4 0c9ea0c9ea 064f5064f5 4327a4327a 2193d2193d 50c9e50c9e 2864f2864f 5432754327 6a1936a193 " +
            "750c9750c9 7a8647a864 3d4323d432 1ea191ea19 4f50c4f50c 7ffff80000 27a86d8579 13d43ec2bc 49ea1b615e 64f509b0af 327a8cd857 193d4e6c2b 0c9eaf3615 064f5f9b0a 4327abcd85 " +
            "2193dde6c2 50c9eaf361 2864fd79b0 54327abcd8 6a19395e6c 750c98af36 7a8648579b 3d432c2bcd 1ea19e15e6 4f50cb0af3",
    };

    private readonly float[]? signs;
    private readonly sbyte[] table;
    private readonly float scale;

    /// <summary>A rotation of rows of <paramref name="size"/> columns.</summary>
    /// <param name="size">Columns.</param>
    /// <param name="run">Columns that are mixed with one another, a divisor of the size; 0 for all.</param>
    /// <param name="signs">[size], ±1 before the rotation, or null.</param>
    public HadamardTransform(int size, int run = 0, float[]? signs = null)
    {
        run = run == 0 ? size : run;
        if (size < 1 || run < 1 || size % run != 0)
            throw new ArgumentException($"A Hadamard transform of {size} columns in runs of {run}: expected a divisor.", nameof(run));
        if (signs is not null && (signs.Length != size || signs.Any(sign => MathF.Abs(sign) != 1)))
            throw new ArgumentException($"A Hadamard transform of {size} columns takes as many signs, each 1 or −1.", nameof(signs));
        Size = size;
        this.signs = signs;
        Factor = FactorOf(run);
        Run = Factor == 0 ? run & -run : run;
        Factor = Math.Max(Factor, 1);
        table = Table(Factor);
        FactorMatrix = Array.ConvertAll(table, static entry => (float)entry);
        scale = 1 / MathF.Sqrt(Run);
    }

    /// <inheritdoc/>
    public override int Size { get; }

    /// <summary>Columns that are mixed with one another.</summary>
    public int Run { get; }

    /// <summary>K: 1 where the run is a power of two.</summary>
    public int Factor { get; }

    /// <summary>Whether columns change their signs before the rotation.</summary>
    public bool HasSigns => signs is not null;

    /// <summary>±1 by column before the rotation, or null.</summary>
    internal float[]? Signs => signs;

    /// <summary>H_K, [K, K], as the kernels read it.</summary>
    internal float[] FactorMatrix { get; }

    /// <summary>fl(1/√n).</summary>
    internal float Scale => scale;

    /// <summary>H_K, [K, K], of ±1.</summary>
    public static sbyte[] Table(int size)
    {
        if (size == 1)
            return [1];
        if (!Tables.TryGetValue(size, out string? rows))
            return Paley(size);
        return [.. rows.Split(' ').SelectMany(row =>
        {
            ulong bits = Convert.ToUInt64(row, 16);
            return Enumerable.Range(0, size).Select(column => (sbyte)((bits >> (size - 1 - column) & 1) == 0 ? 1 : -1));
        })];
    }

    /// <inheritdoc/>
    public override void Apply(Span<float> row)
    {
        MultiplySigns(row);
        for (int first = 0; first < Size; first += Run)
            Rotate(row.Slice(first, Run), transposed: false);
    }

    /// <inheritdoc/>
    public override void Apply(Matrix matrix, Kernels kernels) => kernels.Hadamard(matrix, this);

    /// <inheritdoc/>
    public override void ApplyInverse(Matrix matrix, Kernels kernels) => kernels.Hadamard(matrix, this, inverse: true);

    /// <inheritdoc/>
    public override void ApplyInverse(Span<float> row)
    {
        for (int first = 0; first < Size; first += Run)
            Rotate(row.Slice(first, Run), transposed: true);
        MultiplySigns(row);
    }

    private static int FactorOf(int run)
    {
        if (BitOperations.IsPow2(run))
            return 1;
        foreach (int size in TableSizes)
            if (run % size == 0 && BitOperations.IsPow2(run / size))
                return size;
        for (int size = (run / (run & -run)) * 4; size <= Math.Min(run, LargestTable); size *= 2)
            if (run % size == 0 && IsPrime(size - 1))
                return size;
        return 0;
    }

    private static bool IsPrime(int n) => n > 1 && Enumerable.Range(2, (int)Math.Sqrt(n)).TakeWhile(d => d * d <= n).All(d => n % d != 0);

    // Paley's first construction: for a prime q = 4m + 3 and the quadratic character χ, H = I + S with S = [0 1; −1 χ(i − j)].
    private static sbyte[] Paley(int size)
    {
        int q = size - 1;
        var character = new sbyte[q];
        Array.Fill(character, (sbyte)-1);
        character[0] = 0;
        for (int i = 1; i < q; i++)
            character[i * i % q] = 1;
        var table = new sbyte[size * size];
        for (int row = 0; row < size; row++)
            for (int column = 0; column < size; column++)
                table[row * size + column] = (sbyte)(row == column ? 1 : row == 0 ? 1 : column == 0 ? -1 : character[(row - column + q) % q]);
        return table;
    }

    private void MultiplySigns(Span<float> row)
    {
        if (signs is not null)
            for (int i = 0; i < row.Length; i++)
                row[i] *= signs[i];
    }

    private void Rotate(Span<float> x, bool transposed)
    {
        int width = Run / Factor;
        for (int first = 0; first < Run; first += width)
            Butterflies(x.Slice(first, width));
        if (Factor > 1)
            Mix(x, width, transposed);
        foreach (ref float value in x)
            value *= scale;
    }

    private static void Butterflies(Span<float> x)
    {
        for (int half = 1; half < x.Length; half *= 2)
            for (int first = 0; first < x.Length; first += 2 * half)
                Butterfly(x.Slice(first, half), x.Slice(first + half, half));
    }

    private static void Butterfly(Span<float> low, Span<float> high)
    {
        int i = 0;
        if (low.Length >= Vector<float>.Count)
        {
            Span<Vector<float>> lows = MemoryMarshal.Cast<float, Vector<float>>(low), highs = MemoryMarshal.Cast<float, Vector<float>>(high);
            for (int v = 0; v < lows.Length; v++)
                (lows[v], highs[v]) = (lows[v] + highs[v], lows[v] - highs[v]);
            i = lows.Length * Vector<float>.Count;
        }
        for (; i < low.Length; i++)
            (low[i], high[i]) = (low[i] + high[i], low[i] - high[i]);
    }

    // y[i, j] = Σ_k ±x[k, j], k ascending.
    private void Mix(Span<float> x, int width, bool transposed)
    {
        float[] source = x.ToArray();
        for (int i = 0; i < Factor; i++)
        {
            Span<float> sums = x.Slice(i * width, width);
            sums.Clear();
            for (int k = 0; k < Factor; k++)
            {
                float sign = table[transposed ? k * Factor + i : i * Factor + k];
                ReadOnlySpan<float> values = source.AsSpan(k * width, width);
                for (int j = 0; j < width; j++)
                    sums[j] += sign * values[j];
            }
        }
    }
}
