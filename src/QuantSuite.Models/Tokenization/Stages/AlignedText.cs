using System.Text;

namespace QuantSuite.Models.Tokenization;

/// <summary>
/// A text on its way through normalizer and pre-tokenizer, with the range of the original text that each of its UTF-16 units came from. As in
/// Hugging Face tokenizers a unit covers a whole original character, so the four byte tokens of one emoji all have the emoji's range.
/// </summary>
internal sealed class AlignedText
{
    private readonly int offset;
    private readonly int[]? starts;
    private readonly int[]? ends;

    private AlignedText(string text, int offset, int[]? starts = null, int[]? ends = null)
    {
        Text = text;
        this.offset = offset;
        this.starts = starts;
        this.ends = ends;
    }

    /// <summary>The text as it stands now.</summary>
    public string Text { get; }

    /// <summary>A part of the original, unchanged, that begins at <paramref name="offset"/>.</summary>
    public static AlignedText Original(string text, int offset = 0) => new(text, offset);

    /// <summary>Start in the original of what unit <paramref name="index"/> came from; both units of a surrogate pair begin where the pair begins.</summary>
    public int Start(int index) => starts is not null ? starts[index] : offset + (IsPair(index - 1) ? index - 1 : index);

    /// <summary>End in the original of what unit <paramref name="index"/> came from.</summary>
    public int End(int index) => ends is not null ? ends[index] : offset + index + (IsPair(index) ? 2 : 1);

    /// <summary>Units [<paramref name="start"/>, <paramref name="end"/>) as a text of their own.</summary>
    public AlignedText Slice(int start, int end) =>
        start == 0 && end == Text.Length ? this : new(Text[start..end], offset + start, starts?[start..end], ends?[start..end]);

    private bool IsPair(int index) => index >= 0 && index + 1 < Text.Length && char.IsSurrogatePair(Text[index], Text[index + 1]);

    /// <summary>Builds a changed text piece by piece.</summary>
    internal sealed class Builder(int capacity)
    {
        private readonly StringBuilder text = new(capacity);
        private readonly List<int> starts = new(capacity);
        private readonly List<int> ends = new(capacity);

        /// <summary>Units written so far.</summary>
        public int Length => starts.Count;

        /// <summary>Appends a unit that came from the original's [start, end).</summary>
        public void Append(char unit, int start, int end)
        {
            text.Append(unit);
            starts.Add(start);
            ends.Add(end);
        }

        /// <summary>Appends a code point that came from the original's [start, end).</summary>
        public void Append(Rune rune, int start, int end)
        {
            Span<char> units = stackalloc char[2];
            foreach (char unit in units[..rune.EncodeToUtf16(units)])
                Append(unit, start, end);
        }

        /// <summary>The finished text.</summary>
        public AlignedText Build() => new(text.ToString(), 0, starts.ToArray(), ends.ToArray());
    }
}
