using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// The experts of gpt-oss: <c>name_blocks</c> u8 [experts, out, in/32, 16], E2M1 codes, low nibble first, and <c>name_scales</c> u8 [experts, out, in/32], powers of two
/// 2^(byte − 127). Read for a family that has experts; none has yet.
/// </summary>
internal static class GptOssExperts
{
    private const int BlockLength = 32;

    /// <summary>The codes of one expert [out, in].</summary>
    /// <param name="name">The tensors' name without <c>_blocks</c> and <c>_scales</c>, e.g. <c>model.layers.0.mlp.experts.down_proj</c>.</param>
    /// <exception cref="CheckpointException">A tensor is missing, or shapes disagree.</exception>
    public static QuantizedMatrix Read(Checkpoint checkpoint, string name, int expert)
    {
        StoredTensor blocks = checkpoint.Stored($"{name}_blocks"), scales = checkpoint.Stored($"{name}_scales");
        if (blocks.Info.Shape is not [var experts, var rows, var groups, BlockLength / 2] || blocks.Info.Type != "U8" || scales.Info.Type != "U8"
            || !scales.Info.Shape.SequenceEqual([experts, rows, groups]) || expert < 0 || expert >= experts || rows < 1 || rows > int.MaxValue || groups < 1 || groups > int.MaxValue / BlockLength)
            throw new CheckpointException(CheckpointFlaw.Shape, $"{checkpoint.Path}: expert {expert} of '{name}': blocks are {blocks.Info.Type} [{blocks.Info.ShapeText}], " +
                $"scales {scales.Info.Type} [{scales.Info.ShapeText}]; expected U8 [experts, out, in/32, 16] and U8 [experts, out, in/32]. Fetch the file again.");
        int columns = (int)groups * BlockLength, rowBytes = columns / 2;
        var exponents = ByteValues.PowersOfTwo((int)rows, (int)groups);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<byte> stored = scales.Bytes((expert * rows + row) * groups, groups);
            for (int group = 0; group < groups; group++)
                exponents.SetCode(row, group, stored[group]);
        }
        return new QuantizedMatrix((int)rows, columns, NumericFormats.Mxfp4, BlockLength, exponents).Fill((row, codes) =>
        {
            ReadOnlySpan<byte> pairs = blocks.Bytes((expert * rows + row) * rowBytes, rowBytes);
            for (int column = 0; column < columns; column++)
                codes[column] = (byte)(pairs[column / 2] >> column % 2 * 4 & 15);
        });
    }
}
