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
        for (int i = 0; i < text.Text.Length;)
        {
            if (char.IsAscii(text.Text[i]))
            {
                lower.Append(char.ToLowerInvariant(text.Text[i]), i, i + 1);
                i++;
                continue;
            }
            Rune.DecodeFromUtf16(text.Text.AsSpan(i), out Rune rune, out int units);
            lower.Append(rune.Value == CapitalDottedI ? new Rune('i') : Rune.ToLowerInvariant(rune), i, i + units);
            if (rune.Value == CapitalDottedI)
                lower.Append(CombiningDot, i, i + units);
            i += units;
        }
        return lower.Build();
    }
}
