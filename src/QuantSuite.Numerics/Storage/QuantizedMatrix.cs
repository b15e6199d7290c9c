using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>
/// Packed codes of 1 to 8 bits of one weight [out, in], with a scale and perhaps a zero point and an offset for each group of each row:
/// value = fl(fl(table[code] − zero)·scale), and where there are offsets fl(that + offset): the same in every kernel.
/// </summary>
/// <remarks>Codes: <see cref="PackedCodes"/>. Scales, zero points and offsets: <see cref="GroupValues"/>, each in the format it comes in.</remarks>
public sealed unsafe class QuantizedMatrix : PanelMatrix
{
    /// <summary>Columns of one block.</summary>
    public const int BlockWidth = PackedCodes.BlockWidth;

    private readonly PackedCodes codes;
    private readonly NativeBuffer? groupOfColumn;
    private readonly float[] table;

    /// <summary>Room for a weight [rows, columns] with the scales that the format says; <see cref="SetGrid"/> and <see cref="SetCode"/> fill it.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="format">A format of at most 8 bits.</param>
    /// <param name="groupSize">Columns that share a scale; the last group of a row may be shorter.</param>
    /// <param name="symmetric">Whether all zero points are the format's middle. Else integers have zero points of one byte, binary codes real ones; other tables have none.</param>
    public QuantizedMatrix(int rows, int columns, NumericFormat format, int groupSize, bool symmetric)
        : this(rows, columns, format, groupSize, GroupValues.Create(format.Scales, rows, GroupsOf(columns, groupSize), format.TensorDivisor),
            symmetric ? null : ZerosOf(format, rows, GroupsOf(columns, groupSize)))
    {
    }

