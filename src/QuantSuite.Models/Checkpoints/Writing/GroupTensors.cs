using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// The numbers of groups (scales, zero points, offsets) as tensors of our own layout, each in the form that it is held in:
/// <code>
/// floats     name           F32, F16 or BF16 [out, groups]
/// integers   name           U8 [out, groups]
/// E8M0       name           F8_E8M0 [out, groups]
/// E4M3       name           F8_E4M3 [out, groups], name.divisor F32 [1]
/// nested     name           U8 [out, groups], name.meanings F32 [codes], name.block_scales F32 [blocks], name.block_zeros F32 [blocks] (where there are),
///                           name.offset F32 [1], name.block_size I64 [1]
/// </code>
/// </summary>
internal static class GroupTensors
{
    /// <summary>The safetensors type of the numbers themselves.</summary>
    public static string TypeOf(GroupValues values) => values switch
    {
        FloatValues floats => floats.Format switch { ScaleFormat.Fp16 => "F16", ScaleFormat.Bf16 => "BF16", _ => "F32" },
        ByteValues { Format: ScaleFormat.E8M0 } => "F8_E8M0",
        ByteValues { Format: ScaleFormat.E4M3 } => "F8_E4M3",
        _ => "U8",
    };

    /// <summary>Tensors that hold these numbers to the bit.</summary>
    public static IEnumerable<NewTensor> Write(string name, GroupValues values)
    {
        long[] shape = [values.Rows, values.GroupCount];
        yield return values is FloatValues
            ? NewTensor.OfFloats(name, TypeOf(values), shape, () => Numbers(values, (row, group) => values[row, group]))
            : NewTensor.OfBytes(name, TypeOf(values), shape, () => Numbers(values, CodeOf(values)));
        if (values is ByteValues { Format: ScaleFormat.E4M3, Divisor: var divisor })
            yield return NewTensor.OfFloats($"{name}.divisor", "F32", [1], () => [divisor]);
        if (values is not NestedValues nested)
            yield break;
        yield return NewTensor.OfFloats($"{name}.meanings", "F32", [nested.Meanings.Length], () => nested.Meanings.ToArray());
        yield return NewTensor.OfFloats($"{name}.block_scales", "F32", [nested.BlockCount], () => nested.BlockScales.ToArray());
        if (nested.HasZeros)
            yield return NewTensor.OfFloats($"{name}.block_zeros", "F32", [nested.BlockCount], () => nested.BlockZeros.ToArray());
        yield return NewTensor.OfFloats($"{name}.offset", "F32", [1], () => [nested.Offset]);
        yield return NewTensor.OfBytes($"{name}.block_size", "I64", [1], () => BitConverter.GetBytes((long)nested.BlockSize));
    }

    /// <summary>Declares the tensors of numbers.</summary>
    public static void Require(LinearTensors tensors, string part, int groups)
    {
        long[] shape = [tensors.Rows, groups];
        switch (tensors.TypeOf(part))
        {
            case "U8" or "F8_E8M0" or "F8_E4M3":
                tensors.Require(part, tensors.TypeOf(part), "out, groups", shape);
                break;
            default:
                tensors.RequireFloats(part, "out, groups", shape);
                break;
        }
        if (tensors.TypeOf(part) == "F8_E4M3")
            tensors.Require($"{part}.divisor", "F32", "one", 1);
        if (!tensors.Has($"{part}.meanings"))
            return;
        tensors.Require($"{part}.meanings", "F32", "2 to 256 codes", Math.Clamp(tensors.ShapeOf($"{part}.meanings").FirstOrDefault(), 2, 256));
        tensors.Require($"{part}.block_size", "I64", "one", 1);
        tensors.Require($"{part}.offset", "F32", "one", 1);
        long block = BlockSize(tensors, part), blocks = block == 0 ? ((long)tensors.Rows + 15) / 16 * groups : ((long)tensors.Rows * groups + block - 1) / block;
        tensors.Require($"{part}.block_scales", "F32", "blocks", blocks);
        if (tensors.Has($"{part}.block_zeros"))
            tensors.Require($"{part}.block_zeros", "F32", "blocks", blocks);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static GroupValues Read(LinearTensors tensors, string part, int groups)
    {
        int rows = tensors.Rows;
        if (tensors.Has($"{part}.meanings"))
            return ReadNested(tensors, part, groups);
        ByteValues? bytes = tensors.TypeOf(part) switch
        {
            "U8" => ByteValues.Integers(rows, groups),
            "F8_E8M0" => ByteValues.PowersOfTwo(rows, groups),
            "F8_E4M3" => ByteValues.SmallFloats(rows, groups, tensors.ReadFloats($"{part}.divisor")[0]),
            _ => null,
        };
        if (bytes is null)
            return tensors.ReadScales(part, groups, (row, group) => row * groups + group);
        ReadOnlySpan<byte> codes = tensors.Bytes(part);
        for (int row = 0; row < rows; row++)
            for (int group = 0; group < groups; group++)
                bytes.SetCode(row, group, codes[row * groups + group]);
        return bytes;
    }

    private static NestedValues ReadNested(LinearTensors tensors, string part, int groups)
    {
        string zeros = $"{part}.block_zeros";
        float[] meanings = tensors.ReadFloats($"{part}.meanings"), scales = tensors.ReadFloats($"{part}.block_scales"), offsets = tensors.Has(zeros) ? tensors.ReadFloats(zeros) : [];
        var nested = new NestedValues(tensors.Rows, groups, meanings, checked((int)BlockSize(tensors, part)), offsets.Length > 0) { Offset = tensors.ReadFloats($"{part}.offset")[0] };
        for (int block = 0; block < scales.Length; block++)
            nested.SetBlock(block, scales[block], offsets.Length > 0 ? offsets[block] : 0);
        ReadOnlySpan<byte> codes = tensors.Bytes(part);
        for (int row = 0; row < tensors.Rows; row++)
            for (int group = 0; group < groups; group++)
                nested.SetCode(row, group, codes[row * groups + group]);
        return nested;
    }

    private static long BlockSize(LinearTensors tensors, string part)
    {
        long size = BitConverter.ToInt64(tensors.Bytes($"{part}.block_size"));
        return size is >= 0 and <= int.MaxValue ? size : throw tensors.Wrong(CheckpointFlaw.Size, $"{part}.block_size", $"is {size}", "0 or more; write the checkpoint again");
    }

    private static Func<int, int, byte> CodeOf(GroupValues values) =>
        values is NestedValues nested ? (row, group) => (byte)nested.Code(row, group) : ((ByteValues)values).Code;

    private static T[] Numbers<T>(GroupValues values, Func<int, int, T> number)
    {
        var numbers = new T[(long)values.Rows * values.GroupCount];
        for (int row = 0; row < values.Rows; row++)
            for (int group = 0; group < values.GroupCount; group++)
                numbers[(long)row * values.GroupCount + group] = number(row, group);
        return numbers;
    }
}
