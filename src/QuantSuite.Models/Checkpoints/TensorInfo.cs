namespace QuantSuite.Models.Checkpoints;

/// <summary>A tensor as the file describes it: its type in the file's own word (<c>BF16</c>, <c>Q4_1</c>), shape (outermost first) and size.</summary>
public sealed record TensorInfo(string Name, string Type, IReadOnlyList<long> Shape, long ByteCount)
{
    /// <summary>Number of values; 1 for a scalar.</summary>
    public long ElementCount { get; } = Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Slices along the outermost dimension; 1 for a scalar.</summary>
    public long RowCount { get; } = Shape.Count == 0 ? 1 : Shape[0];

    /// <summary>Values of one such slice; 1 for a vector.</summary>
    public long RowLength { get; } = Shape.Skip(1).Aggregate(1L, (product, size) => product * size);

    /// <summary>The shape as in messages, <c>576, 1536</c>.</summary>
    public string ShapeText => string.Join(", ", Shape);
}
