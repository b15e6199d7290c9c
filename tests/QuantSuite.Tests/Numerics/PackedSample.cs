using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Tests.Numerics;

/// <summary>A way to hold a weight, and how to make a random one [rows, columns] of it.</summary>
public sealed record PackedSample(string Name, Func<CaseRandom, int, int, PanelMatrix> Make)
{
    private static readonly ScaleFormat[] ScaleFormats = [ScaleFormat.Fp32, ScaleFormat.Fp16, ScaleFormat.Bf16, ScaleFormat.E8M0, ScaleFormat.E4M3];

    /// <summary>All of them. A new storage is a line here.</summary>
    public static IReadOnlyList<PackedSample> All { get; } = [.. Scales(), .. Formats(), .. Tables(), .. Zeros(), .. Nested(), .. RowTables(), .. Outliers(), .. Segments(), .. ThreeBits()];

    private static IEnumerable<PackedSample> Scales() =>
        from format in ScaleFormats
        from groupSize in (int[])[16, 32, 48, 64]
        select new PackedSample($"int4 g{groupSize} {format} scales", (random, rows, columns) =>
            Fill(random, new QuantizedMatrix(rows, columns, NumericFormats.Int(4), groupSize, RandomScales(random, format, rows, columns, groupSize))));

    // Every format of the catalog, all codes.
    private static IEnumerable<PackedSample> Formats() =>
        from format in NumericFormats.All
        where !format.IsFullPrecision && format.Bits <= 8
        from groupSize in (int[])[32, 40]
        select new PackedSample($"{format} codes g{groupSize}", (random, rows, columns) =>
            Fill(random, new QuantizedMatrix(rows, columns, format, groupSize, RandomScales(random, ScaleFormat.Fp32, rows, columns, groupSize))));

    private static IEnumerable<PackedSample> Tables() =>
        from bits in Enumerable.Range(1, 8)
        from groupSize in (int[])[32, 40]
        select new PackedSample($"table of {bits} bits g{groupSize}", (random, rows, columns) =>
            Fill(random, new QuantizedMatrix(rows, columns, new TestTable(bits, random), groupSize, RandomScales(random, ScaleFormat.Fp32, rows, columns, groupSize))));

    private static IEnumerable<PackedSample> Zeros() =>
        from bits in (int[])[1, 2, 3, 4, 8]
        from kind in (string[])["zeros", "offsets", "act-order"]
        from groupSize in (int[])[32, 20]
        select new PackedSample($"{bits} bits g{groupSize} {kind}", (random, rows, columns) =>
        {
            GroupValues scales = RandomScales(random, ScaleFormat.Fp16, rows, columns, groupSize), others = RandomScales(random, ScaleFormat.Fp32, rows, columns, groupSize);
            int[] groups = [.. Enumerable.Range(0, columns).Select(_ => random.Below(scales.GroupCount))];
            var format = new TestTable(bits, random);
            return Fill(random, kind switch
            {
                "zeros" => new QuantizedMatrix(rows, columns, format, groupSize, scales, zeros: others),
                "offsets" => new QuantizedMatrix(rows, columns, format, groupSize, scales, offsets: others),
                _ => new QuantizedMatrix(rows, columns, format, groupSize, scales, zeros: others, groupOfColumn: groups),
            });
        });

    private static IEnumerable<PackedSample> Nested() =>
        from bits in (int[])[3, 6, 8]
        from blockSize in (int[])[0, 8, 256]
        select new PackedSample($"int4 g32, scales of {bits} bits in blocks of {blockSize}", (random, rows, columns) =>
            Fill(random, new QuantizedMatrix(rows, columns, NumericFormats.Int(4), 32, RandomNested(random, rows, (columns + 31) / 32, bits, blockSize))));

    private static IEnumerable<PackedSample> RowTables() =>
        from bits in Enumerable.Range(1, 8)
        from format in (ScaleFormat[])[ScaleFormat.Fp32, ScaleFormat.Fp16]
        from groupSize in (int[])[40, int.MaxValue]
        select new PackedSample($"{format} tables of {bits} bits, {(groupSize == 40 ? "g40" : "channel")}", (random, rows, columns) =>
            RandomTables(random, new TableMatrix(rows, columns, bits, groupSize, format)));

