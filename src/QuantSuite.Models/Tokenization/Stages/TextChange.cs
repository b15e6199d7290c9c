namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// A code point of a changed text and how the text's length changed with it: 1, added after its neighbour, whose range it shares; 0, in place of one
/// character; −n, in place of one, and n more after it are gone.
/// </summary>
internal readonly record struct TextChange(int Point, int Delta);
