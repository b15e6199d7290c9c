using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// GPTQ's packing, as AutoGPTQ and GPTQModel write it: <c>qweight</c> int32 [in·bits/32, out], a bit stream down each column; <c>qzeros</c> int32
/// [groups, out·bits/32], a bit stream along each row; <c>scales</c> [groups, out]; <c>g_idx</c> int32 [in], the group of each input. value = (code − zero)·scale.
/// Format <c>gptq</c> (v1) stores zero − 1, <c>gptq_v2</c> the zero itself.
/// </summary>
/// <remarks>A v1 zero of 0 is stored as all ones, and readers disagree on it (AutoGPTQ takes 2ᵇ or 0, GPTQModel carries into the next field), so it is refused.</remarks>
internal sealed class GptqLayout : QuantizedLayout
{
    private readonly int bits;
    private readonly int groupSize;
    private readonly bool symmetric;
    private readonly bool actOrder;
    private readonly bool storesZeroLessOne;

    /// <summary>The layout that <c>quantization_config</c> (or a quantize_config.json) describes.</summary>
    public GptqLayout(ModelConfig settings)
    {
        bits = settings.Int("bits");
        if (bits is not (2 or 3 or 4 or 8))
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: gptq with {bits} bits cannot be read; expected 2, 3, 4 or 8.");
        groupSize = settings.Int("group_size", -1);
        if (groupSize is < -1 or 0)
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: gptq has group_size {groupSize}; expected a number of columns, or -1 for one group a row.");
        symmetric = settings.Bool("sym", true);
        actOrder = settings.Bool("desc_act", false);
        string format = settings.String("checkpoint_format", "gptq");
        storesZeroLessOne = format switch
        {
            "gptq" => true,
            "gptq_v2" => false,
            _ => throw new CheckpointException(CheckpointFlaw.Field, $"config.json: checkpoint_format '{format}' of gptq cannot be read; there are: gptq, gptq_v2. Convert it with GPTQModel."),
        };
        if (settings.Object("dynamic")?.Root.EnumerateObject().Any() == true)
            throw new CheckpointException(CheckpointFlaw.Field, "config.json: gptq with 'dynamic' bits by module cannot be read; expected the same bits everywhere.");
    }

    /// <inheritdoc/>
    public override string Scheme => "gptq-" + SchemeText.Of(NumericFormats.Int(bits), groupSize, symmetric) + (actOrder ? "-actorder" : "");

    /// <inheritdoc/>
    public override FiledCodes? Find(Checkpoint checkpoint, string name, int rows, int columns)
    {
        var tensors = new LinearTensors(checkpoint, name, rows, columns);
        if (!tensors.Has("qweight"))
            return null;
        int group = groupSize == -1 ? columns : groupSize, groups = (columns + group - 1) / group;
        if ((long)columns * bits % 32 != 0 || (long)rows * bits % 32 != 0)
            throw tensors.Wrong(CheckpointFlaw.Shape, "qweight", $"packs a weight [{rows}, {columns}] of {bits} bits", "sizes that fill whole 32-bit words");
        tensors.Require("qweight", "I32", $"in·{bits}/32, out", (long)columns * bits / 32, rows);
        tensors.Require("qzeros", "I32", $"groups of {group}, out·{bits}/32", groups, (long)rows * bits / 32);
        tensors.RequireFloats("scales", $"groups of {group}, out", groups, rows);
        if (tensors.Has("g_idx") || actOrder)
            tensors.Require("g_idx", "I32", "in", columns);
        tensors.ClaimZeroBias();
        return new FiledCodes(() => Pack(tensors, group, groups), tensors.Names);
    }

    private QuantizedMatrix Pack(LinearTensors tensors, int group, int groups)
    {
        int[] groupOf = tensors.Has("g_idx") ? tensors.ReadGroups("g_idx", groups) : [];
        int[,] zeros = Zeros(tensors, groups);
        bool middle = zeros.Cast<int>().All(zero => zero == 1 << (bits - 1)), ordered = !groupOf.Where((index, column) => index != column / group).Any();
        FloatValues scales = tensors.ReadScales("scales", groups, (row, index) => index * tensors.Rows + row);
        ByteValues? stored = middle ? null : ByteValues.Integers(tensors.Rows, groups).Fill((row, index) => zeros[index, row]);
        return new QuantizedMatrix(tensors.Rows, tensors.Columns, NumericFormats.Int(bits), group, scales, stored, null, ordered ? [] : groupOf).Fill((row, codes) =>
        {
            var words = new BitFields(tensors.Words("qweight"), tensors.Rows, bits);
            for (int column = 0; column < codes.Length; column++)
                codes[column] = (byte)words[row, column];
        });
    }

    private int[,] Zeros(LinearTensors tensors, int groups)
    {
        var zeros = new int[groups, tensors.Rows];
        var words = new BitFields(tensors.Words("qzeros"), 1, bits);
        long wordsOfGroup = (long)tensors.Rows * bits / 32;
        int middle = 1 << (bits - 1), last = (1 << bits) - 1, stored = 0;
        bool same = true;
        for (int group = 0; group < groups; group++)
            for (int row = 0; row < tensors.Rows; row++)
            {
                int field = words[group * wordsOfGroup, row];
                same &= group + row == 0 || field == stored;
                stored = field;
                if (storesZeroLessOne && field == last)
                    throw tensors.Wrong(CheckpointFlaw.Other, "qzeros", $"has a stored zero point of {last} (group {group}, output {row}), which in gptq v1 stands for 0 or {last + 1}, as readers disagree",
                        $"at most {last - 1}, or checkpoint_format gptq_v2: convert it with GPTQModel");
                zeros[group, row] = storesZeroLessOne ? field + 1 : field;
            }
        if (symmetric && same && stored == (storesZeroLessOne ? middle : middle - 1))
            throw tensors.Wrong(CheckpointFlaw.Other, "qzeros", $"stores {stored} for every zero point of a symmetric grid, as {(storesZeroLessOne ? "gptq_v2" : "gptq (v1)")} does",
                $"{(storesZeroLessOne ? middle - 1 : middle)} in checkpoint_format {(storesZeroLessOne ? "gptq" : "gptq_v2")}; correct checkpoint_format in config.json");
        return zeros;
    }
}
