using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>Reads what <see cref="StorageTensors"/> writes. Tensors are declared, and their shapes checked, before any is read.</summary>
internal static class StorageReader
{
    private const int DepthLimit = 4;
    private static readonly string[] GroupParts = ["scales", "zeros", "offsets"];

    /// <summary>Declares the tensors of a storage.</summary>
    /// <param name="settings">What <see cref="StorageTensors.Describe"/> gave.</param>
    /// <returns>Makes the storage.</returns>
    public static Func<PanelMatrix> Declare(LinearTensors tensors, ModelConfig settings, int depth = 0)
    {
        if (depth > DepthLimit)
            throw new CheckpointException(CheckpointFlaw.Nesting, $"config.json: storages inside one another, deeper than {DepthLimit}; write the checkpoint again.");
        return settings.String("storage", "grid") switch
        {
            "grid" => Grid(tensors, settings),
            "dense" => Dense(tensors),
            "tables" => Tables(tensors, settings),
            "nested" => Nested(tensors, settings),
            "outliers" => Outliers(tensors, settings, depth),
            "columns" => Columns(tensors, settings, depth),
            "segments" => Segments(tensors, settings, depth),
            var other => throw new CheckpointException(CheckpointFlaw.Field, $"config.json: storage '{other}' cannot be read; there are: grid, dense, tables, nested, outliers, columns, segments. Take a newer QuantSuite."),
        };
    }

    private static Func<QuantizedMatrix> Grid(LinearTensors tensors, ModelConfig settings)
    {
        string name = settings.String("format");
        (int bits, int groupSize, int groups) = Sizes(tensors, settings);
        foreach (string part in GroupParts.Where(part => part == "scales" || tensors.Has(part)))
            GroupTensors.Require(tensors, part, groups);
        if (tensors.Has("groups"))
            tensors.Require("groups", "I32", "in", tensors.Columns);
        NumericFormat? known = NumericFormats.Find(name);
        if (known is not IntegerFormat)
            tensors.Require("table", "F32", "one a code", 1 << bits);
        else if (known.Bits != bits)
            throw tensors.Wrong(CheckpointFlaw.Field, "codes", $"has {bits} bits of format {name}", $"{known.Bits}");
        return () =>
        {
            GroupValues? Read(string part) => tensors.Has(part) ? GroupTensors.Read(tensors, part, groups) : null;
            NumericFormat format = known is IntegerFormat ? known : FormatOf(known, name, bits, [.. MemoryMarshal.Cast<uint, float>(tensors.Words("table"))]);
            int[] order = tensors.Has("groups") ? tensors.ReadGroups("groups", groups) : [];
            return new QuantizedMatrix(tensors.Rows, tensors.Columns, format, groupSize, Read("scales")!, Read("zeros"), Read("offsets"), order).Fill((row, codes) => ReadCodes(tensors, bits, row, codes));
        };
    }

    private static Func<DensePanels> Dense(LinearTensors tensors)
    {
        tensors.RequireFloats("weight", "out, in", tensors.Rows, tensors.Columns);
        FloatingFormat format = tensors.TypeOf("weight") switch { "F16" => NumericFormats.Fp16, "BF16" => NumericFormats.Bf16, _ => NumericFormats.Fp32 };
        return () =>
        {
            using var values = new Matrix(tensors.Rows, tensors.Columns, tensors.ReadFloats("weight"));
            return new DensePanels(values, format);
        };
    }

    private static Func<TableMatrix> Tables(LinearTensors tensors, ModelConfig settings)
    {
        (int bits, int groupSize, int groups) = Sizes(tensors, settings);
        tensors.RequireFloats("tables", "out, groups of codes", tensors.Rows, (long)groups << bits);
        return () =>
        {
            float[] tables = tensors.ReadFloats("tables");
            var matrix = new TableMatrix(tensors.Rows, tensors.Columns, bits, groupSize, PackedCodes.ScaleFormatOf(tensors.TypeOf("tables")));
            var codes = new byte[tensors.Columns];
            for (int row = 0; row < tensors.Rows; row++)
            {
                for (int group = 0; group < groups; group++)
                    matrix.SetTable(row, group, tables.AsSpan(((row * groups) + group) << bits, 1 << bits));
                ReadCodes(tensors, bits, row, codes);
                matrix.SetCodes(row, codes);
            }
            return matrix;
        };
    }

    private static Func<NestedMatrix> Nested(LinearTensors tensors, ModelConfig settings)
    {
        int bits = settings.Int("bits"), seedBits = settings.Int("seed_bits"), parentBits = settings.Int("parent_bits"), groupSize = settings.Int("group_size");
        if (seedBits < 1 || bits < seedBits || parentBits < bits || parentBits > 8 || groupSize < 1 || groupSize > tensors.Columns)
            throw tensors.Wrong(CheckpointFlaw.Field, "codes", $"has {bits} of {seedBits} to {parentBits} bits in groups of {groupSize} for {tensors.Columns} columns",
                "1 to 8 bits, and groups within the columns");
        int groups = (tensors.Columns - 1) / groupSize + 1;
        tensors.Require("codes", "I32", $"out, in·{parentBits}/32", tensors.Rows, BitFields.WordCount(tensors.Columns, parentBits));
        for (int width = seedBits; width <= parentBits; width++)
            tensors.RequireFloats($"tables{width}", "out, groups of codes", tensors.Rows, (long)groups << width);
        return () =>
        {
            var matrix = new NestedMatrix(tensors.Rows, tensors.Columns, seedBits, parentBits, groupSize) { Bits = bits };
            for (int width = seedBits; width <= parentBits; width++)
            {
                float[] tables = tensors.ReadFloats($"tables{width}");
                for (int i = 0; i < tensors.Rows * groups; i++)
                    matrix.SetTable(width, i / groups, i % groups, tables.AsSpan(i << width, 1 << width));
            }
            var codes = new byte[tensors.Columns];
            for (int row = 0; row < tensors.Rows; row++)
            {
                ReadCodes(tensors, parentBits, row, codes);
                for (int column = 0; column < codes.Length; column++)
                    matrix.SetCode(row, column, codes[column]);
            }
            return matrix;
        };
    }

