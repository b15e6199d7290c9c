using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>QuIP against Cornell-RelaxML's code (../shared/goldens/quantization/quip).</summary>
public class QuIPGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("quip");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("quip", file);
        using var kernels = Kernels.Create(2);
        switch (golden.Op)
        {
            case "quip.butterfly":
                CheckRotation(golden);
                break;
            case "quip.ldl":
                Ldlq factors = Ldlq.Decompose(Square(golden.Input("H")), kernels)!;
                QuantizationCase.NearLargest(golden.Floats("L_unit_lower"), QuantizationCase.Floats(factors.Factor), 1e-4, "L");
                QuantizationCase.NearLargest(golden.Floats("D"), Array.ConvertAll(factors.Diagonal, value => (float)value), 1e-4, "D");
                break;
            case "quip.round_ldl":
                byte[][] codes = Ldlq.Decompose(Square(golden.Input("H")), kernels)!.Round(golden.Input("w"), (1 << golden.Parameter("bits")) - 1, golden.Parameter("npasses"));
                Assert.Equal(golden.Ints("codes"), codes.SelectMany(row => row).Select(code => (int)code));
                break;
            case "quip.pipeline":
                CheckPipeline(golden, kernels);
                break;
            default:
                throw golden.Unknown();
        }
    }

    private static void CheckRotation(QuantizationCase golden)
    {
        float[][] Blocks(string name)
        {
            JsonElement tensor = golden.Inputs.GetProperty(name);
            int size = golden.Shape(tensor)[^1];
            return [.. golden.Floats(tensor).Chunk(size * size)];
        }
        var rotation = new KroneckerRotation(Blocks("B0"), Blocks("B1"), golden.Ints(golden.Inputs.GetProperty("p_in")), golden.Ints(golden.Inputs.GetProperty("p_out")));
        using Matrix x = Transposed(golden.Input("x")), dense = new(rotation.Size, rotation.Size), y = new(x.Rows, x.Columns, x.Span);
        for (int i = 0; i < dense.Rows; i++)
        {
            dense[i, i] = 1;
            rotation.Apply(dense.Row(i));
        }
        QuantizationCase.NearLargest(golden.Floats("dense"), Transposed(dense).Span, 1e-6, "dense");
        for (int row = 0; row < y.Rows; row++)
            rotation.Apply(y.Row(row));
        QuantizationCase.NearLargest(golden.Floats("y"), Transposed(y).Span, 1e-5, "y");
        for (int row = 0; row < y.Rows; row++)
            rotation.ApplyInverse(y.Row(row));
        QuantizationCase.NearLargest(x.Span, y.Span, 1e-5, "x");
    }

    private static void CheckPipeline(QuantizationCase golden, Kernels kernels)
    {
        using Matrix weight = golden.Input("W"), samples = golden.Samples(), values = new(weight.Rows, weight.Columns, weight.Span);
        int lastCode = (1 << golden.Parameter("bits")) - 1;
        bool rotates = golden.Flag("proj"), wholeGrid = golden.Params.GetProperty("qfn").GetString() == "b";
        SquareMatrix hessian = Hessian(samples, golden.Shape(golden.Inputs.GetProperty("X"))[0], kernels);
        QuantizationCase.NearLargest(golden.Floats("H_diag_before"), QuantizationCase.Diagonal(hessian), 1e-6, "H before");

        float[] scales = [.. Enumerable.Repeat(1f, weight.Columns)];
        if (golden.Flag("rescale"))
        {
            scales = QuIP.Scales(hessian, QuIP.ColumnSquares([values]));
            QuantizationCase.Near(golden.Floats("scaleWH"), scales, 1e-5, "scaleWH");
            hessian.DivideRowsAndColumns(scales);
        }
        RowTransform input = new ScaledTransform(scales, rotates ? Given(golden.Input("V")) : Given(Identity(weight.Columns)));
        RowTransform output = rotates ? Given(golden.Input("U")) : Given(Identity(weight.Rows));
        input.TransformInputs(values);
        output.TransformOutputs(values);
        golden.NearSummary("W_after_preprocessing", values, 1e-5);
        if (rotates)
        {
            QuIP.Regularize(hessian);
            hessian.Transform(Given(golden.Input("V")));
        }
        QuIP.Damp(hessian, golden.Params.GetProperty("percdamp").GetDouble());
        float[] diagonal = QuantizationCase.Diagonal(hessian), expected = golden.Floats("H_diag_after_preprocessing");
        QuantizationCase.NearLargest(expected, Array.ConvertAll(diagonal, value => value * (rotates ? 1 : expected[0] / diagonal[0])), 1e-4, "H after");

        QuantGrid[] grids = [.. Enumerable.Range(0, values.Rows).Select(row => wholeGrid ? QuIP.Grid(values, lastCode) : GptqGrid.Fit(values.Row(row), golden.Parameter("bits"), symmetric: false))];
        if (wholeGrid)
            Assert.Equal(golden.Number("scale"), grids[0].Scale * lastCode / 2, 1e-6 * golden.Number("scale"));
        else
            QuantizationCase.Near(golden.Floats("scale"), Array.ConvertAll(grids, grid => grid.Scale), 1e-6, "scale");
        using Matrix measured = QuIP.Measure(values, grids, lastCode);
        golden.NearSummary("grid_values_before_rounding", measured, 1e-5);
        byte[][] codes = Ldlq.Decompose(hessian, kernels)!.Round(measured, lastCode, golden.Parameter("npasses"));
        Assert.Equal(golden.Ints("codes"), codes.SelectMany(row => row).Select(code => (int)code));

        using Matrix final = new(values.Rows, values.Columns);
        for (int row = 0; row < final.Rows; row++)
            for (int column = 0; column < final.Columns; column++)
                final[row, column] = (codes[row][column] - grids[row].Zero) * grids[row].Scale;
        Undo(final, input, output, scales);
        golden.NearSummary("final_weights", final, 1e-3);
        Assert.Equal(golden.Number("rel_output_error"), QuantizationCase.OutputError(samples, weight, final), 2e-3 * golden.Number("rel_output_error"));
    }

    // Ŵ = Uᵀ Ŵ′ V D⁻¹.
    private static void Undo(Matrix weight, RowTransform input, RowTransform output, float[] scales)
    {
        for (int row = 0; row < weight.Rows; row++)
        {
            input.ApplyInverse(weight.Row(row));
            for (int column = 0; column < weight.Columns; column++)
                weight[row, column] /= scales[column] * scales[column];
        }
        using Matrix columns = Transposed(weight);
        for (int row = 0; row < columns.Rows; row++)
            output.ApplyInverse(columns.Row(row));
        Transposed(columns).Span.CopyTo(weight.Span);
    }

    private static SquareMatrix Hessian(Matrix samples, int sequenceCount, Kernels kernels)
    {
        var hessian = new SquareMatrix(samples.Columns);
        kernels.AddGram(samples, hessian);
        hessian.Mirror();
        hessian.Scale(1.0 / sequenceCount);
        return hessian;
    }

    private static KroneckerRotation Given(Matrix dense)
    {
        int[] order = [.. Enumerable.Range(0, dense.Rows)];
        return new KroneckerRotation([dense.Span.ToArray()], [.. Enumerable.Repeat(new float[] { 1 }, 1)], order, order);
    }

    private static Matrix Identity(int size)
    {
        var identity = new Matrix(size, size);
        for (int i = 0; i < size; i++)
            identity[i, i] = 1;
        return identity;
    }

    private static SquareMatrix Square(Matrix matrix)
    {
        var square = new SquareMatrix(matrix.Rows);
        for (int row = 0; row < matrix.Rows; row++)
            for (int column = 0; column < matrix.Rows; column++)
                square[row, column] = matrix[row, column];
        return square;
    }

    private static Matrix Transposed(Matrix matrix)
    {
        var transposed = new Matrix(matrix.Columns, matrix.Rows);
        for (int row = 0; row < matrix.Rows; row++)
            for (int column = 0; column < matrix.Columns; column++)
                transposed[column, row] = matrix[row, column];
        return transposed;
    }
}
