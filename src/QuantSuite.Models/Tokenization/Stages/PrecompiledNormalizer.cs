using System.Globalization;
using System.Text;
using QuantSuite.Models.Tokenization.SentencePiece;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// SentencePiece's character map as Hugging Face tokenizers applies it: a grapheme of at most five bytes is replaced as a whole where the map knows
/// its beginning, else each of its characters by itself. (SentencePiece takes the longest match from each place instead.)
/// </summary>
internal sealed class PrecompiledNormalizer(CharacterMap map) : Normalizer
{
    private const int MostGraphemeBytes = 5;

    /// <summary>Reads a <c>Precompiled</c>, its map in base64.</summary>
    public static new PrecompiledNormalizer Read(TokenizerSpec spec)
    {
        string place = $"{spec.Place}.precompiled_charsmap";
        byte[] blob = new byte[spec.String("precompiled_charsmap").Length / 4 * 3 + 3];
        return Convert.TryFromBase64String(spec.String("precompiled_charsmap"), blob, out int count)
            ? new PrecompiledNormalizer(CharacterMap.Parse(blob.AsSpan(0, count), place))
            : throw new TokenizerException($"{place} is not base64. Is the file intact?");
    }

    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text)
    {
        var changes = new List<TextChange>(text.Text.Length);
        bool modified = false;
        for (int at = 0; at < text.Text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text.Text.AsSpan(at));
            ReadOnlySpan<char> grapheme = text.Text.AsSpan(at, length);
            if (Encoding.UTF8.GetByteCount(grapheme) > MostGraphemeBytes || !Replace(grapheme, changes))
                foreach (Rune rune in grapheme.EnumerateRunes())
                    modified |= ReplaceOrKeep(rune, changes);
            else
                modified = true;
            at += length;
        }
        return modified ? text.Transform(changes) : text;
    }

    private bool ReplaceOrKeep(Rune rune, List<TextChange> changes)
    {
        Span<char> units = stackalloc char[2];
        if (Replace(units[..rune.EncodeToUtf16(units)], changes))
            return true;
        changes.Add(new TextChange(rune.Value, 0));
        return false;
    }

    // Characters more than before are counted as added at the end, characters fewer as gone after the last.
    private bool Replace(ReadOnlySpan<char> part, List<TextChange> changes)
    {
        if (map.FindPrefix(part, shortest: true) is not var (replacement, _))
            return false;
        int[] points = replacement.EnumerateRunes().Select(rune => rune.Value).ToArray();
        int oldCount = 0;
        foreach (Rune _ in part.EnumerateRunes())
            oldCount++;
        for (int i = 0; i < points.Length; i++)
            changes.Add(new TextChange(points[i], i >= oldCount ? 1 : 0));
        if (points.Length < oldCount && changes.Count > 0)
            changes[^1] = changes[^1] with { Delta = changes[^1].Delta + points.Length - oldCount };
        return true;
    }
}
