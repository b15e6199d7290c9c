namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Every UTF-8 byte spelled as one character (<see cref="ByteLevelAlphabet"/>), as a normalizer.</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text)
    {
        var respelled = new AlignedText.Builder(text, text.Text.Length);
        ByteLevelAlphabet.Respell(text.Text, 0, text.Text.Length, respelled);
        return respelled.Build();
    }
}
