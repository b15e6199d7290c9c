using System.Buffers.Binary;
using System.Text;

namespace QuantSuite.Models.Tokenization.SentencePiece;

/// <summary>
/// SentencePiece's <c>precompiled_charsmap</c>: replacements of short byte strings, as a Darts double-array trie (Yata's darts-clone) and the texts that
/// its leaves point to. Layout: the trie's size in bytes (uint32, little-endian), its units (uint32 each), then the replacements, each ended by a zero byte.
/// A unit holds a label (bits 0 to 7, and 31), whether a leaf follows (bit 8) and the offset of its children (bits 10 to 30, by 256 where bit 9 is set).
/// </summary>
internal sealed class CharacterMap
{
    private readonly uint[] units;
    private readonly byte[] replacements;

    private CharacterMap(uint[] units, byte[] replacements)
    {
        this.units = units;
        this.replacements = replacements;
    }

    /// <summary>The map in a blob; <paramref name="place"/> names it in a complaint.</summary>
    /// <exception cref="TokenizerException">Its sizes contradict each other.</exception>
    public static CharacterMap Parse(ReadOnlySpan<byte> blob, string place)
    {
        uint size = blob.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(blob) : uint.MaxValue;
        if (size > blob.Length - 4 || size % 4 != 0 || size == 0)
            throw new TokenizerException($"{place}: a character map of {blob.Length} bytes claims a trie of {size} bytes. Is the file intact?");
        var units = new uint[size / 4];
        for (int i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + 4 * i)..]);
        return new CharacterMap(units, blob[(int)(4 + size)..].ToArray());
    }

    /// <summary>
    /// The replacement of a prefix of <paramref name="text"/>, the longest that has one (or the shortest), with its length in UTF-16 units; null where
    /// none has.
    /// </summary>
    /// <exception cref="TokenizerException">The trie points outside of itself.</exception>
    public (string Replacement, int Length)? FindPrefix(ReadOnlySpan<char> text, bool shortest = false)
    {
        (uint Value, int Length)? found = null;
        uint node = Offset(units[0]);
        Span<byte> utf8 = stackalloc byte[4];
        int length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            length += rune.Utf16SequenceLength;
            foreach (byte label in utf8[..rune.EncodeToUtf8(utf8)])
            {
                if (!Step(ref node, label, out uint? leaf))
                    return found is var (value, end) ? (Replacement(value), end) : null;
                found = leaf is uint index ? (index, length) : found;
            }
            if (shortest && found is not null)
                break;
        }
        return found is var (last, units16) ? (Replacement(last), units16) : null;
    }

    private bool Step(ref uint node, byte label, out uint? leaf)
    {
        leaf = null;
        uint unit = Unit(node ^ label);
        if (label == 0 || (unit & 0x8000_00FF) != label)
            return false;
        node ^= label ^ Offset(unit);
        if ((unit >> 8 & 1) != 0)
            leaf = Unit(node) & 0x7FFF_FFFF;
        return true;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 0x200) >> 6);

    private uint Unit(uint index) => index < units.Length ? units[index]
        : throw new TokenizerException($"a character map of {units.Length} units points to unit {index}. Is the tokenizer file intact?");

    private string Replacement(uint start)
    {
        int length = start < replacements.Length ? replacements.AsSpan((int)start).IndexOf((byte)0) : -1;
        return length >= 0 ? Encoding.UTF8.GetString(replacements, (int)start, length)
            : throw new TokenizerException($"a character map with {replacements.Length} bytes of replacements points to byte {start}. Is the tokenizer file intact?");
    }
}
