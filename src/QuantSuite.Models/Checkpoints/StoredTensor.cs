namespace QuantSuite.Models.Checkpoints;

/// <summary>Where a tensor lies: validated, so that every access is inside the file.</summary>
/// <param name="Info">What it is, in Hugging Face's name and layout.</param>
/// <param name="Type">How its bytes become values.</param>
/// <param name="File">The file that holds it.</param>
/// <param name="Offset">Its first byte in the file.</param>
internal sealed record StoredTensor(TensorInfo Info, TensorType Type, MappedFile File, long Offset)
{
    /// <summary>The row of the file that holds a row of Hugging Face's layout (<see cref="GgufRowOrder"/>), or null where rows lie as Hugging Face has them.</summary>
    public Func<long, long>? RowOrder { get; init; }

    /// <summary>The row of the file that holds a row of Hugging Face's layout.</summary>
    public long StoredRow(long row) => RowOrder?.Invoke(row) ?? row;

    /// <summary>The bytes of values [first, first + count), whole blocks and at most 2³¹ − 1 bytes.</summary>
    public ReadOnlySpan<byte> Bytes(long first, long count) => File.Bytes(Offset + Type.ByteCount(first), checked((int)Type.ByteCount(count)));
}