    /// <summary>Room for a weight [rows, columns] with these scales, zero points and offsets, which it then owns.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="format">A format of at most 8 bits.</param>
    /// <param name="groupSize">Columns that share a scale, unless <paramref name="groupOfColumn"/> says otherwise.</param>
    /// <param name="scales">[rows, groups].</param>
    /// <param name="zeros">[rows, groups]; null where the grid is symmetric (the zero point is an integer format's middle code, 0 of a table) or has offsets.</param>
    /// <param name="offsets">[rows, groups], added after the scale (GGUF's minima, with a sign); or null.</param>
    /// <param name="groupOfColumn">The group of each column (GPTQ's act-order); null for neighbours.</param>
    public QuantizedMatrix(int rows, int columns, NumericFormat format, int groupSize, GroupValues scales, GroupValues? zeros = null, GroupValues? offsets = null,
        ReadOnlySpan<int> groupOfColumn = default)
        : base(rows, columns)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(format.Bits, 8, nameof(format));
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        Format = format;
        GroupSize = Math.Min(groupSize, columns);
        GroupCount = scales.GroupCount;
        Scales = RequireShape(scales, nameof(scales));
        Zeros = zeros is null ? null : RequireShape(zeros, nameof(zeros));
        Offsets = offsets is null ? null : RequireShape(offsets, nameof(offsets));
        if (!groupOfColumn.IsEmpty)
            this.groupOfColumn = CopyGroups(groupOfColumn);
        else if (GroupCount != GroupsOf(columns, groupSize))
            throw new ArgumentException($"{columns} columns in groups of {groupSize} are {GroupsOf(columns, groupSize)} groups, got scales for {GroupCount}.", nameof(scales));
        codes = new PackedCodes(rows, columns, format.Bits);
        MiddleZero = zeros is null && offsets is null && format is IntegerFormat integer ? integer.MiddleCode : 0;
        table = new float[1 << format.Bits];
        for (int code = 0; code < table.Length; code++)
            table[code] = code < format.Values.Count ? format.Values[code] : 0;
        Law = CodeLaw.Of(table, MiddleZero);
    }

    /// <summary>Packs codes and their grids; doubly quantized scales (<see cref="ScaleFormat.Nested"/>) are rounded here, once all are known.</summary>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="format">A format of at most 8 bits.</param>
    /// <param name="groupSize">Neighbours that share a grid.</param>
    /// <param name="symmetric">As for the constructor.</param>
    /// <param name="grids">[rows, groups].</param>
    /// <param name="codes">[rows, columns].</param>
    /// <param name="groupOfColumn">The group of each column where groups are no neighbours; empty otherwise.</param>
    public static QuantizedMatrix Pack(int rows, int columns, NumericFormat format, int groupSize, bool symmetric, ReadOnlySpan<QuantGrid> grids, ReadOnlySpan<byte> codes,
        ReadOnlySpan<int> groupOfColumn = default)
    {
        bool isNested = format.Scales == ScaleFormat.Nested;
        QuantizedMatrix packed = isNested
            ? new(rows, columns, format, groupSize, NestedScales.Fit(grids).ToValues(rows, GroupsOf(columns, groupSize)))
            : new(rows, columns, format, groupSize, GroupValues.Create(format.Scales, rows, GroupsOf(columns, groupSize), format.TensorDivisor),
                symmetric ? null : ZerosOf(format, rows, GroupsOf(columns, groupSize)), null, groupOfColumn);
        for (int row = 0; row < rows; row++)
        {
            for (int group = 0; group < packed.GroupCount && !isNested; group++)
                packed.SetGrid(row, group, grids[row * packed.GroupCount + group]);
            packed.SetCodes(row, codes.Slice(row * columns, columns));
        }
        return packed;
    }

    /// <summary>The code format.</summary>
    public NumericFormat Format { get; }

    /// <summary>Columns that share a scale, unless <see cref="HasColumnGroups"/>.</summary>
    public int GroupSize { get; }

    /// <summary>Groups in a row.</summary>
    public int GroupCount { get; }

    /// <summary>Blocks of 32 columns in a row, the last one filled up.</summary>
    public int BlockCount => codes.BlockCount;

    /// <summary>Scales by row and group.</summary>
    public GroupValues Scales { get; }

    /// <summary>Zero points by row and group, or null.</summary>
    public GroupValues? Zeros { get; }

    /// <summary>Offsets by row and group, or null.</summary>
    public GroupValues? Offsets { get; }

    /// <summary>Whether there are no stored zero points.</summary>
    public bool IsSymmetric => Zeros is null;

    /// <summary>The zero point of every group where none are stored.</summary>
    public float MiddleZero { get; }

    /// <summary>Whether each column names its group (act-order).</summary>
    public bool HasColumnGroups => groupOfColumn is not null;

    /// <summary>The value of each code before zero point and scale.</summary>
    public ReadOnlySpan<float> Table => table;

    /// <summary>How the kernels turn sixteen codes into table[code] − <see cref="MiddleZero"/>.</summary>
    internal CodeLaw Law { get; }

    /// <summary>Codes: [panel][block][64·bits bytes].</summary>
    public byte* Codes => codes.Pointer;

    /// <inheritdoc/>
    public override long ByteCount => codes.ByteCount + Scales.ByteCount + (Zeros?.ByteCount ?? 0) + (Offsets?.ByteCount ?? 0) + (groupOfColumn?.ByteCount ?? 0);

    /// <inheritdoc/>
    public override float this[int row, int column]
    {
        get
        {
            int group = GroupOf(column);
            float value = (table[Code(row, column)] - Zero(row, group)) * Scales[row, group];
            return Offsets is null ? value : value + Offsets[row, group];
        }
    }

    /// <summary>The group that a column belongs to.</summary>
    public int GroupOf(int column) => groupOfColumn is null ? column / GroupSize : ColumnGroups[column];

    /// <summary>The code of one weight.</summary>
    public int Code(int row, int column) => codes[row, column];

    /// <summary>The scale of a group of a row.</summary>
    public float Scale(int row, int group) => Scales[row, group];

    /// <summary>The zero point of a group of a row.</summary>
    public float Zero(int row, int group) => Zeros is null ? MiddleZero : Zeros[row, group];

    /// <summary>Sets scale and zero point of a group of a row.</summary>
    public void SetGrid(int row, int group, QuantGrid grid)
    {
        Scales[row, group] = grid.Scale;
        if (Zeros is not null)
            Zeros[row, group] = grid.Zero;
        else if (grid.Zero != MiddleZero)
            throw new ArgumentException($"A symmetric {Format} matrix has the zero point {MiddleZero}, got {grid.Zero}.", nameof(grid));
    }

    /// <summary>Sets the code of one weight. Rows may be set by several threads, each its own.</summary>
    public void SetCode(int row, int column, int code) => codes[row, column] = code;

    /// <summary>Sets the codes [columns] of a row.</summary>
    public void SetCodes(int row, ReadOnlySpan<byte> codes) => this.codes.SetRow(row, codes);

    /// <inheritdoc/>
    public override void Dispose()
    {
        codes.Dispose();
        Scales.Dispose();
        Zeros?.Dispose();
        Offsets?.Dispose();
        groupOfColumn?.Dispose();
    }

    internal int* ColumnGroups => groupOfColumn is null ? null : (int*)groupOfColumn.Pointer;

    internal override void Decode(int panel, int first, int count, float* destination) => PanelDecoder.DecodeCodes(this, panel, first, count, destination, withScales: true);

    internal override byte* Locate(int panel, int column, out nint columnBytes) => codes.Locate(panel, column, out columnBytes);

    private static int GroupsOf(int columns, int groupSize) => (int)(((long)columns + groupSize - 1) / groupSize);

    private static GroupValues? ZerosOf(NumericFormat format, int rows, int groupCount) =>
        format is IntegerFormat ? ByteValues.Integers(rows, groupCount) : format.Bits == 1 ? new FloatValues(rows, groupCount) : null;

    private GroupValues RequireShape(GroupValues values, string name) => values.Rows == Rows && values.GroupCount == GroupCount ? values
        : throw new ArgumentException($"A weight of {Rows} rows and {GroupCount} groups got [{values.Rows}, {values.GroupCount}] {name}.", name);

    private NativeBuffer CopyGroups(ReadOnlySpan<int> groups)
    {
        if (groups.Length != Columns)
            throw new ArgumentException($"Each of {Columns} columns needs a group, got {groups.Length}.", nameof(groups));
        var copy = new NativeBuffer((long)Columns * sizeof(int));
        for (int column = 0; column < Columns; column++)
            ((int*)copy.Pointer)[column] = (uint)groups[column] < (uint)GroupCount ? groups[column]
                : throw new ArgumentException($"Column {column} names group {groups[column]} of {GroupCount}.", nameof(groups));
        return copy;
    }
}
