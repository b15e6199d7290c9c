using System.Runtime.InteropServices;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>The tensors <c>name.part</c> that one quantized linear [rows, columns] is made of: each is checked when it is declared, and read when the weight is packed.</summary>
internal sealed class LinearTensors
{
    private static readonly string[] Floats = ["F16", "BF16", "F32", "F8_E4M3"];

    private readonly Checkpoint checkpoint;
    private readonly string name;
    private readonly int rows, columns;
    private readonly List<string> names;

    /// <summary>The tensors of a linear.</summary>
    public LinearTensors(Checkpoint checkpoint, string name, int rows, int columns)
        : this(checkpoint, name, rows, columns, [])
    {
    }

    private LinearTensors(Checkpoint checkpoint, string name, int rows, int columns, List<string> names)
    {
        this.checkpoint = checkpoint;
        this.name = name;
        this.rows = rows;
        this.columns = columns;
        this.names = names;
    }

    /// <summary>Outputs.</summary>
    public int Rows => rows;

    /// <summary>Inputs.</summary>
    public int Columns => columns;

    /// <summary>The names declared so far.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>The tensors <c>name.part.…</c> of a matrix inside this one, with so many columns.</summary>
    public LinearTensors Inside(string part, int columnCount) => new(checkpoint, $"{name}.{part}", rows, columnCount, names);

    /// <summary>Whether the checkpoint has the part.</summary>
    public bool Has(string part) => checkpoint.Tensors.ContainsKey($"{name}.{part}");

    /// <summary>The shape that the checkpoint has a part in.</summary>
    public IReadOnlyList<long> ShapeOf(string part) => checkpoint.Stored($"{name}.{part}").Info.Shape;

    /// <summary>The type that the checkpoint has a part in.</summary>
    public string TypeOf(string part) => checkpoint.Stored($"{name}.{part}").Info.Type;

    /// <summary>Declares a part of some type and shape.</summary>
    /// <param name="why">What the shape follows from, for the complaint.</param>
    public void Require(string part, string type, string why, params ReadOnlySpan<long> shape) => Require(part, [type], why, shape);

    /// <summary>Declares a part of floats of any width.</summary>
    public void RequireFloats(string part, string why, params ReadOnlySpan<long> shape) => Require(part, Floats, why, shape);

    /// <summary>Declares a part that is no number of the weight, in whatever shape it has.</summary>
    public void Claim(string part)
    {
        if (Has(part))
            names.Add($"{name}.{part}");
    }

    /// <summary>Declares a bias of zeros, which some packers write for linears that have none. One with other values is left for the model to refuse.</summary>
    public void ClaimZeroBias()
    {
        if (Has("bias") && Array.TrueForAll(ReadFloats("bias"), value => value == 0))
            names.Add($"{name}.bias");
    }

    /// <summary>A part as bytes.</summary>
    public ReadOnlySpan<byte> Bytes(string part)
    {
        StoredTensor tensor = checkpoint.Stored($"{name}.{part}");
        return tensor.Info.ByteCount <= int.MaxValue ? tensor.Bytes(0, tensor.Info.ElementCount)
            : throw Wrong(CheckpointFlaw.Size, part, $"takes {tensor.Info.ByteCount} bytes", $"at most {int.MaxValue}; the layer is too large to be read");
    }

    /// <summary>A part as 32-bit words.</summary>
    public ReadOnlySpan<uint> Words(string part) => MemoryMarshal.Cast<byte, uint>(Bytes(part));

    /// <summary>A part as float32, whatever its width; every value finite.</summary>
    public float[] ReadFloats(string part)
    {
        string tensor = $"{name}.{part}";
        var values = new float[checked((int)checkpoint.Stored(tensor).Info.ElementCount)];
        checkpoint.Read(tensor, values);
        checkpoint.RequireFinite(tensor, values);
        return values;
    }

    /// <summary>A part of scales in the width that it is stored in.</summary>
    /// <param name="index">(row, group) to the place in the tensor.</param>
    public FloatValues ReadScales(string part, int groups, Func<int, int, int> index)
    {
        float[] values = ReadFloats(part);
        return new FloatValues(rows, groups, PackedCodes.ScaleFormatOf(TypeOf(part))).Fill((row, group) => values[index(row, group)]);
    }

    /// <summary>A part [in] that names the group of each column.</summary>
    public int[] ReadGroups(string part, int groups)
    {
        int[] groupOf = [.. MemoryMarshal.Cast<uint, int>(Words(part))];
        int wrong = Array.FindIndex(groupOf, group => (uint)group >= (uint)groups);
        return wrong < 0 ? groupOf : throw Wrong(CheckpointFlaw.Offset, part, $"puts column {wrong} into group {groupOf[wrong]}", $"0 to {groups - 1}; fetch the file again");
    }

    /// <summary>A complaint about a part.</summary>
    public CheckpointException Wrong(CheckpointFlaw flaw, string part, string got, string expected) =>
        new(flaw, $"{checkpoint.Path}: tensor '{name}.{part}' {got}; expected {expected}.");

    private void Require(string part, ReadOnlySpan<string> types, string why, ReadOnlySpan<long> shape)
    {
        TensorInfo tensor = checkpoint.Stored($"{name}.{part}").Info;
        if (!types.Contains(tensor.Type) || !shape.SequenceEqual([.. tensor.Shape]))
            throw Wrong(CheckpointFlaw.Shape, part, $"is {tensor.Type} [{tensor.ShapeText}]",
                $"{string.Join(" or ", types.ToArray())} [{string.Join(", ", shape.ToArray())}] ({why}) for a weight [{rows}, {columns}] as config.json has it. Fetch config.json of this very checkpoint");
        names.Add(tensor.Name);
    }
}
