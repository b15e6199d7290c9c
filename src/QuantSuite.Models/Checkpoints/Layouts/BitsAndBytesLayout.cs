using System.Numerics;
using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// bitsandbytes (0.50). 4 bits: <c>weight</c> u8 [n/2, 1], high nibble first over the row-major matrix, in blocks of 64 (or as the state says) whose table is
/// <c>weight.quant_map</c> and whose scale <c>weight.absmax</c>: float32, or codes of a second quantization, fl(fl(nested_quant_map[code]·nested_absmax) + offset).
/// 8 bits: <c>weight</c> int8 [out, in], <c>SCB</c> float32 [out]; value = weight·SCB / 127.
/// </summary>
internal sealed class BitsAndBytesLayout : QuantizedLayout
{
    private readonly bool isFourBits;
    private readonly string kind;

    /// <summary>The layout that <c>quantization_config</c> describes.</summary>
    public BitsAndBytesLayout(ModelConfig settings)
    {
        isFourBits = settings.Bool("load_in_4bit", settings.Bool("_load_in_4bit", false));
        kind = isFourBits ? settings.String("bnb_4bit_quant_type", "fp4") : "int8";
        if (kind is not ("nf4" or "fp4" or "int8"))
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: bnb_4bit_quant_type '{kind}' cannot be read; there are: nf4, fp4.");
    }

    /// <inheritdoc/>
    public override string Scheme => $"bnb_{kind}";

    /// <inheritdoc/>
    public override FiledCodes? Find(Checkpoint checkpoint, string name, int rows, int columns)
    {
        var tensors = new LinearTensors(checkpoint, name, rows, columns);
        if (isFourBits)
            return !tensors.Has("weight.absmax") ? null : FindTables(tensors);
        if (!tensors.Has("SCB"))
            return null;
        tensors.Require("weight", "I8", "out, in", rows, columns);
        tensors.Require("SCB", "F32", "out", rows);
        tensors.Claim("weight_format");
        if (tensors.Has("weight_format") && tensors.ReadFloats("weight_format") is not [0])
            throw tensors.Wrong(CheckpointFlaw.Field, "weight_format", "names a tiled order", "0 (rows in order): save the model on a CPU");
        return new FiledCodes(() => PackBytes(tensors), tensors.Names);
    }

    private FiledCodes FindTables(LinearTensors tensors)
    {
        (int rows, int columns) = (tensors.Rows, tensors.Columns);
        string state = $"weight.quant_state.bitsandbytes__{kind}";
        if (!tensors.Has(state))
            throw tensors.Wrong(CheckpointFlaw.MissingTensor, state, "is missing", $"the state of a {kind} weight, since config.json says bnb_4bit_quant_type {kind}");
        ModelConfig settings = State(tensors, state);
        int block = settings.Int("blocksize");
        long count = (long)rows * columns;
        if (block < 1 || count % 2 != 0)
            throw tensors.Wrong(CheckpointFlaw.Shape, "weight", $"has {count} values in blocks of {block}", "an even count, and blocks of at least 1");
        long blocks = (count + block - 1) / block;
        tensors.Require("weight", "U8", "pairs", count / 2, 1);
        tensors.Require("weight.quant_map", "F32", "one a code", 16);
        tensors.Claim(state);
        if (!settings.Has("nested_blocksize"))
        {
            tensors.Require("weight.absmax", "F32", $"blocks of {block}", blocks);
            return new FiledCodes(() => PackNibbles(tensors, block, groups => new FloatValues(rows, groups).Fill(BlockOf(tensors.ReadFloats("weight.absmax"), columns, block))), tensors.Names);
        }
        int nested = Math.Max(1, settings.Int("nested_blocksize"));
        tensors.Require("weight.absmax", "U8", $"blocks of {block}", blocks);
        tensors.Require("weight.nested_absmax", "F32", $"blocks of {nested}", (blocks + nested - 1) / nested);
        tensors.Require("weight.nested_quant_map", "F32", "one a code", 256);
        return new FiledCodes(() => PackNibbles(tensors, block, groups => Nested(tensors, groups, block, nested, settings.Float("nested_offset"))), tensors.Names);
    }

    // (row, group) to the scale of the block that the group lies in: a block may cross from one row to the next, and groups of the common divisor then repeat its scale.
    private static Func<int, int, float> BlockOf(float[] scales, int columns, int block)
    {
        int size = GroupSize(columns, block);
        return (row, group) => scales[((long)row * columns + (long)group * size) / block];
    }

    // Double quantization keeps its bytes where each block is a group; where blocks cross rows, its scales are written out.
    private static GroupValues Nested(LinearTensors tensors, int groups, int block, int nested, float offset)
    {
        float[] map = tensors.ReadFloats("weight.nested_quant_map"), absmax = tensors.ReadFloats("weight.nested_absmax");
        byte[] codes = tensors.Bytes("weight.absmax").ToArray();
        if (GroupSize(tensors.Columns, block) != block)
            return new FloatValues(tensors.Rows, groups).Fill(BlockOf([.. codes.Select((code, i) => map[code] * absmax[i / nested] + offset)], tensors.Columns, block));
        var scales = new NestedValues(tensors.Rows, groups, map, nested) { Offset = offset };
        for (int i = 0; i < absmax.Length; i++)
            scales.SetBlock(i, absmax[i]);
        for (int i = 0; i < codes.Length; i++)
            scales.SetCode(i / groups, i % groups, codes[i]);
        return scales;
    }

    private static int GroupSize(int columns, int block) => (int)BigInteger.GreatestCommonDivisor(block, columns);

    private QuantizedMatrix PackNibbles(LinearTensors tensors, int block, Func<int, GroupValues> scales)
    {
        int columns = tensors.Columns, group = GroupSize(columns, block);
        float[] values = tensors.ReadFloats("weight.quant_map");
        NumericFormat table = NumericFormats.Find(kind) is { } known && known.Values.SequenceEqual(values) ? known : new StoredTable(kind, 4, values);
        return new QuantizedMatrix(tensors.Rows, columns, table, group, scales(columns / group)).Fill((row, codes) =>
        {
            ReadOnlySpan<byte> pairs = tensors.Bytes("weight");
            long first = (long)row * columns;
            for (int column = 0; column < columns; column++)
                codes[column] = (byte)(pairs[(int)((first + column) / 2)] >> (int)(4 - (first + column) % 2 * 4) & 15);
        });
    }

    private static QuantizedMatrix PackBytes(LinearTensors tensors)
    {
        int columns = tensors.Columns;
        float[] largest = tensors.ReadFloats("SCB");
        FloatValues scales = new FloatValues(tensors.Rows, 1).Fill((row, _) => largest[row] / 127);
        return new QuantizedMatrix(tensors.Rows, columns, NumericFormats.Int(8), columns, scales).Fill((row, codes) =>
        {
            ReadOnlySpan<byte> stored = tensors.Bytes("weight").Slice(checked(row * columns), columns);
            for (int column = 0; column < columns; column++)
                codes[column] = (byte)(stored[column] ^ 0x80);
        });
    }

    private static ModelConfig State(LinearTensors tensors, string part)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(tensors.Bytes(part).ToArray());
            return new ModelConfig(document.RootElement);
        }
        catch (JsonException e)
        {
            throw tensors.Wrong(CheckpointFlaw.Json, part, $"is not JSON ({e.Message})", "the state of the quantization as JSON text; fetch the file again");
        }
    }
}
