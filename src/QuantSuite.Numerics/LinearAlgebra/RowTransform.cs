namespace QuantSuite.Numerics.LinearAlgebra;

/// <summary>
/// An invertible linear map T of row vectors, x ↦ x T, that is applied online or folded in weights: with y = x Wᵀ, inputs x T and weight rows w T⁻ᵀ give the
/// same y.
/// Every row is mapped alone, in float32 and in a fixed order, so that no number depends on a batch or on threads.
/// </summary>
public abstract class RowTransform
{
    /// <summary>Columns of x.</summary>
    public abstract int Size { get; }

    /// <summary>x ↦ x T, in place.</summary>
    public abstract void Apply(Span<float> row);

    /// <summary>x ↦ x T⁻¹, in place.</summary>
    public abstract void ApplyInverse(Span<float> row);

    /// <summary>w ↦ w T⁻ᵀ, in place: what keeps (x T)·(w T⁻ᵀ) = x·w. The same as <see cref="Apply(Span{float})"/> for a rotation.</summary>
    public virtual void ApplyDual(Span<float> row) => Apply(row);

    /// <summary>Maps every row of a matrix, in parallel.</summary>
    public virtual void Apply(Matrix matrix, Kernels kernels) => ForEachRow(matrix, kernels, row => Apply(matrix.Row(row)));

    /// <summary>Maps every row of a matrix back, in parallel.</summary>
    public virtual void ApplyInverse(Matrix matrix, Kernels kernels) => ForEachRow(matrix, kernels, row => ApplyInverse(matrix.Row(row)));

    /// <summary>Maps the rows of a weight [out, in] whose inputs will be x T: w ↦ w T⁻ᵀ.</summary>
    public void TransformInputs(Matrix weight)
    {
        for (int row = 0; row < weight.Rows; row++)
            ApplyDual(weight.Row(row));
    }

    /// <summary>Maps the columns of a weight [out, in] so that its outputs become y T: Wᵀ ↦ Wᵀ T.</summary>
    public void TransformOutputs(Matrix weight)
    {
        var column = new float[weight.Rows];
        for (int k = 0; k < weight.Columns; k++)
        {
            for (int row = 0; row < column.Length; row++)
                column[row] = weight[row, k];
            Apply(column);
            for (int row = 0; row < column.Length; row++)
                weight[row, k] = column[row];
        }
    }

    private void ForEachRow(Matrix matrix, Kernels kernels, Action<int> map)
    {
        if (matrix.Columns != Size)
            throw new ArgumentException($"A transform of {Size} columns, got a matrix of {matrix.Columns}.", nameof(matrix));
        int perTask = Math.Max(1, 4096 / Size);
        kernels.Parallel((matrix.Rows + perTask - 1) / perTask, task =>
        {
            for (int row = task * perTask; row < Math.Min(matrix.Rows, (task + 1) * perTask); row++)
                map(row);
        });
    }
}
