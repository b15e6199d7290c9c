using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace QuantSuite.Models.Checkpoints;

/// <summary>Writes one .safetensors file: header padded to eight bytes, wide types first so that every tensor is aligned, then the data without holes.</summary>
internal static class SafetensorsWriter
{
    /// <summary>Writes tensors and metadata.</summary>
    /// <param name="written">Told the bytes done, tensor by tensor.</param>
    public static void Write(Stream stream, IEnumerable<NewTensor> tensors, IReadOnlyDictionary<string, string> metadata, Action<long>? written = null, CancellationToken cancellation = default)
    {
        NewTensor[] ordered = [.. tensors.OrderByDescending(tensor => tensor.ElementSize).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];
        byte[] header = Header(ordered, metadata);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        long done = 0;
        foreach (NewTensor tensor in ordered)
        {
            cancellation.ThrowIfCancellationRequested();
            long before = stream.Position;
            tensor.Write(stream);
            if (stream.Position - before != tensor.ByteCount)
                throw new InvalidOperationException($"Tensor '{tensor.Name}' takes {tensor.ByteCount} bytes, {stream.Position - before} were written.");
            written?.Invoke(done += tensor.ByteCount);
        }
    }

    private static byte[] Header(NewTensor[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in metadata)
                json.WriteString(key, value);
            json.WriteEndObject();
            long offset = 0;
            foreach (NewTensor tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type);
                WriteNumbers(json, "shape", tensor.Shape);
                WriteNumbers(json, "data_offsets", [offset, offset += tensor.ByteCount]);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        byte[] header = new byte[(buffer.WrittenCount + 7) / 8 * 8];
        header.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(header);
        return header;
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (long number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
