namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Every word is a token, or the unknown one.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, string unknownToken) : TokenModel
{
    private readonly int unknownId = vocabulary.Find(unknownToken)
        ?? throw new TokenizerException($"model.unk_token is '{unknownToken}', which the vocabulary lacks.");

    /// <inheritdoc/>
    protected override Symbol[] Split(ReadOnlySpan<char> word) => [new Symbol(vocabulary.Find(word) ?? unknownId, 0, word.Length)];
}
