using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// AWQ's GEMM packing, as AutoAWQ writes it: <c>qweight</c> int32 [in, out/8], <c>qzeros</c> int32 [groups, out/8], <c>scales</c> [groups, out]. Nibble k of a word
/// belongs to output 8j + (0 2 4 6 1 3 5 7)[k]. value = (code − zero)·scale.
/// </summary>
internal sealed class AwqLayout : QuantizedLayout
{
    /// <summary>Outputs of a word.</summary>
    public const int PerWord = 8;

    private readonly int groupSize;

    /// <summary>The layout that <c>quantization_config</c> describes.</summary>
    public AwqLayout(ModelConfig settings)
    {
        if (settings.Int("bits") is var bits and not 4)
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: awq with {bits} bits cannot be read; expected 4.");
        if (settings.String("version", "gemm") is var version && !version.Equals("gemm", StringComparison.OrdinalIgnoreCase))
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: awq of version '{version}' cannot be read; expected gemm. Convert it with AutoAWQ.");
        groupSize = settings.Int("group_size", 128);
        if (groupSize is < -1 or 0)
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: awq has group_size {groupSize}; expected a number of columns, or -1 for one group a row.");
    }

    /// <inheritdoc/>
    public override string Scheme => "awq-" + SchemeText.Of(NumericFormats.Int(4), groupSize, symmetric: false);

    /// <summary>The bit where the code of an output begins in its word.</summary>
    public static int Shift(int row) => (row % 2 * 4 + row % PerWord / 2) * 4;

    /// <inheritdoc/>
    public override FiledCodes? Find(Checkpoint checkpoint, string name, int rows, int columns)
    {
        var tensors = new LinearTensors(checkpoint, name, rows, columns);
        if (!tensors.Has("qweight"))
            return null;
        int group = groupSize == -1 ? columns : groupSize, groups = (columns + group - 1) / group;
        if (rows % PerWord != 0)
            throw tensors.Wrong(CheckpointFlaw.Shape, "qweight", $"packs {rows} outputs", $"a multiple of {PerWord}");
        tensors.Require("qweight", "I32", "in, out/8", columns, rows / PerWord);
        tensors.Require("qzeros", "I32", $"groups of {group}, out/8", groups, rows / PerWord);
        tensors.RequireFloats("scales", $"groups of {group}, out", groups, rows);
        tensors.ClaimZeroBias();
        return new FiledCodes(() => Pack(tensors, group), tensors.Names);
    }

    private static QuantizedMatrix Pack(LinearTensors tensors, int group)
    {
        int rows = tensors.Rows, words = rows / PerWord;
        int Zero(int row, int index) => (int)(tensors.Words("qzeros")[index * words + row / PerWord] >> Shift(row)) & 15;
        int groups = (tensors.Columns + group - 1) / group;
        FloatValues scales = tensors.ReadScales("scales", groups, (row, index) => index * rows + row);
        ByteValues zeros = ByteValues.Integers(rows, groups).Fill((row, index) => Zero(row, index));
        return new QuantizedMatrix(rows, tensors.Columns, NumericFormats.Int(4), group, scales, zeros).Fill((row, codes) =>
        {
            ReadOnlySpan<uint> packed = tensors.Words("qweight");
            for (int column = 0; column < codes.Length; column++)
                codes[column] = (byte)(packed[column * words + row / PerWord] >> Shift(row) & 15);
        });
    }
}
