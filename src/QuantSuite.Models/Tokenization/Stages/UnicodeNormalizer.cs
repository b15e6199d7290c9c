using System.Text;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// Unicode's normalization forms (UAX #15: decompose, order the marks, for the C forms compose), from our own table: the runtime's Normalize does
/// nothing in invariant mode, and its Unicode version is the platform's. A composed character takes the range of the first of what it was made of, as in
/// Hugging Face tokenizers, whose rule for changed lengths is kept here to the letter (<see cref="TextChange"/>).
/// </summary>
internal sealed class UnicodeNormalizer(bool compose, bool compatibility) : Normalizer
{
    /// <summary>Canonical composition.</summary>
    public static UnicodeNormalizer Nfc { get; } = new(compose: true, compatibility: false);

    /// <summary>Canonical decomposition.</summary>
    public static UnicodeNormalizer Nfd { get; } = new(compose: false, compatibility: false);

    /// <summary>Compatibility composition.</summary>
    public static UnicodeNormalizer Nfkc { get; } = new(compose: true, compatibility: true);

    /// <summary>Compatibility decomposition.</summary>
    public static UnicodeNormalizer Nfkd { get; } = new(compose: false, compatibility: true);

    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text)
    {
        AlignedText.Builder? output = null;
        int done = 0;
        foreach (Piece run in Runs(text.Text))
        {
            if (IsNormalized(text.Text.AsSpan(run.Start, run.Length)))
                continue;
            List<TextChange> changes = Order(Decompose(text.Text.AsSpan(run.Start, run.Length)));
            output ??= new AlignedText.Builder(text, text.Text.Length);
            output.Copy(done, run.Start);
            output.Rewrite(run.Start, run.End, compose ? Compose(changes) : changes);
            done = run.End;
        }
        if (output is null)
            return text;
        output.Copy(done, text.Text.Length);
        return output.Build();
    }

    // Other than ASCII, with the ASCII character before it, which a mark may compose with. What lies between stays as it is in every form.
    private static IEnumerable<Piece> Runs(string text)
    {
        for (int end = 0; end < text.Length;)
        {
            int start = text.AsSpan(end).IndexOfAnyExceptInRange('\0', '\u007F');
            if (start < 0)
                yield break;
            start += end;
            int rest = text.AsSpan(start).IndexOfAnyInRange('\0', '\u007F');
            int first = Math.Max(start - 1, end);
            end = rest < 0 ? text.Length : start + rest;
            yield return new Piece(first, end);
        }
    }

    private bool IsNormalized(ReadOnlySpan<char> run)
    {
        if (!compose || compatibility)
            return false;
        foreach (Rune rune in run.EnumerateRunes())
            if (NormalizationTable.MayCompose(rune.Value))
                return false;
        return true;
    }

    private List<TextChange> Decompose(ReadOnlySpan<char> text)
    {
        var output = new List<TextChange>(text.Length);
        var points = new List<int>();
        foreach (Rune rune in text.EnumerateRunes())
        {
            points.Clear();
            NormalizationTable.Decompose(rune.Value, compatibility, points);
            for (int i = 0; i < points.Count; i++)
                output.Add(new TextChange(points[i], i == 0 ? 0 : 1));
        }
        return output;
    }

    // Marks in a row are sorted by class; equal classes keep their order.
    private static List<TextChange> Order(List<TextChange> changes)
    {
        for (int start = 0; start < changes.Count; start++)
        {
            int end = start;
            while (end < changes.Count && NormalizationTable.CombiningClass(changes[end].Point) != 0)
                end++;
            if (end - start > 1)
            {
                List<TextChange> sorted = changes.GetRange(start, end - start).OrderBy(change => NormalizationTable.CombiningClass(change.Point)).ToList();
                for (int i = start; i < end; i++)
                    changes[i] = sorted[i - start];
            }
            start = Math.Max(start, end - 1);
        }
        return changes;
    }

    private static List<TextChange> Compose(List<TextChange> changes)
    {
        var output = new List<TextChange>(changes.Count);
        int starter = -1, lastClass = -1;
        foreach (TextChange change in changes)
        {
            int combiningClass = NormalizationTable.CombiningClass(change.Point);
            // A mark is blocked from its starter by another of its own or a higher class between them.
            if (starter >= 0 && lastClass < combiningClass && NormalizationTable.Compose(output[starter].Point, change.Point) is int composed)
            {
                output[starter] = new TextChange(composed, output[starter].Delta + change.Delta - 1);
                continue;
            }
            output.Add(change);
            lastClass = combiningClass;
            if (combiningClass == 0)
                (starter, lastClass) = (output.Count - 1, -1);
        }
        return output;
    }
}
