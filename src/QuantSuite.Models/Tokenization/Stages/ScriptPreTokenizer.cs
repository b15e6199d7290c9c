using QuantSuite.Models.Tokenization.Patterns;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Cuts where the script changes; kana count as Han, and a space (or a character without script) belongs to what is around it.</summary>
internal sealed class ScriptPreTokenizer : PreTokenizer
{
    private const int Any = 0, ProlongedSoundMark = 0x30FC;
    private static readonly int Han = UnicodeScripts.Find("Han")!.Value;
    private static readonly int Hiragana = UnicodeScripts.Find("Hiragana")!.Value;
    private static readonly int Katakana = UnicodeScripts.Find("Katakana")!.Value;

    /// <inheritdoc/>
    public override SplitText Apply(SplitText text)
    {
        var pieces = new List<Piece>(text.Pieces.Count);
        foreach (Piece piece in text.Pieces)
            Cut(text.Text, piece, pieces);
        return text with { Pieces = pieces };
    }

    // As in the reference nothing is kept before the first character that has a script.
    private static void Cut(string text, Piece piece, List<Piece> pieces)
    {
        int? last = null, start = null;
        for (int i = piece.Start; i < piece.End;)
        {
            int units = UnicodePattern.UnitsAt(text, i);
            int script = ScriptOf(units == 2 ? char.ConvertToUtf32(text[i], text[i + 1]) : text[i]);
            if (script != Any && last != script)
            {
                if (start is int from)
                    pieces.Add(new Piece(from, i));
                start = i;
            }
            if (script != Any)
                last = script;
            i += units;
        }
        if (start is int rest)
            pieces.Add(new Piece(rest, piece.End));
    }

    private static int ScriptOf(int point)
    {
        if (point is ' ' or ProlongedSoundMark)
            return point == ' ' ? Any : Han;
        int script = UnicodeScripts.Of(point);
        return script == Hiragana || script == Katakana ? Han : script;
    }
}
