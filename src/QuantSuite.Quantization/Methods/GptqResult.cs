using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Quantization.Methods;

/// <summary>What <see cref="Gptq"/> makes of one weight [out, in].</summary>
public sealed class GptqResult
{
    private readonly byte[] codes;
    private readonly QuantGrid[] grids;

    internal GptqResult(int rows, int columns, int groupSize, GridFit fit)
    {
        Rows = rows;
        Columns = columns;
        GroupSize = groupSize;
        GroupCount = (columns + groupSize - 1) / groupSize;
        Grids = fit;
        codes = new byte[checked(rows * columns)];
        grids = new QuantGrid[rows * GroupCount];
        GroupOfColumn = new int[columns];
    }

    /// <summary>Outputs.</summary>
    public int Rows { get; }

    /// <summary>Inputs.</summary>
    public int Columns { get; }

    /// <summary>Columns that share a grid.</summary>
    public int GroupSize { get; }

    /// <summary>Groups of a row.</summary>
    public int GroupCount { get; }

    /// <summary>The group of each column: neighbours, unless columns were taken by falling H_jj without static groups.</summary>
    public int[] GroupOfColumn { get; }

    /// <summary>The columns in the order in which they were rounded.</summary>
    public IReadOnlyList<int> Order { get; internal set; } = [];

    /// <summary>U, in the order of <see cref="Order"/>.</summary>
    public SquareMatrix? Factor { get; internal set; }

    /// <summary>Σ (w − ŵ)²/(2·U_jj²): the loss that the paper minimises.</summary>
    public double Loss { get; internal set; }

    internal GridFit Grids { get; }

    /// <summary>The code of a weight.</summary>
    public int Code(int row, int column) => codes[row * Columns + column];

    /// <summary>The grid of a group of a row.</summary>
    public QuantGrid Grid(int row, int group) => grids[row * GroupCount + group];

    /// <summary>ŵ.</summary>
    public float Value(int row, int column) => Grids.Format.Decode(Code(row, column), Grid(row, GroupOfColumn[column]));

    /// <summary>The packed form.</summary>
    public QuantizedMatrix Pack(QuantScheme scheme) => QuantizedMatrix.Pack(Rows, Columns, Grids.Format, GroupSize, scheme.Symmetric, grids, codes,
        HasNeighboursInGroups ? default : GroupOfColumn);

    private bool HasNeighboursInGroups => Enumerable.Range(0, Columns).All(column => GroupOfColumn[column] == column / GroupSize);

    internal void SetGrid(int row, int group, QuantGrid grid) => grids[row * GroupCount + group] = grid;

    /// <summary>Sets the code nearest to a value; returns ŵ.</summary>
    internal float Encode(int row, int column, float value)
    {
        QuantGrid grid = Grid(row, GroupOfColumn[column]);
        int code = Grids.Format.Encode(value, grid);
        codes[row * Columns + column] = (byte)code;
        return Grids.Format.Decode(code, grid);
    }
}
