using System.Text.Json;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Every storage of a weight, written in our own layout and read again: the same values, the same bytes.</summary>
public sealed class StorageTensorsTests : IDisposable
{
    private const int Rows = 19, Columns = 96;
    private readonly TestFolder folder = new();
    private readonly SeededRandom random = new(7);

    public static TheoryData<string> Storages => ["grid", "real zeros", "offsets", "act-order", "nested", "tables", "widths", "outliers", "columns", "columns with values", "segments"];

    [Theory]
    [MemberData(nameof(Storages))]
    public void A_storage_is_read_as_it_was_written(string kind)
    {
        using PanelMatrix storage = Make(kind);
        using (FileStream stream = File.Create(folder["model.safetensors"]))
            SafetensorsWriter.Write(stream, StorageTensors.Write("w", storage), new Dictionary<string, string>());
        var settings = new ModelConfig(JsonDocument.Parse(StorageTensors.Describe(storage).ToJsonString()).RootElement);

        using Checkpoint checkpoint = CheckpointFiles.Open(folder["model.safetensors"]);
        var tensors = new LinearTensors(checkpoint, "w", Rows, Columns);
        Func<PanelMatrix> read = StorageReader.Declare(tensors, settings);
        Assert.Equal(checkpoint.Tensors.Keys.Order(StringComparer.Ordinal), tensors.Names.Order(StringComparer.Ordinal));
        using PanelMatrix again = read();
        Assert.Equal(storage.GetType(), again.GetType());
        Assert.Equal(storage.ByteCount, again.ByteCount);
        for (int row = 0; row < Rows; row++)
            for (int column = 0; column < Columns; column++)
                Assert.Equal(BitConverter.SingleToInt32Bits(storage[row, column]), BitConverter.SingleToInt32Bits(again[row, column]));
    }

    public void Dispose() => folder.Dispose();

    private PanelMatrix Make(string kind) => kind switch
    {
        "grid" => Filled(new QuantizedMatrix(Rows, Columns, NumericFormats.Int(3), 32, Halves(), ByteValues.Integers(Rows, 3).Fill((_, _) => random.NextInt(8)))),
        "real zeros" => Filled(new QuantizedMatrix(Rows, Columns, NumericFormats.Int(4), 32, Halves(), Halves())),
        "offsets" => Filled(new QuantizedMatrix(Rows, Columns, NumericFormats.Int(4), 32, Halves(), null, Halves())),
        "act-order" => Filled(new QuantizedMatrix(Rows, Columns, NumericFormats.Int(4), 32, Halves(), null, null, [.. Enumerable.Range(0, Columns).Select(column => column * 7 % 3)])),
        "nested" => Filled(new QuantizedMatrix(Rows, Columns, NumericFormats.Nf4, 32, Nested())),
        "tables" => Tables(),
        "widths" => Widths(),
        "outliers" => new OutlierMatrix(Make("nested"), [new Outlier(3, 5, 1.5f), new Outlier(18, 95, -2), new Outlier(3, 4, 0.25f)], ScaleFormat.Fp16),
        "columns" => new MixedColumns(Bytes(), [3, 64]),
        "columns with values" => new MixedColumns(Bytes(), [3, 64], new DensePanels(new Matrix(Rows, 2, [.. Enumerable.Range(0, Rows * 2).Select(i => i / 8f)]), NumericFormats.Fp16)),
        _ => new SegmentedMatrix([Filled(new QuantizedMatrix(Rows, 32, NumericFormats.Int(2), 32, true)), Filled(new QuantizedMatrix(Rows, 64, NumericFormats.Int(3), 32, false))]),
    };

    private QuantizedMatrix Bytes() => Filled(new QuantizedMatrix(Rows, Columns, NumericFormats.Int(8), Columns, new FloatValues(Rows, 1).Fill((_, _) => (float)random.NextDouble())));

    private QuantizedMatrix Filled(QuantizedMatrix matrix) => matrix.Fill((_, codes) =>
    {
        for (int i = 0; i < codes.Length; i++)
            codes[i] = (byte)random.NextInt(1 << matrix.Format.Bits);
    });

    private FloatValues Halves() => new FloatValues(Rows, 3, ScaleFormat.Fp16).Fill((_, _) => (float)random.NextDouble());

    private NestedValues Nested()
    {
        var nested = new NestedValues(Rows, 3, [0, 1, 2, 3, 4, 5, 6, 7], 0, hasZeros: true) { Offset = 0.5f };
        for (int block = 0; block < nested.BlockCount; block++)
            nested.SetBlock(block, (float)random.NextDouble(), random.NextInt(4));
        for (int row = 0; row < Rows; row++)
            for (int group = 0; group < 3; group++)
                nested.SetCode(row, group, random.NextInt(8));
        return nested;
    }

    private NestedMatrix Widths()
    {
        var matrix = new NestedMatrix(Rows, Columns, 2, 4, 40);
        for (int row = 0; row < Rows; row++)
        {
            for (int group = 0; group < 3; group++)
                for (int width = 2; width <= 4; width++)
                    matrix.SetTable(width, row, group, [.. Enumerable.Range(0, 1 << width).Select(_ => (float)random.NextDouble())]);
            for (int column = 0; column < Columns; column++)
                matrix.SetCode(row, column, random.NextInt(16));
        }
        matrix.Bits = 3;
        return matrix;
    }

    private TableMatrix Tables()
    {
        var matrix = new TableMatrix(Rows, Columns, 3, 48, ScaleFormat.Fp16);
        for (int row = 0; row < Rows; row++)
        {
            for (int group = 0; group < 2; group++)
                matrix.SetTable(row, group, [.. Enumerable.Range(0, 8).Select(_ => (float)random.NextDouble())]);
            for (int column = 0; column < Columns; column++)
                matrix.SetCode(row, column, random.NextInt(8));
        }
        return matrix;
    }
}
