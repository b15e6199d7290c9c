using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// Every storage of a weight as tensors of our own layout, read by <see cref="StorageReader"/>; one inside another has its part's name before its own:
/// <code>
/// grid       codes int32 [out, ⌈in·b/32⌉], a bit stream along each row; scales, zeros, offsets (<see cref="GroupTensors"/>); groups int32 [in]; table float32 [codes]
/// outliers   outlier_rows, outlier_columns int32 [n]; outlier_values F32 or F16 [n]; inliers.…
/// tables     codes as above; tables F32, F16 or BF16 [out, groups · 2ᵇ]
/// nested     codes as above, of the widest width; tables3 … tables8 F16 [out, groups · 2ᵇ], one for each width
/// columns    outlier_columns int32 [n]; inliers.…; dense.… (where they have values of their own)
/// segments   0.…, 1.…, …
/// dense      weight F32, F16 or BF16 [out, in]
/// </code>
/// </summary>
internal static class StorageTensors
{
    /// <summary>Whether a storage can be written.</summary>
    public static bool Knows(PanelMatrix storage) => storage switch
    {
        QuantizedMatrix or DensePanels or TableMatrix or NestedMatrix or MixedColumns => true,
        OutlierMatrix outliers => Knows(outliers.Inliers),
        SegmentedMatrix segments => segments.Segments.All(Knows),
        _ => false,
    };

    /// <summary>What config.json says of a storage.</summary>
    public static JsonObject Describe(PanelMatrix storage) => storage switch
    {
        QuantizedMatrix grid => new JsonObject
        {
            ["storage"] = "grid",
            ["format"] = grid.Format.Name,
            ["bits"] = grid.Format.Bits,
            ["group_size"] = grid.GroupSize,
            ["groups"] = grid.GroupCount,
        },
        DensePanels => new JsonObject { ["storage"] = "dense" },
        TableMatrix tables => new JsonObject { ["storage"] = "tables", ["bits"] = tables.Bits, ["group_size"] = tables.GroupSize, ["groups"] = tables.GroupCount },
        NestedMatrix nested => new JsonObject
        {
            ["storage"] = "nested",
            ["bits"] = nested.Bits,
            ["seed_bits"] = nested.SeedBits,
            ["parent_bits"] = nested.ParentBits,
            ["group_size"] = nested.GroupSize,
        },
        OutlierMatrix outliers => new JsonObject { ["storage"] = "outliers", ["count"] = outliers.Count, ["inliers"] = Describe(outliers.Inliers) },
        MixedColumns mixed => new JsonObject
        {
            ["storage"] = "columns",
            ["count"] = mixed.OutlierColumns.Length,
            ["inliers"] = Describe(mixed.Inliers),
            ["dense"] = mixed.DenseOutliers is not null,
        },
        SegmentedMatrix segments => new JsonObject
        {
            ["storage"] = "segments",
            ["columns"] = new JsonArray([.. segments.Segments.Select(segment => (JsonNode)segment.Columns)]),
            ["parts"] = new JsonArray([.. segments.Segments.Select(segment => (JsonNode)Describe(segment))]),
        },
        _ => throw new ArgumentException($"{storage.GetType().Name} has no form in this layout.", nameof(storage)),
    };

    /// <summary>The tensors of a storage.</summary>
    public static IEnumerable<NewTensor> Write(string name, PanelMatrix storage) => storage switch
    {
        QuantizedMatrix grid => Grid(name, grid),
        DensePanels dense => [Dense(name, dense)],
        TableMatrix tables => [Codes(name, tables, tables.Bits, tables.Code), Tables($"{name}.tables", tables, tables.TableFormat, tables.Bits, tables.GroupCount, tables.Value)],
        NestedMatrix nested => Nested(name, nested),
        OutlierMatrix outliers => Outliers(name, outliers),
        MixedColumns mixed => Columns(name, mixed),
        SegmentedMatrix segments => segments.Segments.Index().SelectMany(part => Write($"{name}.{part.Index}", part.Item)),
        _ => throw new ArgumentException($"{storage.GetType().Name} has no form in this layout.", nameof(storage)),
    };

    /// <summary>Plain values <c>name.weight</c>, as stored.</summary>
    public static NewTensor Dense(string name, DensePanels dense)
    {
        string type = dense.Format.Name switch { "bf16" => "BF16", "fp16" => "F16", _ => "F32" };
        return new NewTensor($"{name}.weight", type, [dense.Rows, dense.Columns], stream =>
        {
            var row = new float[dense.Columns];
            for (int i = 0; i < dense.Rows; i++)
            {
                dense.CopyRow(i, row);
                NewTensor.WriteFloats(stream, type, row);
            }
        });
    }

