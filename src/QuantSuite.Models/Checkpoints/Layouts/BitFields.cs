namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// Codes in a plain little-endian bit stream of 32-bit words, lowest bits first; a code may straddle two words. Neighbouring words of a stream lie
/// <paramref name="stride"/> words apart: 1 along a row, the row's length down a column.
/// </summary>
internal readonly ref struct BitFields(ReadOnlySpan<uint> words, int stride, int bits)
{
    private readonly ReadOnlySpan<uint> words = words;

    /// <summary>Code number <paramref name="index"/> of the stream that begins at a word.</summary>
    public int this[long firstWord, int index]
    {
        get
        {
            long bit = (long)index * bits;
            int place = checked((int)(firstWord + bit / 32 * stride)), shift = (int)(bit % 32);
            ulong pair = words[place];
            if (shift + bits > 32)
                pair |= (ulong)words[place + stride] << 32;
            return (int)(pair >> shift) & ((1 << bits) - 1);
        }
    }

    /// <summary>Words of a stream of so many codes.</summary>
    public static long WordCount(int count, int bits) => ((long)count * bits + 31) / 32;
}
