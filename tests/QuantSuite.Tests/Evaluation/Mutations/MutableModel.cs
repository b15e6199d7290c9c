using QuantSuite.Models;
using QuantSuite.Models.Families;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Tests.Evaluation.Mutations;

/// <summary>A quantized model, and what faults need to reach into it.</summary>
/// <param name="Model">The model.</param>
/// <param name="Unrounded">The values that its recipe rounded.</param>
/// <param name="Tokens">What it was calibrated on.</param>
public sealed record MutableModel(DecoderModel Model, UnroundedValues Unrounded, CalibrationTokens Tokens)
{
    /// <summary>A linear by the end of its name, e.g. <c>1.mlp.up_proj</c>.</summary>
    public Weight Linear(string name) => Model.Linears.Single(weight => weight.Name.EndsWith($".{name}", StringComparison.Ordinal));

    /// <summary>The codes of a linear.</summary>
    public QuantizedMatrix Packed(string name) => (QuantizedMatrix)Linear(name).Panels;

    /// <summary>The model after a change in place.</summary>
    public DecoderModel With(Action<MutableModel> change)
    {
        change(this);
        return Model;
    }

    /// <summary>The same weights in other wiring.</summary>
    public DecoderModel Wired(Func<Architecture, Architecture> change) =>
        new(Model.Name, change(Model.Architecture), Model.Kernels, () => Model.Tokenizer, () => Model.Identity, Model.Checkpoint)
        {
            KeyValueFormat = Model.KeyValueFormat,
            KeyValueGroup = Model.KeyValueGroup,
        };

    /// <summary>The same blocks, with something done before each of them; where it says so the block is left out.</summary>
    public DecoderModel Before(Func<int, ForwardContext, bool> runs) => Wired(architecture => architecture with
    {
        Blocks = [.. architecture.Blocks.Select((block, i) => new WatchedBlock(block, context => runs(i, context)))],
    });

    /// <summary>Codes and grids of a matrix, packed once more; columns may be given to other groups.</summary>
    public static QuantizedMatrix Repacked(QuantizedMatrix packed, Func<int, int>? groupOf = null)
    {
        var grids = new QuantGrid[packed.Rows * packed.GroupCount];
        var codes = new byte[packed.Rows * packed.Columns];
        for (int row = 0; row < packed.Rows; row++)
        {
            for (int group = 0; group < packed.GroupCount; group++)
                grids[row * packed.GroupCount + group] = new QuantGrid(packed.Scale(row, group), packed.Zero(row, group));
            for (int column = 0; column < packed.Columns; column++)
                codes[row * packed.Columns + column] = (byte)packed.Code(row, column);
        }
        int[] groups = groupOf is null ? [] : [.. Enumerable.Range(0, packed.Columns).Select(groupOf)];
        return QuantizedMatrix.Pack(packed.Rows, packed.Columns, packed.Format, packed.GroupSize, packed.IsSymmetric, grids, codes, groups);
    }

    private sealed class WatchedBlock(DecoderBlock inner, Func<ForwardContext, bool> runs) : DecoderBlock
    {
        public override IReadOnlyList<LinearGroup> Groups => inner.Groups;

        public override void Forward(ForwardContext context, Matrix hidden)
        {
            if (runs(context))
                inner.Forward(context, hidden);
        }
    }
}