    /// <summary>Plain values <c>name.weight</c> as [in, out], for a family that stores its linears so.</summary>
    public static NewTensor Transposed(string name, DensePanels dense)
    {
        string type = dense.Format.Name switch { "bf16" => "BF16", "fp16" => "F16", _ => "F32" };
        return new NewTensor($"{name}.weight", type, [dense.Columns, dense.Rows], stream =>
        {
            using Matrix values = dense.ToMatrix();
            var column = new float[dense.Rows];
            for (int i = 0; i < dense.Columns; i++)
            {
                for (int row = 0; row < column.Length; row++)
                    column[row] = values[row, i];
                NewTensor.WriteFloats(stream, type, column);
            }
        });
    }

    private static IEnumerable<NewTensor> Grid(string name, QuantizedMatrix matrix)
    {
        yield return Codes(name, matrix, matrix.Format.Bits, matrix.Code);
        IEnumerable<NewTensor> numbers = GroupTensors.Write($"{name}.scales", matrix.Scales);
        if (matrix.Zeros is { } zeros)
            numbers = numbers.Concat(GroupTensors.Write($"{name}.zeros", zeros));
        if (matrix.Offsets is { } offsets)
            numbers = numbers.Concat(GroupTensors.Write($"{name}.offsets", offsets));
        foreach (NewTensor tensor in numbers)
            yield return tensor;
        if (matrix.HasColumnGroups)
            yield return Numbers($"{name}.groups", [.. Enumerable.Range(0, matrix.Columns).Select(matrix.GroupOf)]);
        if (matrix.Format is not IntegerFormat)
            yield return NewTensor.OfFloats($"{name}.table", "F32", [matrix.Table.Length], () => matrix.Table.ToArray());
    }

    private static IEnumerable<NewTensor> Nested(string name, NestedMatrix matrix)
    {
        yield return Codes(name, matrix, matrix.ParentBits, matrix.Code);
        for (int width = matrix.SeedBits; width <= matrix.ParentBits; width++)
        {
            int bits = width;
            yield return Tables($"{name}.tables{bits}", matrix, ScaleFormat.Fp16, bits, matrix.GroupCount, (row, group, code) => matrix.Value(bits, row, group, code));
        }
    }

    private static NewTensor Tables(string name, PanelMatrix matrix, ScaleFormat format, int bits, int groups, Func<int, int, int, float> value)
    {
        string type = format switch { ScaleFormat.Fp16 => "F16", ScaleFormat.Bf16 => "BF16", _ => "F32" };
        return new NewTensor(name, type, [matrix.Rows, groups << bits], stream =>
        {
            var row = new float[groups << bits];
            for (int i = 0; i < matrix.Rows; i++)
            {
                for (int k = 0; k < row.Length; k++)
                    row[k] = value(i, k >> bits, k & ((1 << bits) - 1));
                NewTensor.WriteFloats(stream, type, row);
            }
        });
    }

    private static IEnumerable<NewTensor> Outliers(string name, OutlierMatrix matrix)
    {
        Outlier[] outliers = [.. matrix.Outliers()];
        return
        [
            Numbers($"{name}.outlier_rows", [.. outliers.Select(outlier => outlier.Row)]),
            Numbers($"{name}.outlier_columns", [.. outliers.Select(outlier => outlier.Column)]),
            NewTensor.OfFloats($"{name}.outlier_values", matrix.ValueFormat == ScaleFormat.Fp16 ? "F16" : "F32", [outliers.Length], () => [.. outliers.Select(outlier => outlier.Value)]),
            .. Write($"{name}.inliers", matrix.Inliers),
        ];
    }

    private static IEnumerable<NewTensor> Columns(string name, MixedColumns matrix) =>
    [
        Numbers($"{name}.outlier_columns", matrix.OutlierColumns.ToArray()),
        .. Write($"{name}.inliers", matrix.Inliers),
        .. matrix.DenseOutliers is { } dense ? Write($"{name}.dense", dense) : [],
    ];

    private static NewTensor Codes(string name, PanelMatrix matrix, int bits, Func<int, int, int> code)
    {
        long rowWords = BitFields.WordCount(matrix.Columns, bits);
        return NewTensor.OfWords($"{name}.codes", matrix.Rows, rowWords, () =>
        {
            var words = new WordBuffer(matrix.Rows * rowWords, 1, bits);
            for (int row = 0; row < matrix.Rows; row++)
                for (int column = 0; column < matrix.Columns; column++)
                    words.Put(row * rowWords, column, code(row, column));
            return words.Words;
        });
    }

    private static NewTensor Numbers(string name, int[] numbers) => new(name, "I32", [numbers.Length], stream => stream.Write(MemoryMarshal.AsBytes<int>(numbers)));
}
