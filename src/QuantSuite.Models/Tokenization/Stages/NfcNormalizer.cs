using System.Text;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// Unicode's Normalization Form C (UAX #15: decompose, order the marks, compose), from our own table: the runtime's Normalize does nothing in
/// invariant mode. A composed character takes the range of the first of what it was made of, as in Hugging Face tokenizers, whose rule for changed
/// lengths (a character more shares its neighbour's range, characters fewer are passed over) is kept here to the letter.
/// </summary>
internal sealed class NfcNormalizer : Normalizer
{
    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text) =>
        text.Text.EnumerateRunes().Any(rune => CanonicalUnicode.MayCompose(rune.Value)) ? Align(text, Compose(Order(Decompose(text.Text)))) : text;

    /// <summary>
    /// A code point and how the text's length changed with it: 1, added after its neighbour; 0, in place of one character; −n, in place of one, and n
    /// more are gone.
    /// </summary>
    private readonly record struct Change(int Point, int Delta);

    private static List<Change> Decompose(string text)
    {
        var output = new List<Change>(text.Length);
        var points = new List<int>();
        foreach (Rune rune in text.EnumerateRunes())
        {
            points.Clear();
            CanonicalUnicode.Decompose(rune.Value, points);
            for (int i = 0; i < points.Count; i++)
                output.Add(new Change(points[i], i == 0 ? 0 : 1));
        }
        return output;
    }

    // Marks in a row are sorted by class; equal classes keep their order.
    private static List<Change> Order(List<Change> changes)
    {
        for (int start = 0; start < changes.Count; start++)
        {
            int end = start;
            while (end < changes.Count && CanonicalUnicode.CombiningClass(changes[end].Point) != 0)
                end++;
            if (end - start > 1)
            {
                List<Change> sorted = changes.GetRange(start, end - start).OrderBy(change => CanonicalUnicode.CombiningClass(change.Point)).ToList();
                for (int i = start; i < end; i++)
                    changes[i] = sorted[i - start];
            }
            start = Math.Max(start, end - 1);
        }
        return changes;
    }

    private static List<Change> Compose(List<Change> changes)
    {
        var output = new List<Change>(changes.Count);
        int starter = -1, lastClass = -1;
        foreach (Change change in changes)
        {
            int combiningClass = CanonicalUnicode.CombiningClass(change.Point);
            // A mark is blocked from its starter by another of its own or a higher class between them.
            if (starter >= 0 && lastClass < combiningClass && CanonicalUnicode.Compose(output[starter].Point, change.Point) is int composed)
            {
                output[starter] = new Change(composed, output[starter].Delta + change.Delta - 1);
                continue;
            }
            output.Add(change);
            lastClass = combiningClass;
            if (combiningClass == 0)
                (starter, lastClass) = (output.Count - 1, -1);
        }
        return output;
    }

    private static AlignedText Align(AlignedText text, List<Change> changes)
    {
        List<Piece> ranges = Ranges(text);
        var output = new AlignedText.Builder(text.Text.Length);
        int taken = 0;
        foreach (Change change in changes)
        {
            int index = change.Delta > 0 ? taken - 1 : taken;
            Piece range = ranges[Math.Clamp(index, 0, ranges.Count - 1)];
            output.Append(new Rune(change.Point), range.Start, range.End);
            taken += change.Delta > 0 ? 0 : 1 - change.Delta;
        }
        return output.Build();
    }

    private static List<Piece> Ranges(AlignedText text)
    {
        var ranges = new List<Piece>(text.Text.Length);
        int index = 0;
        foreach (Rune rune in text.Text.EnumerateRunes())
        {
            ranges.Add(new Piece(text.Start(index), text.End(index + rune.Utf16SequenceLength - 1)));
            index += rune.Utf16SequenceLength;
        }
        return ranges;
    }
}
