using System.Text;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Changes the text before it is cut. The <c>normalizer</c> of a tokenizer.json.</summary>
internal abstract class Normalizer
{
    /// <summary>The changed text, still aligned with the original.</summary>
    public abstract AlignedText Apply(AlignedText text);

    /// <summary>The normalizer that a tokenizer.json describes.</summary>
    public static Normalizer Read(TokenizerSpec spec) => spec.Type switch
    {
        "Sequence" => new SequenceNormalizer(spec.Array("normalizers").Select(Read).ToList()),
        "NFC" => new NfcNormalizer(),
        "Lowercase" => new LowercaseNormalizer(),
        _ => throw spec.Unsupported("normalizer", "Sequence, NFC, Lowercase"),
    };
}

/// <summary>One after the other.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<Normalizer> steps) : Normalizer
{
    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text) => steps.Aggregate(text, (current, step) => step.Apply(current));
}

/// <summary>Lower case, character by character (no final sigma), İ to i and a combining dot.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    private const int CapitalDottedI = 0x130;
    private const char CombiningDot = '\u0307';

    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text)
    {
        var lower = new AlignedText.Builder(text.Text.Length);
        int index = 0;
        foreach (Rune rune in text.Text.EnumerateRunes())
        {
            int start = text.Start(index), end = text.End(index + rune.Utf16SequenceLength - 1);
            lower.Append(rune.Value == CapitalDottedI ? new Rune('i') : Rune.ToLowerInvariant(rune), start, end);
            if (rune.Value == CapitalDottedI)
                lower.Append(CombiningDot, start, end);
            index += rune.Utf16SequenceLength;
        }
        return lower.Build();
    }
}
