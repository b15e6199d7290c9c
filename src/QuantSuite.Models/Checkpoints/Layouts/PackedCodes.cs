using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>Gives the codes of one row, [columns] bytes.</summary>
internal delegate void CodeRow(int row, Span<byte> codes);

/// <summary>Where what layouts read becomes panels.</summary>
internal static class PackedCodes
{
    /// <summary>Fills a matrix with codes, row by row; disposes it where that fails.</summary>
    public static QuantizedMatrix Fill(this QuantizedMatrix matrix, CodeRow codes)
    {
        try
        {
            var row = new byte[matrix.Columns];
            for (int i = 0; i < matrix.Rows; i++)
            {
                codes(i, row);
                matrix.SetCodes(i, row);
            }
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <summary>Fills the numbers of groups.</summary>
    /// <param name="number">(row, group) to the number.</param>
    public static T Fill<T>(this T values, Func<int, int, float> number) where T : GroupValues
    {
        for (int row = 0; row < values.Rows; row++)
            for (int group = 0; group < values.GroupCount; group++)
                values[row, group] = number(row, group);
        return values;
    }

    /// <summary>How scales of a safetensors type are held.</summary>
    public static ScaleFormat ScaleFormatOf(string type) => type switch { "F16" => ScaleFormat.Fp16, "BF16" => ScaleFormat.Bf16, _ => ScaleFormat.Fp32 };
}
