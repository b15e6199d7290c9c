using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// SHA-256 of what a checkpoint says: configuration (without its white space), then each tensor in ordinal order of names: name, type, shape, bytes as stored.
/// Texts carry their length, so that no two checkpoints give one stream.
/// </summary>
internal static class CheckpointHash
{
    private const int Chunk = 1 << 26;

    /// <summary>Lower-case hex.</summary>
    public static string Compute(ModelConfig? config, IEnumerable<StoredTensor> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, config is null ? "" : JsonSerializer.Serialize(config.Root));
        foreach (StoredTensor tensor in tensors.OrderBy(tensor => tensor.Info.Name, StringComparer.Ordinal))
        {
            Append(hash, tensor.Info.Name);
            Append(hash, tensor.Info.Type);
            Append(hash, tensor.Info.ShapeText);
            for (long done = 0; done < tensor.Info.ByteCount; done += Chunk)
                hash.AppendData(tensor.File.Bytes(tensor.Offset + done, (int)Math.Min(Chunk, tensor.Info.ByteCount - done)));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
