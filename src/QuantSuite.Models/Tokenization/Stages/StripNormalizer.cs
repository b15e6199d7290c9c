namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Without white space at the text's ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text)
    {
        int start = 0, end = text.Text.Length;
        while (left && start < end && char.IsWhiteSpace(text.Text[start]))
            start++;
        while (right && end > start && char.IsWhiteSpace(text.Text[end - 1]))
            end--;
        return text.Slice(start, end);
    }
}
