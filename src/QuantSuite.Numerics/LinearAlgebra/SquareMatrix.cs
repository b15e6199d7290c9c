using System.Runtime.Intrinsics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics.LinearAlgebra;

/// <summary>A square matrix of doubles, row-major: Hessians and their factors.</summary>
public sealed unsafe class SquareMatrix
{
    private const int GramTokens = 256;
    private const int GramRows = 512;

    private readonly NativeBuffer buffer;

    /// <summary>Zeros, [size, size].</summary>
    public SquareMatrix(int size)
    {
        Size = size;
        buffer = new NativeBuffer((long)size * size * sizeof(double));
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
        var copy = new SquareMatrix(Size);
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
        var result = new SquareMatrix(Size);
        for (int row = 0; row < Size; row++)
        {
            ReadOnlySpan<double> source = Row(order[row]);
            Span<double> destination = result.Row(row);
            for (int column = 0; column < Size; column++)
                destination[column] = source[order[column]];
        }
        return result;
    }

    /// <summary>
    /// Adds xᵀx for x [tokens, size] to the diagonal and what is above it: products in float32 over at most 256 tokens at a time (one chain each, on the kernels), their sums in
    /// double. <see cref="Mirror"/> fills the rest when all is added.
    /// </summary>
    public void AddGram(Matrix x, Kernels kernels)
    {
        for (int first = 0; first < x.Rows; first += GramTokens)
        {
            using Matrix transposed = Transpose(x.Slice(first, Math.Min(GramTokens, x.Rows - first)), kernels);
            for (int row = 0; row < Size; row += GramRows)
                AddProducts(transposed, row, Math.Min(GramRows, Size - row), kernels);
        }
    }

    /// <summary>Copies what is above the diagonal below it.</summary>
    public void Mirror()
    {
        for (int row = 0; row < Size; row++)
            for (int column = 0; column < row; column++)
                Pointer[((long)row * Size) + column] = Pointer[((long)column * Size) + row];
    }

    // The columns [first, first + count) down to the diagonal.
    private void AddProducts(Matrix transposed, int first, int count, Kernels kernels)
    {
        using var columns = new DensePanels(transposed.Slice(first, count), NumericFormats.Fp32);
        using var products = new Matrix(first + count, count);
        kernels.Multiply(transposed.Slice(0, first + count), columns, products);
        kernels.Parallel(products.Rows, row => AddWidened(products.Pointer + (long)row * count, Pointer + (long)row * Size + first, count));
    }

    private static void AddWidened(float* source, double* destination, int count)
    {
        int lanes = Vector512<double>.Count, i = 0;
        for (; i + lanes <= count; i += lanes)
            (Vector512.WidenLower(Vector256.Load(source + i).ToVector512()) + Vector512.Load(destination + i)).Store(destination + i);
        for (; i < count; i++)
            destination[i] += source[i];
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

    private static Matrix Transpose(Matrix x, Kernels kernels)
    {
        var transposed = new Matrix(x.Columns, x.Rows);
        kernels.Parallel((x.Columns + 15) / 16, strip =>
        {
            for (int column = strip * 16; column < Math.Min(x.Columns, strip * 16 + 16); column++)
            {
                float* destination = transposed.Pointer + (long)column * x.Rows;
                for (int row = 0; row < x.Rows; row++)
                    destination[row] = x.Pointer[(long)row * x.Columns + column];
            }
        });
        return transposed;
    }
}
