using QuantSuite.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// A weight whose codes stay in GGML's own blocks, in the memory map of the file: bits per weight are the file's. Blocks are decoded as panels are asked for, to the values that
/// <see cref="Checkpoint.Read"/> gives. It must not outlive the checkpoint.
/// </summary>
internal sealed class GgmlMatrix : PanelMatrix
{
    private readonly StoredTensor tensor;
    private readonly TensorDecoder decode;

    /// <summary>A tensor [rows, columns] of a type that can be read.</summary>
    public GgmlMatrix(StoredTensor tensor)
        : base(checked((int)tensor.Info.RowCount), checked((int)tensor.Info.RowLength))
    {
        this.tensor = tensor;
        decode = tensor.Type.Decode ?? throw new ArgumentException($"{tensor.Info.Name}: type {tensor.Type.Name} cannot be read.", nameof(tensor));
    }

    /// <inheritdoc/>
    public override long ByteCount => tensor.Info.ByteCount;

    /// <inheritdoc/>
    public override float this[int row, int column]
    {
        get
        {
            Span<float> block = stackalloc float[tensor.Type.BlockLength];
            Decode(row, column / block.Length * block.Length, block);
            return block[column % block.Length];
        }
    }

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        Decode(row, 0, destination[..Columns]);
    }

    /// <inheritdoc/>
    public override void DecodePanel(int panel, int firstColumn, int count, Span<float> destination)
    {
        int block = tensor.Type.BlockLength, first = firstColumn / block * block;
        int length = (firstColumn + count - first + block - 1) / block * block;
        Span<float> values = length <= 2048 ? stackalloc float[length] : new float[length];
        for (int lane = 0; lane < PanelWidth; lane++)
        {
            int row = panel * PanelWidth + lane;
            if (row < Rows)
                Decode(row, first, values);
            else
                values.Clear();
            for (int k = 0; k < count; k++)
                destination[k * PanelWidth + lane] = values[firstColumn - first + k];
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        // The file belongs to the checkpoint.
    }

    private void Decode(int row, int firstColumn, Span<float> values)
    {
        decode(tensor.Bytes(tensor.StoredRow(row) * Columns + firstColumn, values.Length), values);
    }
}
