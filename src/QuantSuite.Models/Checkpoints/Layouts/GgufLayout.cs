namespace QuantSuite.Models.Checkpoints;

/// <summary>GGUF: every matrix of a block type, embedding and head included, is multiplied from the file's own blocks (<see cref="GgmlMatrix"/>).</summary>
internal sealed class GgufLayout(string type) : QuantizedLayout
{
    /// <inheritdoc/>
    public override string Scheme => $"gguf_{type.ToLowerInvariant()}";

    /// <summary>The layout of a file, named after the block type of most values; null where no matrix has blocks.</summary>
    public static GgufLayout? Of(IEnumerable<StoredTensor> tensors) => tensors
        .Where(IsQuantized)
        .GroupBy(tensor => tensor.Type.Name)
        .OrderByDescending(group => group.Sum(tensor => tensor.Info.ElementCount))
        .ThenBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => new GgufLayout(group.Key))
        .FirstOrDefault();

    /// <inheritdoc/>
    public override FiledCodes? Find(Checkpoint checkpoint, string name, int rows, int columns)
    {
        string tensor = $"{name}.weight";
        checkpoint.Require(tensor, rows, columns);
        StoredTensor stored = checkpoint.Stored(tensor);
        return !IsQuantized(stored) ? null : new FiledCodes(
            () =>
            {
                checkpoint.RequireFinite(tensor);
                return new GgmlMatrix(stored);
            },
            [tensor]);
    }

    private static bool IsQuantized(StoredTensor tensor) => tensor.Type.BlockLength > 1 && tensor.Info.Shape.Count == 2;
}
