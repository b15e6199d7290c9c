namespace QuantSuite.Models.Checkpoints;

/// <summary>Where a tensor lies: validated, so that every access is inside the file.</summary>
/// <param name="Info">What it is, in Hugging Face's name and layout.</param>
/// <param name="Type">How its bytes become values.</param>
/// <param name="File">The file that holds it.</param>
/// <param name="Offset">Its first byte in the file.</param>
internal sealed record StoredTensor(TensorInfo Info, TensorType Type, MappedFile File, long Offset)
{
    /// <summary>
    /// Rows of one head where the file holds each head's rows in the order of interleaved rotary pairs (0, h/2, 1, h/2+1, …), as llama.cpp's converter
    /// writes Llama's q and k; 0 where rows lie as Hugging Face has them.
    /// </summary>
    public int InterleavedHeadLength { get; init; }

    /// <summary>The row of the file that holds a row of Hugging Face's layout: within a head of length h, row j·h/2 + i lies at 2i + j.</summary>
    public long StoredRow(long row)
    {
        (long head, long place) = Math.DivRem(row, InterleavedHeadLength);
        (long half, long pair) = Math.DivRem(place, InterleavedHeadLength / 2);
        return head * InterleavedHeadLength + 2 * pair + half;
    }

    /// <summary>The bytes of values [first, first + count), whole blocks and at most 2³¹ − 1 bytes.</summary>
    public ReadOnlySpan<byte> Bytes(long first, long count) => File.Bytes(Offset + Type.ByteCount(first), checked((int)Type.ByteCount(count)));
}
