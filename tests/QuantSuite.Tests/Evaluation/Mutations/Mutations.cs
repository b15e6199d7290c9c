using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Methods;

namespace QuantSuite.Tests.Evaluation.Mutations;

/// <summary>The catalog of faults: of stored codes and grids, of the methods that make them, and of the forward pass (<see cref="ForwardFaults"/>).</summary>
internal static class Mutations
{
    private const string Int4 = "rtn-int4-g32";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new("one zero point off by one", "one group of `1.mlp.up_proj`", Int4, model => model.With(m => Grid(m.Packed("1.mlp.up_proj"), 5, 1, grid => grid with { Zero = grid.Zero + 1 }))),
        new("one group scale × 1.5", "one group of `2.self_attn.v_proj`", Int4, model => model.With(m => Grid(m.Packed("2.self_attn.v_proj"), 7, 2, grid => grid with { Scale = grid.Scale * 1.5f }))),
        new("two rows swapped", "`2.mlp.gate_proj`", Int4, model => model.With(m => SwapRows(m.Packed("2.mlp.gate_proj"), 0, 1))),
        new("sign of a row flipped", "`1.self_attn.o_proj`", Int4, model => model.With(m => EachGroup(m.Packed("1.self_attn.o_proj"), (packed, row, group) =>
            Grid(packed, row, group, grid => row == 3 ? grid with { Scale = -grid.Scale } : grid)))),
        new("last column dropped", "`3.mlp.down_proj`", Int4, model => model.With(m => EachCode(m.Packed("3.mlp.down_proj"), (packed, row, column, code) =>
            column == packed.Columns - 1 ? (int)packed.Zero(row, packed.GroupOf(column)) : code))),
        new("groups in reverse order", "`2.mlp.down_proj`", Int4, model => model.With(m => ReverseGroups(m.Packed("2.mlp.down_proj")))),
        new("group boundary off by one", "all linears", Int4, model => model.With(ShiftGroups)),
        new("nibbles in the other order", "`1.mlp.up_proj`", Int4, model => model.With(m => SwapNibbles(m.Packed("1.mlp.up_proj")))),
        new("codes cut off, not rounded", "all linears", Int4, model => model.With(Truncate)),
        new("scale of the neighbouring channel", "`0.mlp.gate_proj`", "rtn-int4", model => model.With(m => EachGroup(m.Packed("0.mlp.gate_proj"), (packed, row, group) =>
            Grid(packed, row, group, grid => row + 1 < packed.Rows ? new QuantGrid(packed.Scale(row + 1, group), packed.Zero(row + 1, group)) : grid)))),
        new("an outlier column dropped", "`1.mlp.down_proj`", "llmint8-int8-top4-a8", model => model.With(m => DropOutlier(m.Linear("1.mlp.down_proj")))),
        new("GPTQ's update with its sign flipped", "all linears", "gptq-int4-g32", model => model.With(FlipUpdates)),
        new("AWQ's scales not folded back", "norms before attention", "awq-int4-g32", model => model.With(UnfoldScales)),
        new("static scale of another layer", "all linears", "rtn-int8-a8-tensor", model => model.With(StaleScales)) { Helps = true },
        new("tied head quantized too", "head", Int4, QuantizeHead),
        new("norm epsilon 1e-6 for 1e-5", "all norms", Int4, model => model.Model) { Config = ("\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": 1e-06") },
        .. ForwardFaults.All,
    ];

    private static void Grid(QuantizedMatrix packed, int row, int group, Func<QuantGrid, QuantGrid> change) =>
        packed.SetGrid(row, group, change(new QuantGrid(packed.Scale(row, group), packed.Zero(row, group))));

    private static void EachGroup(QuantizedMatrix packed, Action<QuantizedMatrix, int, int> change)
    {
        for (int row = 0; row < packed.Rows; row++)
            for (int group = 0; group < packed.GroupCount; group++)
                change(packed, row, group);
    }

    private static void EachCode(QuantizedMatrix packed, Func<QuantizedMatrix, int, int, int, int> change)
    {
        for (int row = 0; row < packed.Rows; row++)
            for (int column = 0; column < packed.Columns; column++)
                packed.SetCode(row, column, change(packed, row, column, packed.Code(row, column)));
    }

    private static void SwapRows(QuantizedMatrix packed, int a, int b)
    {
        for (int group = 0; group < packed.GroupCount; group++)
        {
            var grid = new QuantGrid(packed.Scale(a, group), packed.Zero(a, group));
            packed.SetGrid(a, group, new QuantGrid(packed.Scale(b, group), packed.Zero(b, group)));
            packed.SetGrid(b, group, grid);
        }
        for (int column = 0; column < packed.Columns; column++)
        {
            int code = packed.Code(a, column);
            packed.SetCode(a, column, packed.Code(b, column));
            packed.SetCode(b, column, code);
        }
    }

    private static void ReverseGroups(QuantizedMatrix packed)
    {
        for (int row = 0; row < packed.Rows; row++)
        {
            QuantGrid[] grids = [.. Enumerable.Range(0, packed.GroupCount).Select(group => new QuantGrid(packed.Scale(row, group), packed.Zero(row, group)))];
            for (int group = 0; group < grids.Length; group++)
                packed.SetGrid(row, group, grids[^(group + 1)]);
        }
    }

    private static void ShiftGroups(MutableModel model)
    {
        foreach (Weight weight in model.Model.Linears)
        {
            var packed = (QuantizedMatrix)weight.Panels;
            weight.Store(MutableModel.Repacked(packed, column => Math.Min((column + 1) / packed.GroupSize, packed.GroupCount - 1)));
        }
    }

    private static void SwapNibbles(QuantizedMatrix packed)
    {
        for (int row = 0; row < packed.Rows; row++)
            for (int column = 0; column + 1 < packed.Columns; column += 2)
            {
                int code = packed.Code(row, column);
                packed.SetCode(row, column, packed.Code(row, column + 1));
                packed.SetCode(row, column + 1, code);
            }
    }

    private static void Truncate(MutableModel model)
    {
        foreach (Weight weight in model.Model.Linears)
        {
            using Matrix values = weight.Read();
            EachCode((QuantizedMatrix)weight.Panels, (packed, row, column, code) =>
            {
                int group = packed.GroupOf(column);
                return (int)Math.Clamp(MathF.Floor(values[row, column] / packed.Scale(row, group) + packed.Zero(row, group)), 0, 15);
            });
        }
    }

    private static void DropOutlier(Weight weight)
    {
        var mixed = (MixedColumns)weight.Panels;
        int[] kept = mixed.OutlierColumns[1..].ToArray();
        using var outliers = new Matrix(mixed.Rows, kept.Length);
        for (int row = 0; row < mixed.Rows; row++)
            for (int i = 0; i < kept.Length; i++)
                outliers[row, i] = mixed[row, kept[i]];
        QuantizedMatrix inliers = MutableModel.Repacked(mixed.Inliers);
        for (int row = 0; row < mixed.Rows; row++)
            inliers.SetCode(row, mixed.OutlierColumns[0], (int)inliers.MiddleZero);
        weight.Store(new MixedColumns(inliers, kept, new DensePanels(outliers, NumericFormats.Fp16)), weight.Activations, weight.ActivationScale);
    }

    // w_k += e_j·U_jk in the place of w_k −= e_j·U_jk, on the grids that GPTQ had chosen.
    private static void FlipUpdates(MutableModel model)
    {
        Kernels kernels = model.Model.Kernels;
        foreach ((Weight weight, SquareMatrix hessian) in Hessians(model))
        {
            var packed = (QuantizedMatrix)weight.Panels;
            using Matrix values = weight.Read();
            DampedHessian.RemoveDeadInputs(hessian, values);
            SquareMatrix factor = DampedHessian.Factor(hessian, DampedHessian.DefaultDamping, kernels, static _ => { });
            for (int row = 0; row < factor.Size; row++)
                for (int column = row + 1; column < factor.Size; column++)
                    factor[row, column] = -factor[row, column];
            using var propagation = new ErrorPropagation(values, factor, 128, kernels);
            for (int first = 0; first < values.Columns; first += propagation.BlockSize)
                propagation.RunBlock(first, (row, column, value) =>
                {
                    int group = packed.GroupOf(column);
                    var grid = new QuantGrid(packed.Scale(row, group), packed.Zero(row, group));
                    int code = packed.Format.Encode(value, grid);
                    packed.SetCode(row, column, code);
                    return packed.Format.Decode(code, grid);
                });
        }
    }

    private static List<(Weight Weight, SquareMatrix Hessian)> Hessians(MutableModel model)
    {
        Weight[] linears = [.. model.Model.Linears];
        var sums = linears.ToDictionary(weight => weight, weight => new SquareMatrix(weight.Columns));
        foreach (Weight weight in linears)
            weight.Observer = x => model.Model.Kernels.AddGram(x, sums[weight]);
        foreach (int[] ids in model.Tokens.Sequences)
            model.Model.Logits(ids).Dispose();
        foreach (Weight weight in linears)
        {
            weight.Observer = null;
            sums[weight].Mirror();
        }
        return [.. linears.Select(weight => (weight, sums[weight]))];
    }

    private static void UnfoldScales(MutableModel model)
    {
        foreach (DecoderBlock block in model.Model.Architecture.Blocks)
        {
            LinearGroup group = block.Groups[0];
            Weight weight = group.Weights[0];
            using PanelMatrix scaled = model.Unrounded.StorageOf(weight);
            using Matrix original = weight.Read();
            float[] inverse = [.. Enumerable.Range(0, weight.Columns).Select(column => 1 / MedianRatio(scaled, original, column))];
            group.Source!.Divide(inverse, _ => throw new NotSupportedException("A norm has no linear."));
        }
    }

    // Clipping moves the largest values, never the middle one.
    private static float MedianRatio(PanelMatrix scaled, Matrix original, int column)
    {
        float[] ratios = [.. Enumerable.Range(0, scaled.Rows).Where(row => original[row, column] != 0).Select(row => scaled[row, column] / original[row, column]).Order()];
        return ratios[ratios.Length / 2];
    }

    private static void StaleScales(MutableModel model)
    {
        var blocks = model.Model.Architecture.Blocks;
        for (int i = blocks.Count - 1; i > 0; i--)
            foreach ((Weight weight, Weight other) in blocks[i].Linears.Zip(blocks[i - 1].Linears))
                weight.Exchange(new WeightStorage(weight.Panels, weight.Activations, other.ActivationScale));
    }

    private static DecoderModel QuantizeHead(MutableModel model) => model.Wired(architecture =>
    {
        Weight head = architecture.Head.Untie("lm_head");
        using Matrix values = head.Read();
        head.Store(Rtn.RoundToNearest(values, Recipe.Parse(Int4).Scheme));
        return architecture.WithHead(head);
    });
}
