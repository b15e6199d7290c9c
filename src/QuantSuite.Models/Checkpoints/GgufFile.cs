using System.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// The head of a GGUF file (version 3 little-endian, and 2, whose layout is the same): magic, counts, key-values, tensor infos; then padding and data.
/// Names are the file's own; shapes are turned round, outermost first. Accepted on purpose: keys and names of any length, scalars, empty dimensions, gaps
/// between tensors, bytes after the last, arrays of arrays up to 4 deep.
/// </summary>
internal sealed class GgufFile
{
    private const uint Magic = 0x46554747; // "GGUF"
    private const int DimensionLimit = 4;

    private readonly MappedFile file;
    private readonly GgufReader reader;
    private readonly long valuesEnd;

    /// <summary>Reads and validates the head.</summary>
    public GgufFile(MappedFile file)
    {
        this.file = file;
        reader = new GgufReader(file);
        RequireVersion();
        long tensorCount = reader.Count("tensors");
        long valueCount = reader.Count("key-values");
        for (long i = 0; i < valueCount; i++)
            ReadValue();
        valuesEnd = reader.Position;
        uint alignment = Alignment();
        var heads = new List<(TensorInfo Info, TensorType Type, ulong Offset)>();
        for (long i = 0; i < tensorCount; i++)
            heads.Add(ReadTensor());
        Place(heads, alignment);
    }

    /// <summary>Key-values in their .NET types.</summary>
    public Dictionary<string, object> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Tensors by the file's own names.</summary>
    public Dictionary<string, StoredTensor> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>Writes a file of the same key-values without a tensor.</summary>
    public void WriteValues(Stream stream)
    {
        const int TensorCountAt = 8, ValueCountAt = TensorCountAt + sizeof(long);
        stream.Write(file.Bytes(0, TensorCountAt));
        stream.Write(stackalloc byte[sizeof(long)]);
        stream.Write(file.Bytes(ValueCountAt, checked((int)(valuesEnd - ValueCountAt))));
    }

    private void RequireVersion()
    {
        uint magic = reader.Number<uint>("the magic");
        if (magic != Magic)
            throw reader.Wrong(CheckpointFlaw.Magic, $"not a GGUF file: it begins with 0x{magic:x8}, expected 0x{Magic:x8} (GGUF)");
        uint version = reader.Number<uint>("the version");
        if (version != 0 && (version & 0xFFFF) == 0)
            throw reader.Wrong(CheckpointFlaw.Endian, $"version {version} reads as big-endian; only little-endian files are read: convert it");
        if (version is not (2 or 3))
            throw reader.Wrong(CheckpointFlaw.Version, $"GGUF version {version}; 2 and 3 are read");
    }

    private void ReadValue()
    {
        string key = reader.Text("a key", minimum: 1);
        if (!Metadata.TryAdd(key, reader.Value(key)))
            throw reader.Wrong(CheckpointFlaw.Duplicate, $"key '{key}' occurs twice");
    }

    private uint Alignment()
    {
        if (!Metadata.TryGetValue("general.alignment", out object? value))
            return 32;
        return value is uint alignment && BitOperations.IsPow2(alignment)
            ? alignment
            : throw reader.Wrong(CheckpointFlaw.Alignment, $"general.alignment is {value} ({value.GetType().Name}), expected a power of two (UInt32)");
    }

    private (TensorInfo Info, TensorType Type, ulong Offset) ReadTensor()
    {
        string name = reader.Text("a tensor's name", minimum: 1);
        uint dimensionCount = reader.Number<uint>($"the dimensions of tensor '{name}'");
        if (dimensionCount > DimensionLimit)
            throw reader.Wrong(CheckpointFlaw.Shape, $"tensor '{name}' has {dimensionCount} dimensions, at most {DimensionLimit} are possible");
        var innermostFirst = new ulong[dimensionCount];
        for (int i = 0; i < innermostFirst.Length; i++)
            innermostFirst[i] = reader.Number<ulong>($"the shape of tensor '{name}'");
        uint number = reader.Number<uint>($"the type of tensor '{name}'");
        if (!TensorType.Ggml.TryGetValue(number, out TensorType? type))
            throw reader.Wrong(CheckpointFlaw.Type, $"tensor '{name}' has the unknown type {number}");
        ulong offset = reader.Number<ulong>($"the offset of tensor '{name}'");
        return (Describe(name, innermostFirst, type), type, offset);
    }

    private TensorInfo Describe(string name, ulong[] innermostFirst, TensorType type)
    {
        string text = $"tensor '{name}' {type.Name} with dimensions [{string.Join(", ", innermostFirst)}]";
        try
        {
            long[] shape = innermostFirst.Reverse().Select(size => checked((long)size)).ToArray();
            long count = shape.Aggregate(1L, (product, size) => checked(product * size));
            if ((shape.Length == 0 ? 1 : shape[^1]) % type.BlockLength != 0)
                throw reader.Wrong(CheckpointFlaw.Shape, $"{text}: rows are not whole blocks of {type.BlockLength}");
            return new TensorInfo(name, type.Name, shape, type.ByteCount(count));
        }
        catch (OverflowException)
        {
            throw reader.Wrong(CheckpointFlaw.Shape, $"{text} overflows 64 bits");
        }
    }

    private void Place(List<(TensorInfo Info, TensorType Type, ulong Offset)> heads, uint alignment)
    {
        long start = (reader.Position + alignment - 1) / alignment * alignment;
        foreach ((TensorInfo info, TensorType type, ulong offset) in heads)
        {
            RequireInside(info, offset, alignment, file.Length - start);
            if (!Tensors.TryAdd(info.Name, new StoredTensor(info, type, file, start + (long)offset)))
                throw reader.Wrong(CheckpointFlaw.Duplicate, $"tensor '{info.Name}' occurs twice");
        }
        RequireDisjoint();
    }

    private void RequireInside(TensorInfo info, ulong offset, uint alignment, long dataLength)
    {
        if (dataLength > 0 && offset > (ulong)dataLength)
            throw reader.Wrong(CheckpointFlaw.Offset, $"tensor '{info.Name}' begins at {offset}, the data has {dataLength} bytes");
        if (offset % alignment != 0)
            throw reader.Wrong(CheckpointFlaw.Offset, $"tensor '{info.Name}' begins at {offset}, which is no multiple of the alignment {alignment}");
        if (dataLength < 0 || offset > (ulong)dataLength || info.ByteCount > dataLength - (long)offset)
            throw reader.Wrong(CheckpointFlaw.Truncated,
                $"tensor '{info.Name}' takes {info.ByteCount} bytes from {offset}, the data has {Math.Max(0, dataLength)}; fetch the file again");
    }

    private void RequireDisjoint()
    {
        StoredTensor? before = null;
        foreach (StoredTensor tensor in Tensors.Values.Where(tensor => tensor.Info.ByteCount > 0).OrderBy(tensor => tensor.Offset))
        {
            if (before is not null && tensor.Offset < before.Offset + before.Info.ByteCount)
                throw reader.Wrong(CheckpointFlaw.Overlap, $"tensors '{before.Info.Name}' and '{tensor.Info.Name}' share bytes");
            before = tensor;
        }
    }
}
