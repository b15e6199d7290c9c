using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>A scheme in the words of recipes, so that <c>file-gptq-int4-g128</c> reads like <c>gptq-int4-g128</c>.</summary>
internal static class SchemeText
{
    /// <summary><c>format[-gN][-sym|-asym]</c>; a group size of -1 (a row) and the format's usual symmetry are left out.</summary>
    public static string Of(NumericFormat format, int groupSize, bool symmetric)
    {
        string group = groupSize > 0 ? $"-g{groupSize}" : "";
        bool usual = format is not IntegerFormat || symmetric == format.Bits >= 8;
        return $"{format.Name}{group}{(usual ? "" : symmetric ? "-sym" : "-asym")}";
    }
}
