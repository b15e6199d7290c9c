namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Text in front of every text that is not empty, with the range of its first character.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text)
    {
        if (text.Text.Length == 0)
            return text;
        var output = new AlignedText.Builder(text, text.Text.Length + prefix.Length);
        output.Append(prefix, 0, 1);
        output.Copy(0, text.Text.Length);
        return output.Build();
    }
}
