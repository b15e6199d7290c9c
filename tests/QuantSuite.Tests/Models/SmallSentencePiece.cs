using System.Buffers.Binary;
using System.Text;

namespace QuantSuite.Tests.Models;

/// <summary>SentencePiece models small enough to write out, as their protobuf bytes.</summary>
internal static class SmallSentencePiece
{
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Byte = 6;

    /// <summary>Control symbols, every byte, a few letters and words, and a user-defined piece.</summary>
    public static byte[] File(bool isBytePair, bool byteFallback = true, byte[]? map = null)
    {
        var file = new MemoryStream();
        Piece(file, "<unk>", 0, Unknown);
        Piece(file, "<s>", 0, Control);
        Piece(file, "</s>", 0, Control);
        for (int value = 0; value < 256 && byteFallback; value++)
            Piece(file, $"<0x{value:X2}>", 0, Byte);
        Piece(file, "<sep>", 0, UserDefined);
        string[] words = ["▁", "t", "h", "e", "th", "▁th", "he", "the", "▁the", "▁▁", "x"];
        for (int i = 0; i < words.Length; i++)
            Piece(file, words[i], isBytePair ? -i : -1, Normal);
        Message(file, 2, [.. Number(3, isBytePair ? 2u : 1u), .. Number(35, byteFallback ? 1u : 0u)]);
        Message(file, 3, [.. map is null ? [] : Bytes(2, map), .. Number(3, 1), .. Number(4, 0), .. Number(5, 1)]);
        return file.ToArray();
    }

    private static void Piece(MemoryStream file, string text, float score, uint type)
    {
        var scoreBytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(scoreBytes, score);
        Message(file, 1, [.. Bytes(1, Encoding.UTF8.GetBytes(text)), .. Varint(2 << 3 | 5), .. scoreBytes, .. Number(3, type)]);
    }

    private static void Message(MemoryStream file, uint field, byte[] content) => file.Write(Bytes(field, content));

    private static byte[] Bytes(uint field, byte[] content) => [.. Varint(field << 3 | 2), .. Varint((uint)content.Length), .. content];

    private static byte[] Number(uint field, uint value) => [.. Varint(field << 3), .. Varint(value)];

    private static byte[] Varint(uint value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
