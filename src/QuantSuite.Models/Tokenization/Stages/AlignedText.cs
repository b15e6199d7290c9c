using System.Text;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// A text on its way through normalizer and pre-tokenizer, with the range of the original text that each of its UTF-16 units came from. As in
/// Hugging Face tokenizers a unit covers a whole original character, so the four byte tokens of one emoji all have the emoji's range. Where only ids are
/// asked for, ranges are not kept (<see cref="Untracked"/>): that is half of the work.
/// </summary>
internal sealed class AlignedText
{
    private readonly int offset;
    private readonly int[]? starts;
    private readonly int[]? ends;

    private AlignedText(string text, int offset, bool tracked, int[]? starts = null, int[]? ends = null)
    {
        Text = text;
        this.offset = offset;
        IsTracked = tracked;
        this.starts = starts;
        this.ends = ends;
    }

    /// <summary>The text as it stands now.</summary>
    public string Text { get; }

    /// <summary>Whether ranges are kept.</summary>
    public bool IsTracked { get; }

    /// <summary>Whether this text begins where the original does.</summary>
    public bool IsAtStart { get; private init; } = true;

    /// <summary>A part of the original, unchanged, that begins at <paramref name="offset"/>.</summary>
    public static AlignedText Original(string text, int offset = 0) => new(text, offset, tracked: true) { IsAtStart = offset == 0 };

    /// <summary>A part of the original whose ranges nobody will ask for.</summary>
    public static AlignedText Untracked(string text, int offset = 0) => new(text, offset, tracked: false) { IsAtStart = offset == 0 };

    /// <summary>Start in the original of what unit <paramref name="index"/> came from; both units of a surrogate pair begin where the pair begins.</summary>
    public int Start(int index) => starts is not null ? starts[index] : offset + (IsPair(index - 1) ? index - 1 : index);

    /// <summary>End in the original of what unit <paramref name="index"/> came from.</summary>
    public int End(int index) => ends is not null ? ends[index] : offset + index + (IsPair(index) ? 2 : 1);

    /// <summary>Units [<paramref name="start"/>, <paramref name="end"/>) as a text of their own.</summary>
    public AlignedText Slice(int start, int end) => start == 0 && end == Text.Length ? this
        : new(Text[start..end], offset + start, IsTracked, starts?[start..end], ends?[start..end])
        {
            IsAtStart = IsAtStart && (start == 0 || (starts is not null && start < Text.Length && starts[start] == 0)),
        };

    /// <summary>
    /// The text rewritten code point by code point; before the first, <paramref name="removed"/> code points are left out. This is tokenizers'
    /// <c>NormalizedString::transform</c>.
    /// </summary>
    public AlignedText Transform(IEnumerable<TextChange> changes, int removed = 0)
    {
        var output = new Builder(this, Text.Length);
        output.Rewrite(0, Text.Length, changes, removed);
        return output.Build();
    }

    /// <summary>The text without the code points that fail the test.</summary>
    public AlignedText Filter(Func<int, bool> keep)
    {
        var output = new Builder(this, Text.Length);
        int done = 0;
        for (int i = 0; i < Text.Length;)
        {
            int units = IsPair(i) ? 2 : 1;
            if (!keep(units == 2 ? char.ConvertToUtf32(Text[i], Text[i + 1]) : Text[i]))
            {
                output.Copy(done, i);
                done = i + units;
            }
            i += units;
        }
        if (done == 0)
            return this;
        output.Copy(done, Text.Length);
        return output.Build();
    }

    private bool IsPair(int index) => index >= 0 && index + 1 < Text.Length && char.IsSurrogatePair(Text[index], Text[index + 1]);

    /// <summary>Builds a changed text unit by unit, each from a place in the text that it changes.</summary>
    internal sealed class Builder
    {
        private readonly AlignedText source;
        private readonly List<int>? starts;
        private readonly List<int>? ends;
        private char[] units;

        /// <summary>A builder of a text that is to take the place of <paramref name="source"/>.</summary>
        public Builder(AlignedText source, int capacity)
        {
            this.source = source;
            units = new char[Math.Max(capacity, 16)];
            if (source.IsTracked)
                (starts, ends) = (new(capacity), new(capacity));
        }

        /// <summary>Units written so far.</summary>
        public int Length { get; private set; }

        /// <summary>Appends a unit that comes from the source's units [start, end).</summary>
        public void Append(char unit, int start, int end)
        {
            if (Length == units.Length)
                Array.Resize(ref units, Length * 2);
            units[Length++] = unit;
            if (starts is null)
                return;
            starts.Add(source.Start(start));
            ends!.Add(source.End(end - 1));
        }

        /// <summary>Appends a code point that comes from the source's units [start, end).</summary>
        public void Append(Rune rune, int start, int end)
        {
            if (rune.IsBmp)
            {
                Append((char)rune.Value, start, end);
                return;
            }
            Span<char> utf16 = stackalloc char[2];
            foreach (char unit in utf16[..rune.EncodeToUtf16(utf16)])
                Append(unit, start, end);
        }

        /// <summary>Appends text that all comes from the source's units [start, end).</summary>
        public void Append(ReadOnlySpan<char> text, int start, int end)
        {
            foreach (char unit in text)
                Append(unit, start, end);
        }

        /// <summary>Appends the source's units [start, end) as they are.</summary>
        public void Copy(int start, int end)
        {
            if (end - start > units.Length - Length)
                Array.Resize(ref units, Math.Max(units.Length * 2, Length + end - start));
            source.Text.AsSpan(start, end - start).CopyTo(units.AsSpan(Length));
            Length += end - start;
            for (int i = start; i < end && starts is not null; i++)
            {
                starts.Add(source.Start(i));
                ends!.Add(source.End(i));
            }
        }

        /// <summary>Appends the source's units [start, end) as rewritten; before the first change, <paramref name="removed"/> code points are left out.</summary>
        public void Rewrite(int start, int end, IEnumerable<TextChange> changes, int removed = 0)
        {
            // The code point that a change stands for, and the one before it.
            Piece last = new(start, start), current = Following(start, end);
            for (; removed > 0; removed--)
                (last, current) = (current, Following(current.End, end));
            foreach (TextChange change in changes)
            {
                Piece from = change.Delta > 0 ? (last.Length > 0 ? last : current) : current.Length > 0 ? current : last;
                Append(new Rune(change.Point), from.Start, from.End);
                for (int taken = change.Delta > 0 ? 0 : 1 - change.Delta; taken > 0 && current.Length > 0; taken--)
                    (last, current) = (current, Following(current.End, end));
            }
        }

        private Piece Following(int start, int end) => new(start, start >= end ? start : start + (source.IsPair(start) ? 2 : 1));

        /// <summary>The finished text.</summary>
        public AlignedText Build() =>
            new(new string(units, 0, Length), source.offset, source.IsTracked, starts?.ToArray(), ends?.ToArray()) { IsAtStart = source.IsAtStart };
    }
}
