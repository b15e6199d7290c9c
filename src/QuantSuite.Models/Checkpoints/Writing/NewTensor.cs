using System.Runtime.InteropServices;

namespace QuantSuite.Models.Checkpoints;

/// <summary>A tensor to be written: what the header says of it, and its bytes when their turn comes.</summary>
/// <param name="Name">The full name.</param>
/// <param name="Type">safetensors' dtype.</param>
/// <param name="Shape">Outermost first.</param>
/// <param name="Write">Writes exactly as many bytes as type and shape say.</param>
internal sealed record NewTensor(string Name, string Type, IReadOnlyList<long> Shape, Action<Stream> Write)
{
    /// <summary>Bytes of the data.</summary>
    public long ByteCount => TensorType.Safetensors[Type].ByteCount(Shape.Aggregate(1L, (product, size) => checked(product * size)));

    /// <summary>Bytes of one value: the alignment that readers like.</summary>
    public int ElementSize => TensorType.Safetensors[Type].BlockBytes;

    /// <summary>A tensor of 32-bit words.</summary>
    public static NewTensor OfWords(string name, long rows, long columns, Func<uint[]> make) => new(name, "I32", [rows, columns], stream => stream.Write(MemoryMarshal.AsBytes<uint>(make())));

    /// <summary>A tensor of floats in a type that holds them without loss, or rounds them.</summary>
    /// <param name="type">F32, F16 or BF16.</param>
    public static NewTensor OfFloats(string name, string type, IReadOnlyList<long> shape, Func<float[]> make) => new(name, type, shape, stream => WriteFloats(stream, type, make()));

    /// <summary>A tensor of bytes.</summary>
    public static NewTensor OfBytes(string name, string type, IReadOnlyList<long> shape, Func<byte[]> make) => new(name, type, shape, stream => stream.Write(make()));

    /// <summary>Writes floats, rounded to a type of theirs.</summary>
    public static void WriteFloats(Stream stream, string type, ReadOnlySpan<float> values)
    {
        var bytes = new byte[TensorType.Safetensors[type].ByteCount(values.Length)];
        Encoder(type)(values, bytes);
        stream.Write(bytes);
    }

    /// <summary>The narrowest of the types F32 and <paramref name="preferred"/> that holds the values without loss.</summary>
    public static string Lossless(string preferred, ReadOnlySpan<float> values)
    {
        if (preferred is not ("F16" or "BF16"))
            return "F32";
        var bytes = new byte[2 * values.Length];
        var back = new float[values.Length];
        Encoder(preferred)(values, bytes);
        TensorType.Safetensors[preferred].Decode!(bytes, back);
        return MemoryMarshal.AsBytes<float>(back).SequenceEqual(MemoryMarshal.AsBytes(values)) ? preferred : "F32";
    }

    private static TensorEncoder Encoder(string type) => type switch
    {
        "F32" => Widening.ToFloat32,
        "F16" => Widening.ToFloat16,
        "BF16" => Widening.ToBFloat16,
        _ => throw new ArgumentException($"Floats are written as F32, F16 or BF16, got {type}.", nameof(type)),
    };
}