    private static Func<OutlierMatrix> Outliers(LinearTensors tensors, ModelConfig settings, int depth)
    {
        int count = settings.Int("count");
        tensors.Require("outlier_rows", "I32", "one an outlier", count);
        tensors.Require("outlier_columns", "I32", "one an outlier", count);
        tensors.RequireFloats("outlier_values", "one an outlier", count);
        Func<PanelMatrix> inliers = Declare(tensors.Inside("inliers", tensors.Columns), Inner(settings), depth + 1);
        return () =>
        {
            int[] rows = tensors.ReadGroups("outlier_rows", tensors.Rows), columns = tensors.ReadGroups("outlier_columns", tensors.Columns);
            float[] values = tensors.ReadFloats("outlier_values");
            Outlier[] outliers = [.. values.Select((value, i) => new Outlier(rows[i], columns[i], value))];
            return new OutlierMatrix(inliers(), outliers, PackedCodes.ScaleFormatOf(tensors.TypeOf("outlier_values")));
        };
    }

    private static Func<MixedColumns> Columns(LinearTensors tensors, ModelConfig settings, int depth)
    {
        int count = settings.Int("count");
        tensors.Require("outlier_columns", "I32", "one an outlier column", count);
        Func<PanelMatrix> inliers = Declare(tensors.Inside("inliers", tensors.Columns), Inner(settings), depth + 1);
        Func<DensePanels>? dense = settings.Bool("dense", false) ? Dense(tensors.Inside("dense", count)) : null;
        return () => new MixedColumns(inliers() as QuantizedMatrix ?? throw new ArgumentException("the inliers beside whole columns are no grid"), tensors.ReadGroups("outlier_columns", tensors.Columns), dense?.Invoke());
    }

    private static Func<SegmentedMatrix> Segments(LinearTensors tensors, ModelConfig settings, int depth)
    {
        JsonElement columns = settings.Root.GetProperty("columns"), parts = settings.Root.GetProperty("parts");
        if (columns.ValueKind != JsonValueKind.Array || parts.ValueKind != JsonValueKind.Array || columns.GetArrayLength() != parts.GetArrayLength()
            || columns.EnumerateArray().Any(size => !size.TryGetInt32(out int number) || number < 1) || columns.EnumerateArray().Sum(size => (long)size.GetInt32()) != tensors.Columns)
            throw new CheckpointException(CheckpointFlaw.Shape, $"config.json: segments of {columns.GetRawText()} columns; expected sizes that add up to {tensors.Columns}. Write the checkpoint again.");
        Func<PanelMatrix>[] segments = [.. columns.EnumerateArray().Zip(parts.EnumerateArray()).Select((part, i) =>
            Declare(tensors.Inside($"{i}", part.First.GetInt32()), new ModelConfig(part.Second), depth + 1))];
        return () => new SegmentedMatrix([.. segments.Select(segment => segment())]);
    }

    private static (int Bits, int GroupSize, int Groups) Sizes(LinearTensors tensors, ModelConfig settings)
    {
        int bits = settings.Int("bits"), groupSize = settings.Int("group_size"), groups = settings.Int("groups"), columns = tensors.Columns;
        if (bits is < 1 or > 8 || groupSize < 1 || groups < 1 || (!tensors.Has("groups") && groups != (columns - 1) / groupSize + 1))
            throw tensors.Wrong(CheckpointFlaw.Field, "codes", $"has {bits} bits in {groups} groups of {groupSize} for {columns} columns", "1 to 8 bits, and groups that cover the columns");
        tensors.Require("codes", "I32", $"out, in·{bits}/32", tensors.Rows, BitFields.WordCount(columns, bits));
        return (bits, groupSize, groups);
    }

    private static ModelConfig Inner(ModelConfig settings) =>
        settings.Object("inliers") ?? throw new CheckpointException(CheckpointFlaw.Field, "config.json: a storage with outliers says nothing of its 'inliers'; write the checkpoint again.");

    private static void ReadCodes(LinearTensors tensors, int bits, int row, Span<byte> codes)
    {
        var words = new BitFields(tensors.Words("codes"), 1, bits);
        long first = row * BitFields.WordCount(codes.Length, bits);
        for (int column = 0; column < codes.Length; column++)
            codes[column] = (byte)words[first, column];
    }

    // The catalog's format where it has this very table, since kernels know it.
    private static NumericFormat FormatOf(NumericFormat? known, string name, int bits, float[] table) =>
        known is not null && known.Bits == bits && known.Values.SequenceEqual(table.Take(known.Values.Count)) ? known : new StoredTable(name, bits, table);
}
