namespace QuantSuite.Models.Tokenization;

/// <summary>Text to token ids and back, equal to the reference tokenizer of the checkpoint to the id.</summary>
public abstract class Tokenizer
{
    /// <summary>Number of ids, added tokens counted.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>Beginning-of-text token as the checkpoint declares it, or null.</summary>
    public abstract int? BosId { get; }

    /// <summary>End-of-text token as the checkpoint declares it, or null.</summary>
    public abstract int? EosId { get; }

    /// <summary>SHA-256 over the tokenizer's definition, lower-case hex.</summary>
    public abstract string ContentHash { get; }

    /// <summary>
    /// Ids of a text. Special tokens written in the text are recognized; with <paramref name="addSpecial"/> the post-processor's tokens (such as BOS)
    /// are added.
    /// </summary>
    public abstract int[] Encode(string text, bool addSpecial = true);

    /// <summary>Ids with the half-open range of UTF-16 positions of the text that each one covers.</summary>
    public abstract IReadOnlyList<Token> EncodeWithOffsets(string text, bool addSpecial = true);

    /// <summary>Text of ids; incomplete UTF-8 becomes U+FFFD.</summary>
    public abstract string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true);

    /// <summary>Whether an id is a special (control) token.</summary>
    public abstract bool IsSpecial(int id);
}

/// <summary>A token and the UTF-16 range [<paramref name="Start"/>, <paramref name="End"/>) that it covers.</summary>
public readonly record struct Token(int Id, int Start, int End);
