namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// The cleaning of Google's NMT: without control characters, and with a space for each of a list of blanks and breaks. sentencepiece's nmt_nfkc has it too.
/// </summary>
internal sealed class NmtNormalizer : Normalizer
{
    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text)
    {
        AlignedText kept = text.Filter(point => !IsDropped(point));
        var output = new AlignedText.Builder(kept, kept.Text.Length);
        for (int i = 0; i < kept.Text.Length; i++)
            output.Append(IsBlank(kept.Text[i]) ? ' ' : kept.Text[i], i, i + 1);
        return output.Build();
    }

    private static bool IsDropped(int point) => point is (>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or 0x8F or 0x9F;

    private static bool IsBlank(int point) =>
        point is 0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD;
}
