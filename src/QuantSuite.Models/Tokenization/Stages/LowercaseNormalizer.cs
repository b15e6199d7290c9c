using System.Text;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Lower case, character by character (no final sigma), İ to i and a combining dot.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    private const int CapitalDottedI = 0x130;
    private const char CombiningDot = '\u0307';

    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text)
    {
        var lower = new AlignedText.Builder(text, text.Text.Length);
        int index = 0;
        foreach (Rune rune in text.Text.EnumerateRunes())
        {
            int end = index + rune.Utf16SequenceLength;
            lower.Append(rune.Value == CapitalDottedI ? new Rune('i') : Rune.ToLowerInvariant(rune), index, end);
            if (rune.Value == CapitalDottedI)
                lower.Append(CombiningDot, index, end);
            index = end;
        }
        return lower.Build();
    }
}
