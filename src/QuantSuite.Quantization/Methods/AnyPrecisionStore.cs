using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// Codes of 8 bits of one weight [out, in], and for each row and group a table of 2ᵇ values for every width b from 3 to 8. The weight in b bits is the b top bits of each code and
/// the tables of b: nothing else is stored for it. 8 bits a weight and 16·(2³ + … + 2⁸) bits a row and group hold what stores of 3 to 8 bits would take 33 bits a weight for.
/// </summary>
public sealed class AnyPrecisionStore
{
    /// <summary>The narrowest width.</summary>
    public const int SeedBits = 3;

    /// <summary>The widest.</summary>
    public const int ParentBits = 8;

    private readonly int rows;
    private readonly int columns;
    private readonly byte[] codes;
    private readonly float[][] tables;

    private AnyPrecisionStore(int rows, int columns, int groupSize)
    {
        this.rows = rows;
        this.columns = columns;
        GroupSize = groupSize;
        GroupCount = (columns + groupSize - 1) / groupSize;
        codes = new byte[checked(rows * columns)];
        tables = [.. Enumerable.Range(SeedBits, ParentBits - SeedBits + 1).Select(bits => new float[checked(rows * GroupCount << bits)])];
    }

    /// <summary>Columns of a row that share tables.</summary>
    public int GroupSize { get; }

    /// <summary>Groups in a row.</summary>
    public int GroupCount { get; }

    /// <summary>The codes of 8 bits, [out, in].</summary>
    public ReadOnlySpan<byte> Codes => codes;

    /// <summary>Nests a weight.</summary>
    /// <param name="weight">[out, in].</param>
    /// <param name="sensitivities">How much an error of a weight counts, by column.</param>
    /// <param name="groupSize">Columns of a row that share tables.</param>
    public static AnyPrecisionStore Make(Matrix weight, float[] sensitivities, int groupSize, Kernels kernels)
    {
        var store = new AnyPrecisionStore(weight.Rows, weight.Columns, groupSize);
        kernels.Parallel(weight.Rows, row =>
        {
            for (int group = 0; group < store.GroupCount; group++)
                store.Nest(weight.Row(row), sensitivities, row, group);
        });
        return store;
    }

    /// <summary>The values that codes of so many bits name, of a group of a row: fp16 numbers, ascending but for empty clusters.</summary>
    public ReadOnlySpan<float> Table(int bits, int row, int group) => tables[bits - SeedBits].AsSpan((row * GroupCount + group) << bits, 1 << bits);

    /// <summary>The weight in so many bits.</summary>
    /// <param name="bits">3 to 8.</param>
    public TableMatrix At(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, SeedBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, ParentBits);
        var matrix = new TableMatrix(rows, columns, bits, GroupSize, ScaleFormat.Fp16);
        for (int row = 0; row < rows; row++)
        {
            for (int group = 0; group < GroupCount; group++)
                matrix.SetTable(row, group, Table(bits, row, group));
            for (int column = 0; column < columns; column++)
                matrix.SetCode(row, column, codes[row * columns + column] >> (ParentBits - bits));
        }
        return matrix;
    }

    private void Nest(ReadOnlySpan<float> values, ReadOnlySpan<float> sensitivities, int row, int group)
    {
        int first = group * GroupSize, count = Math.Min(GroupSize, columns - first);
        NestedClusters clusters = NestedClusters.Seed(new WeightedPoints(values.Slice(first, count), sensitivities.Slice(first, count)), SeedBits);
        while (clusters.Bits < ParentBits)
            clusters.Split();
        clusters.CopyCodes(codes.AsSpan(row * columns + first, count));
        for (int bits = SeedBits; bits <= ParentBits; bits++)
            for (int code = 0; code < 1 << bits; code++)
                tables[bits - SeedBits][((row * GroupCount + group) << bits) + code] = (float)(Half)clusters.Tables[bits - SeedBits][code];
    }
}
