using System.Text;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// GPT-2's one-to-one spelling of bytes as printable characters (<c>bytes_to_unicode</c>): the printable ones of Latin-1 stand for themselves, the
/// other 68 for U+0100 and up in order. So a space is Ġ, a newline Ċ, and a vocabulary of any bytes is a vocabulary of readable strings.
/// </summary>
internal static class ByteLevelAlphabet
{
    private static readonly char[] Letters = Spell();
    private static readonly short[] Bytes = Invert();

    /// <summary>The character that spells a byte.</summary>
    public static char Letter(byte value) => Letters[value];

    /// <summary>The byte that a character spells, or -1.</summary>
    public static int Byte(char letter) => letter < Bytes.Length ? Bytes[letter] : -1;

    /// <summary>Appends the bytes of units [start, end) of a text, respelled; a lone surrogate counts as U+FFFD.</summary>
    public static void Respell(ReadOnlySpan<char> text, int start, int end, AlignedText.Builder output)
    {
        Span<byte> utf8 = stackalloc byte[4];
        for (int i = start; i < end;)
        {
            if (text[i] < 0x80)
            {
                output.Append(Letters[text[i]], i, i + 1);
                i++;
                continue;
            }
            Rune.DecodeFromUtf16(text[i..end], out Rune rune, out int units);
            foreach (byte value in utf8[..rune.EncodeToUtf8(utf8)])
                output.Append(Letters[value], i, i + units);
            i += units;
        }
    }

    private static char[] Spell()
    {
        var letters = new char[256];
        char spare = '\u0100';
        for (int value = 0; value < 256; value++)
            letters[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)value : spare++;
        return letters;
    }

    private static short[] Invert()
    {
        var bytes = new short[Letters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < 256; value++)
            bytes[Letters[value]] = (short)value;
        return bytes;
    }
}
