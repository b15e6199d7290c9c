namespace QuantSuite.Numerics;

/// <summary>
/// A weight [out, in] of several parts, each some neighbouring columns in a storage of its own: groups of different bits (SliM-LLM, 2405.14917). A product's chains go on
/// from part to part.
/// </summary>
public sealed unsafe class SegmentedMatrix : PanelMatrix
{
    private readonly PanelMatrix[] segments;
    private readonly int[] starts;

    /// <summary>A weight that owns its parts, in ascending columns. The kernels are fast where all but the last have a multiple of 32 columns.</summary>
    /// <exception cref="ArgumentException">There is no part, or they differ in rows.</exception>
    public SegmentedMatrix(IReadOnlyList<PanelMatrix> segments)
        : base(segments.Count > 0 ? segments[0].Rows : throw new ArgumentException("A weight needs a part.", nameof(segments)), checked(segments.Sum(segment => segment.Columns)))
    {
        this.segments = [.. segments];
        starts = new int[segments.Count + 1];
        for (int i = 0; i < segments.Count; i++)
        {
            if (segments[i].Rows != Rows)
                throw new ArgumentException($"Part {i} has {segments[i].Rows} rows, the first has {Rows}.", nameof(segments));
            starts[i + 1] = starts[i] + segments[i].Columns;
        }
    }

    /// <summary>The parts, in ascending columns.</summary>
    public IReadOnlyList<PanelMatrix> Segments => segments;

    /// <inheritdoc/>
    public override long ByteCount => segments.Sum(segment => segment.ByteCount);

    /// <inheritdoc/>
    public override float this[int row, int column]
    {
        get
        {
            int i = SegmentOf(column);
            return segments[i][row, column - starts[i]];
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => Array.ForEach(segments, segment => segment.Dispose());

    internal override void Decode(int panel, int first, int count, float* destination)
    {
        for (int end = first + count; first < end;)
        {
            int i = SegmentOf(first), within = first - starts[i], here = Math.Min(end, starts[i + 1]) - first;
            if (within % QuantizedMatrix.BlockWidth == 0)
                segments[i].Decode(panel, within, here, destination);
            else
                segments[i].DecodePanel(panel, within, here, new Span<float>(destination, here * PanelWidth));
            first += here;
            destination += here * PanelWidth;
        }
    }

    internal override byte* Locate(int panel, int column, out nint columnBytes)
    {
        int i = SegmentOf(Math.Min(column, Columns - 1));
        return segments[i].Locate(panel, column - starts[i], out columnBytes);
    }

    private int SegmentOf(int column)
    {
        int at = Array.BinarySearch(starts, column);
        return at >= 0 ? at : ~at - 1;
    }
}
