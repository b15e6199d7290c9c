using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>
/// A weight [out, in] for LLM.int8() (Dettmers et al., 2208.07339): integers for the columns whose inputs are integers too, and apart from them the columns whose inputs
/// are outliers and stay float32. Which columns these are is fixed beforehand, so that no row depends on the others of its batch.
/// </summary>
/// <remarks>
/// The paper keeps the outlier columns' weights in fp16; bitsandbytes dequantizes their integers. Both are here: with dense columns, and without.
/// <see cref="Kernels.Multiply(Matrix, QuantizedRows, MixedColumns, Matrix)"/> is the product; the plain product with float32 inputs sees the dequantized twin.
/// </remarks>
public sealed unsafe class MixedColumns : PanelMatrix
{
    private readonly int[] outlierColumns;
    private readonly NativeBuffer columnNumbers;

    /// <summary>A weight that owns its parts.</summary>
    /// <param name="inliers">Integers for all columns, symmetric.</param>
    /// <param name="outlierColumns">Ascending.</param>
    /// <param name="outliers">[out, outlier columns] (the paper), or null for the integers' own values (bitsandbytes).</param>
    public MixedColumns(QuantizedMatrix inliers, ReadOnlySpan<int> outlierColumns, DensePanels? outliers = null)
        : base(inliers.Rows, inliers.Columns)
    {
        this.outlierColumns = outlierColumns.ToArray();
        for (int i = 0; i < outlierColumns.Length; i++)
            if ((uint)outlierColumns[i] >= (uint)Columns || (i > 0 && outlierColumns[i] <= outlierColumns[i - 1]))
                throw new ArgumentException($"Outlier columns ascend and are below {Columns}; number {i} is {outlierColumns[i]}.", nameof(outlierColumns));
        if (outliers is not null && (outliers.Rows != Rows || outliers.Columns != outlierColumns.Length))
            throw new ArgumentException($"Expected outlier columns [{Rows}, {outlierColumns.Length}], got [{outliers.Rows}, {outliers.Columns}].", nameof(outliers));
        Inliers = inliers;
        DenseOutliers = outliers;
        columnNumbers = new NativeBuffer((long)outlierColumns.Length * sizeof(int));
        outlierColumns.CopyTo(new Span<int>(columnNumbers.Pointer, outlierColumns.Length));
        Outliers = outlierColumns.Length == 0 ? null : outliers ?? (PanelMatrix)new ColumnSelection(inliers, this.outlierColumns);
    }

    /// <summary>Integers of all columns.</summary>
    public QuantizedMatrix Inliers { get; }

    /// <summary>The outlier columns' own values, or null.</summary>
    public DensePanels? DenseOutliers { get; }

    /// <summary>The columns whose inputs stay float32, ascending.</summary>
    public ReadOnlySpan<int> OutlierColumns => outlierColumns;

    /// <inheritdoc/>
    public override long ByteCount => Inliers.ByteCount + columnNumbers.ByteCount + (DenseOutliers?.ByteCount ?? 0);

    /// <inheritdoc/>
    public override float this[int row, int column]
    {
        get
        {
            int i = DenseOutliers is null ? -1 : Array.BinarySearch(outlierColumns, column);
            return i < 0 ? Inliers[row, column] : DenseOutliers![row, i];
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Inliers.Dispose();
        DenseOutliers?.Dispose();
        columnNumbers.Dispose();
    }

    /// <summary>What meets the float32 inputs, [out, outlier columns]; null where there are none.</summary>
    internal PanelMatrix? Outliers { get; }

    internal override void Decode(int panel, int first, int count, float* destination)
    {
        Inliers.Decode(panel, first, count, destination);
        if (DenseOutliers is null)
            return;
        int start = FirstFrom(first), end = FirstFrom(first + count);
        float* room = Scratch.Grids((long)(end - start) * PanelWidth);
        DenseOutliers.Decode(panel, start, end - start, room);
        for (int i = start; i < end; i++)
            Vector512.Load(room + (i - start) * PanelWidth).Store(destination + (outlierColumns[i] - first) * PanelWidth);
    }

    // The first outlier column at or after a column.
    private int FirstFrom(int column)
    {
        int at = Array.BinarySearch(outlierColumns, column);
        return at < 0 ? ~at : at;
    }

    // Some columns of a weight, as they lie there.
    private sealed class ColumnSelection(PanelMatrix whole, int[] columns) : PanelMatrix(whole.Rows, columns.Length)
    {
        public override long ByteCount => 0;

        public override float this[int row, int column] => whole[row, columns[column]];

        public override void Dispose()
        {
        }
    }
}
