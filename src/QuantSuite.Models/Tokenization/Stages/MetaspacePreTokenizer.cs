using QuantSuite.Models.Tokenization.Patterns;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Whether a piece that begins with no space gets one in front.</summary>
internal enum PrependScheme
{
    /// <summary>Every piece.</summary>
    Always,

    /// <summary>The piece at the beginning of the text.</summary>
    First,

    /// <summary>None.</summary>
    Never,
}

/// <summary>Spaces become ▁ (or another character), one is put in front where the scheme says so, and the text is cut before each of them.</summary>
internal sealed class MetaspacePreTokenizer(char replacement, PrependScheme scheme, bool split) : PreTokenizer
{
    private readonly SplitPreTokenizer cut = new(UnicodePattern.Literal(replacement.ToString()), SplitBehavior.MergedWithNext);

    /// <summary>Reads a <c>Metaspace</c>; the older <c>add_prefix_space</c> false means Never.</summary>
    public static new MetaspacePreTokenizer Read(TokenizerSpec spec)
    {
        (char replacement, PrependScheme scheme) = ReadScheme(spec);
        return new MetaspacePreTokenizer(replacement, scheme, spec.Bool("split", true));
    }

    /// <summary>What pre-tokenizer and decoder read alike.</summary>
    public static (char Replacement, PrependScheme Scheme) ReadScheme(TokenizerSpec spec)
    {
        PrependScheme scheme = spec.OptionalString("prepend_scheme") switch
        {
            null => spec.Bool("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never,
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            string other => throw new UnsupportedTokenizerException($"{spec.Place}.prepend_scheme is '{other}', expected always, first or never."),
        };
        string replacement = spec.Character("replacement");
        return replacement.Length == 1 ? (replacement[0], scheme)
            : throw new UnsupportedTokenizerException($"{spec.Place}.replacement is '{replacement}'; only characters of the basic plane are supported yet.");
    }

    /// <inheritdoc/>
    public override SplitText Apply(SplitText text)
    {
        var output = new AlignedText.Builder(text.Aligned, text.Text.Length + text.Pieces.Count);
        var pieces = new List<Piece>(text.Pieces.Count);
        foreach (Piece piece in text.Pieces)
        {
            int start = output.Length;
            if (TakesPrefix(text, piece))
                output.Append(replacement, piece.Start, piece.Start + 1);
            for (int i = piece.Start; i < piece.End; i++)
                output.Append(text.Text[i] == ' ' ? replacement : text.Text[i], i, i + 1);
            pieces.Add(new Piece(start, output.Length));
        }
        var spaced = new SplitText(output.Build(), pieces);
        return split ? cut.Apply(spaced) : spaced;
    }

    private bool TakesPrefix(SplitText text, Piece piece) => piece.Length > 0 && text.Text[piece.Start] is char first && first != ' ' && first != replacement
        && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.Start == 0 && text.Aligned.IsAtStart));
}
