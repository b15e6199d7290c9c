using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// The header of one .safetensors file: eight bytes of length, a JSON object {name: {dtype, shape, data_offsets}}, then the data. Validated as the format's
/// own package does (offsets cover the data without hole, overlap or rest; the header ends below 100 MB), and two things it lets pass are refused:
/// a name that occurs twice, and a field that does. Accepted on purpose, as there: blanks around the object, unknown fields of a tensor.
/// </summary>
internal static class SafetensorsHeader
{
    private const long LengthLimit = 100_000_000;

    /// <summary>Adds the tensors of a file, and its metadata to what is there.</summary>
    public static List<StoredTensor> Read(MappedFile file, Dictionary<string, object> metadata)
    {
        int length = HeaderLength(file);
        using JsonDocument document = Parse(file, length);
        var tensors = new List<StoredTensor>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            string name = Text(file, () => property.Name);
            if (!names.Add(name))
                throw Wrong(file, CheckpointFlaw.Duplicate, $"'{name}' occurs twice in the header");
            if (name == "__metadata__")
                ReadMetadata(file, property.Value, metadata);
            else
                tensors.Add(ReadTensor(file, name, property.Value, 8L + length));
        }
        RequireCover(file, tensors, 8L + length);
        return tensors;
    }

    private static int HeaderLength(MappedFile file)
    {
        if (file.Length < 8)
            throw Wrong(file, CheckpointFlaw.Truncated, $"the file has {file.Length} bytes, a header takes at least 8; fetch it again");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Bytes(0, 8));
        if (length > LengthLimit)
            throw Wrong(file, CheckpointFlaw.Length, $"the header claims {length} bytes, the limit is {LengthLimit}{Guess(file)}");
        if (length > 0 && file.Length == 8)
            throw Wrong(file, CheckpointFlaw.Truncated, $"the file ends after the header's length ({length}); fetch it again");
        if ((long)length > file.Length - 8)
            throw Wrong(file, CheckpointFlaw.Length, $"the header claims {length} bytes, {file.Length - 8} follow{Guess(file)}; fetch the file again");
        return (int)length;
    }

    private static string Guess(MappedFile file)
    {
        ReadOnlySpan<byte> start = file.Bytes(0, 4);
        return start.SequenceEqual("GGUF"u8) ? ": this is a GGUF file, name it .gguf"
            : start.StartsWith("PK"u8) || start is [0x80, _, ..] ? ": this looks like a PyTorch checkpoint, convert it to safetensors"
            : start.SequenceEqual("vers"u8) ? ": this looks like a Git LFS pointer, fetch the file itself"
            : "";
    }

    private static JsonDocument Parse(MappedFile file, int length)
    {
        ReadOnlySpan<byte> text = file.Bytes(8, length);
        if (!Utf8.IsValid(text))
            throw Wrong(file, CheckpointFlaw.Utf8, "the header is not UTF-8");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text.ToArray());
        }
        catch (JsonException e)
        {
            throw Wrong(file, CheckpointFlaw.Json, $"the header is not JSON: {e.Message}");
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        using (document)
            throw Wrong(file, CheckpointFlaw.Json, $"the header is a JSON {document.RootElement.ValueKind}, expected an object");
    }

    private static void ReadMetadata(MappedFile file, JsonElement value, Dictionary<string, object> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Wrong(file, CheckpointFlaw.Metadata, $"__metadata__ is a JSON {value.ValueKind}, expected an object of strings");
        foreach (JsonProperty property in value.EnumerateObject())
        {
            string key = Text(file, () => property.Name);
            if (property.Value.ValueKind != JsonValueKind.String)
                throw Wrong(file, CheckpointFlaw.Metadata, $"__metadata__ '{key}' is a JSON {property.Value.ValueKind}, expected a string");
            metadata.TryAdd(key, Text(file, () => property.Value.GetString()!));
        }
    }

    private static StoredTensor ReadTensor(MappedFile file, string name, JsonElement value, long dataStart)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Wrong(file, CheckpointFlaw.Json, $"tensor '{name}' is a JSON {value.ValueKind}, expected an object with dtype, shape and data_offsets");
        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (JsonProperty field in value.EnumerateObject())
            if (!fields.TryAdd(Text(file, () => field.Name), field.Value))
                throw Wrong(file, CheckpointFlaw.Duplicate, $"tensor '{name}' has '{field.Name}' twice");

        TensorType type = Type(file, name, Field(file, name, fields, "dtype"));
        long[] shape = Shape(file, name, Field(file, name, fields, "shape"), type, out long byteCount);
        (long begin, long end) = Offsets(file, name, Field(file, name, fields, "data_offsets"), file.Length - dataStart);
        if (end - begin != byteCount)
            throw Wrong(file, CheckpointFlaw.Size,
                $"tensor '{name}' {type.Name} [{string.Join(", ", shape)}] takes {byteCount} bytes, data_offsets give it {end - begin}");
        return new StoredTensor(new TensorInfo(name, type.Name, shape, byteCount), type, file, dataStart + begin);
    }

    private static JsonElement Field(MappedFile file, string name, Dictionary<string, JsonElement> fields, string key) =>
        fields.TryGetValue(key, out JsonElement value) ? value : throw Wrong(file, CheckpointFlaw.Field, $"tensor '{name}' has no {key}");

    private static TensorType Type(MappedFile file, string name, JsonElement dtype) =>
        dtype.ValueKind == JsonValueKind.String && TensorType.Safetensors.TryGetValue(Text(file, () => dtype.GetString()!), out TensorType? type)
            ? type
            : throw Wrong(file, CheckpointFlaw.Type, $"tensor '{name}' has the unknown dtype {dtype.GetRawText()}");

    private static long[] Shape(MappedFile file, string name, JsonElement value, TensorType type, out long byteCount)
    {
        if (value.ValueKind != JsonValueKind.Array)
            throw Wrong(file, CheckpointFlaw.Shape, $"tensor '{name}' has shape {value.GetRawText()}, expected an array of whole numbers");
        var shape = new long[value.GetArrayLength()];
        int i = 0;
        foreach (JsonElement size in value.EnumerateArray())
            if (size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out shape[i++]) || shape[i - 1] < 0)
                throw Wrong(file, CheckpointFlaw.Shape, $"tensor '{name}' has a dimension {size.GetRawText()}, expected a whole number from 0");
        try
        {
            long count = shape.Aggregate(1L, (product, size) => checked(product * size));
            if (count % type.BlockLength != 0)
                throw Wrong(file, CheckpointFlaw.Shape, $"tensor '{name}' holds {count} values of type {type.Name}, which end within a byte");
            byteCount = type.ByteCount(count);
            return shape;
        }
        catch (OverflowException)
        {
            throw Wrong(file, CheckpointFlaw.Shape, $"tensor '{name}' {type.Name} [{string.Join(", ", shape)}] overflows 64 bits");
        }
    }

    private static (long Begin, long End) Offsets(MappedFile file, string name, JsonElement value, long dataLength)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != 2
            || value[0].ValueKind != JsonValueKind.Number || value[1].ValueKind != JsonValueKind.Number
            || !value[0].TryGetInt64(out long begin) || !value[1].TryGetInt64(out long end) || begin < 0 || begin > end)
            throw Wrong(file, CheckpointFlaw.Offset, $"tensor '{name}' has data_offsets {value.GetRawText()}, expected [begin, end] with 0 <= begin <= end");
        if (begin > dataLength)
            throw Wrong(file, CheckpointFlaw.Offset, $"tensor '{name}' begins at {begin}, the data has {dataLength} bytes");
        if (end > dataLength)
            throw Wrong(file, CheckpointFlaw.Truncated, $"tensor '{name}' ends at {end}, the data has {dataLength} bytes; fetch the file again");
        return (begin, end);
    }

    private static void RequireCover(MappedFile file, List<StoredTensor> tensors, long dataStart)
    {
        long position = dataStart;
        foreach (StoredTensor tensor in tensors.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.Info.ByteCount))
        {
            if (tensor.Offset > position)
                throw Wrong(file, CheckpointFlaw.Hole, $"{tensor.Offset - position} bytes before tensor '{tensor.Info.Name}' belong to none");
            if (tensor.Offset < position)
                throw Wrong(file, CheckpointFlaw.Overlap, $"tensor '{tensor.Info.Name}' shares {position - tensor.Offset} bytes with the one before it");
            position += tensor.Info.ByteCount;
        }
        if (position < file.Length)
            throw Wrong(file, CheckpointFlaw.Trailing, $"{file.Length - position} bytes follow the last tensor");
    }

    /// <summary>A JSON string; one with half a surrogate pair is no text.</summary>
    private static string Text(MappedFile file, Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            throw Wrong(file, CheckpointFlaw.Utf8, "a name in the header has half a surrogate pair");
        }
    }

    private static CheckpointException Wrong(MappedFile file, CheckpointFlaw flaw, string what) => new(flaw, $"{file.Path}: {what}.");
}