    private static IEnumerable<PackedSample> Outliers() =>
        from share in (double[])[0, 0.02, 0.5]
        from format in (ScaleFormat[])[ScaleFormat.Fp32, ScaleFormat.Fp16]
        select new PackedSample($"{share} {format} outliers over int3 g16", (random, rows, columns) =>
            new OutlierMatrix(random.Quantized(rows, columns, 3, 16, symmetric: false), RandomOutliers(random, rows, columns, share), format));

    private static IEnumerable<PackedSample> Segments() =>
        from width in (int[])[32, 96, 20]
        select new PackedSample($"segments of {width} columns", (random, rows, columns) => new SegmentedMatrix([.. Enumerable.Range(0, (columns + width - 1) / width)
            .Select(i => random.Quantized(rows, Math.Min(width, columns - i * width), 2 + i % 3, width, symmetric: i % 2 == 0))]));

    // Whole blocks and a rest: zero points that the loop for 3 bits takes, and ones that it leaves to the other.
    private static IEnumerable<PackedSample> ThreeBits() =>
        from largestZero in (int[])[8, 9, 255]
        from groupSize in (int[])[32, 64, 192]
        select new PackedSample($"int3 g{groupSize}, zero points to {largestZero}", (random, rows, columns) => new SegmentedMatrix(
            [.. new[] { columns / 32 * 32, columns % 32 }.Where(count => count > 0)
                .Select(count => RandomZeros(random, random.Quantized(rows, count, 3, groupSize, symmetric: false), largestZero))]));

    private static QuantizedMatrix RandomZeros(CaseRandom random, QuantizedMatrix matrix, int largest)
    {
        for (int row = 0; row < matrix.Rows; row++)
            for (int group = 0; group < matrix.GroupCount; group++)
                matrix.SetGrid(row, group, new QuantGrid(matrix.Scale(row, group), random.Below(largest + 1)));
        return matrix;
    }

    private static TableMatrix RandomTables(CaseRandom random, TableMatrix matrix)
    {
        for (int row = 0; row < matrix.Rows; row++)
        {
            for (int group = 0; group < matrix.GroupCount; group++)
                matrix.SetTable(row, group, [.. Enumerable.Range(0, 1 << matrix.Bits).Select(_ => (float)(2 * random.Unit() - 1))]);
            for (int column = 0; column < matrix.Columns; column++)
                matrix.SetCode(row, column, random.Below(1 << matrix.Bits));
        }
        return matrix;
    }

    private static List<Outlier> RandomOutliers(CaseRandom random, int rows, int columns, double share)
    {
        var outliers = new List<Outlier>();
        for (int column = 0; column < columns; column++)
            for (int row = 0; row < rows; row++)
                if (random.Unit() < share)
                    outliers.Add(new Outlier(row, column, (float)(9 * random.Unit())));
        return outliers;
    }

    private static NestedValues RandomNested(CaseRandom random, int rows, int groupCount, int bits, int blockSize)
    {
        float[] table = [.. Enumerable.Range(0, 1 << bits).Select(code => bits == 6 ? code : (float)random.Unit())];
        var values = new NestedValues(rows, groupCount, table, blockSize, hasZeros: blockSize == 0) { Offset = blockSize == 256 ? 0.25f : 0 };
        for (int block = 0; block < values.BlockCount; block++)
            values.SetBlock(block, (float)random.Unit(), blockSize == 0 ? (float)random.Unit() : 0);
        for (int row = 0; row < rows; row++)
            for (int group = 0; group < groupCount; group++)
                values.SetCode(row, group, random.Below(1 << bits));
        return values;
    }

    private static GroupValues RandomScales(CaseRandom random, ScaleFormat format, int rows, int columns, int groupSize)
    {
        var values = GroupValues.Create(format, rows, (columns + groupSize - 1) / groupSize, 3);
        for (int row = 0; row < rows; row++)
            for (int group = 0; group < values.GroupCount; group++)
                if (values is ByteValues bytes)
                    bytes.SetCode(row, group, (byte)(format == ScaleFormat.E8M0 ? 110 + random.Below(30) : random.Below(127)));
                else
                    values[row, group] = (float)(0.01 + random.Unit());
        return values;
    }

    private static QuantizedMatrix Fill(CaseRandom random, QuantizedMatrix matrix)
    {
        for (int row = 0; row < matrix.Rows; row++)
            for (int column = 0; column < matrix.Columns; column++)
                matrix.SetCode(row, column, random.Below(1 << matrix.Format.Bits));
        return matrix;
    }
}
