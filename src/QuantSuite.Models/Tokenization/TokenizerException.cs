namespace QuantSuite.Models.Tokenization;

/// <summary>A tokenizer definition that cannot be used; the message says what, got, expected, remedy.</summary>
public class TokenizerException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A well-formed definition with a part that is not implemented. It is refused: ids that are almost right spoil every number in silence.</summary>
public sealed class UnsupportedTokenizerException(string message) : TokenizerException(message);
