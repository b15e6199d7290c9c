namespace QuantSuite.Numerics.LinearAlgebra;

/// <summary>A square matrix of doubles, row-major: Hessians and their factors.</summary>
public sealed unsafe class SquareMatrix
{
    private readonly NativeBuffer buffer;

    /// <summary>Zeros, [size, size].</summary>
    public SquareMatrix(int size)
        : this(size, zeroed: true)
    {
    }

    private SquareMatrix(int size, bool zeroed)
    {
        Size = size;
        buffer = new NativeBuffer((long)size * size * sizeof(double), zeroed);
        Pointer = (double*)buffer.Pointer;
    }

    /// <summary>Rows and columns.</summary>
    public int Size { get; }

    /// <summary>The first value, row-major.</summary>
    public double* Pointer { get; }

    /// <summary>One value.</summary>
    public ref double this[int row, int column] => ref Row(row)[column];

    /// <summary>The values of one row.</summary>
    public Span<double> Row(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Size, nameof(row));
        return new Span<double>(Pointer + (long)row * Size, Size);
    }

    /// <summary>The same values in memory of their own.</summary>
    public SquareMatrix Copy()
    {
        var copy = new SquareMatrix(Size, zeroed: false);
        for (int row = 0; row < Size; row++)
            Row(row).CopyTo(copy.Row(row));
        return copy;
    }

    /// <summary>Multiplies every value.</summary>
    public void Scale(double factor)
    {
        for (int row = 0; row < Size; row++)
            foreach (ref double value in Row(row))
                value *= factor;
    }

    /// <summary>Value (i, j) is divided by scales[i] · scales[j]: a Hessian after its channels were divided.</summary>
    public void DivideRowsAndColumns(ReadOnlySpan<float> scales)
    {
        for (int row = 0; row < Size; row++)
        {
            Span<double> values = Row(row);
            for (int column = 0; column < values.Length; column++)
                values[column] /= (double)scales[row] * scales[column];
        }
    }

    /// <summary>Tᵀ A T, in place: the Σ xᵀx of inputs that were mapped by T. The map is in float32, the result made symmetric.</summary>
    public void Transform(RowTransform transform)
    {
        TransformRows(transform);
        Transpose();
        TransformRows(transform);
        for (int row = 0; row < Size; row++)
            for (int column = 0; column < row; column++)
                this[row, column] = this[column, row] = (this[row, column] + this[column, row]) / 2;
    }

    /// <summary>The matrix with rows and columns in another order: result(i, j) = this(order[i], order[j]).</summary>
    public SquareMatrix Permute(ReadOnlySpan<int> order)
    {
        var result = new SquareMatrix(Size, zeroed: false);
        for (int row = 0; row < Size; row++)
        {
            ReadOnlySpan<double> source = Row(order[row]);
            Span<double> destination = result.Row(row);
            for (int column = 0; column < Size; column++)
                destination[column] = source[order[column]];
        }
        return result;
    }

    /// <summary>Turns rows and columns back to front, in place: value (i, j) goes to (size−1−i, size−1−j).</summary>
    public void Reverse()
    {
        double* low = Pointer, high = Pointer + (long)Size * Size - 1;
        for (; low < high; low++, high--)
            (*low, *high) = (*high, *low);
    }

    /// <summary>Copies what is above the diagonal below it.</summary>
    public void Mirror()
    {
        for (int row = 0; row < Size; row++)
            for (int column = 0; column < row; column++)
                Pointer[((long)row * Size) + column] = Pointer[((long)column * Size) + row];
    }

    private void TransformRows(RowTransform transform)
    {
        var values = new float[Size];
        for (int row = 0; row < Size; row++)
        {
            for (int column = 0; column < Size; column++)
                values[column] = (float)this[row, column];
            transform.Apply(values);
            for (int column = 0; column < Size; column++)
                this[row, column] = values[column];
        }
    }

    private void Transpose()
    {
        for (int row = 0; row < Size; row++)
            for (int column = 0; column < row; column++)
                (this[row, column], this[column, row]) = (this[column, row], this[row, column]);
    }
}
