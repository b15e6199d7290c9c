namespace QuantSuite.Models.Checkpoints;

/// <summary>The writing side of <see cref="BitFields"/>: codes into a little-endian bit stream whose words lie <paramref name="stride"/> apart.</summary>
internal sealed class WordBuffer(long wordCount, int stride, int bits)
{
    /// <summary>The words.</summary>
    public uint[] Words { get; } = new uint[wordCount];

    /// <summary>Puts code number <paramref name="index"/> of the stream that begins at a word; each code once.</summary>
    public void Put(long firstWord, int index, int code)
    {
        long bit = (long)index * bits, place = firstWord + bit / 32 * stride;
        int shift = (int)(bit % 32);
        Words[place] |= (uint)code << shift;
        if (shift + bits > 32)
            Words[place + stride] |= (uint)code >> (32 - shift);
    }
}
