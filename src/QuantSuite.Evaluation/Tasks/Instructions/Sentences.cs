using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Tasks.Instructions;

/// <summary>
/// Sentences as the Punkt algorithm finds them (Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary Detection", 2006), which NLTK and so IFEval's
/// checker count. Its rules are the paper's: a period ends a sentence unless the word is an abbreviation, an initial or a number that something in lower
/// case follows; after an abbreviation or an ellipsis only a word that usually stands in lower case and here does not begins another. The reference's
/// tables were learnt from a newspaper corpus; here stand short lists of abbreviations and of words that usually are lower case, so that rare words may
/// be cut otherwise.
/// </summary>
internal static partial class Sentences
{
    private static readonly HashSet<string> Abbreviations = new("""
        a.m adm apr aug ave blvd capt cf cmdr co col corp cos cpl dec dept dist dr e.g feb fla ft ga gen gov hon i.e inc jan jr kan l.a lt ltd maj
        mar messrs mg minn mr mrs ms mt n.c n.j n.y nov oct okla p.m ph.d prof rep rev sen sep sept sgt sr st ste tenn u.k u.n u.s u.s.a va vs vt
        wis
        """.Split((char[])[' ', '\n']), StringComparer.Ordinal);

    // Words that a corpus has mostly in lower case, and that so begin a sentence where they do not.
    private static readonly HashSet<string> Common = new("""
        a about above across after again against all almost along already also although always am among an and another any are around as at be
        because been before being below best better between both but by can could despite did do does during each either enough even ever every
        everyone everything except few finally first five for four from get go good great had has have he hence her here him his how however if in
        inside instead is it its just keep last later less let like little make many may maybe me meanwhile might more most much must my near
        neither never new next no not nothing now of off often on once one only or other otherwise our out outside over overall perhaps please quite
        rather remember same see she should since six so some someone something sometimes soon still such sure take ten than thank thanks that the
        their them then there therefore these they think this those though three through thus to today too toward try two under until up upon us use
        very was we welcome well were what when where whether which while who whose why will with within without would yes yet you your
        """.Split((char[])[' ', '\n']), StringComparer.Ordinal);

    /// <summary>The sentences of a text, in order, without the white space between them.</summary>
    public static IReadOnlyList<string> Split(string text)
    {
        var sentences = new List<string>();
        int start = 0;
        foreach (Match end in PotentialEnd().Matches(text))
            if (end.Index >= start && IsEnd(text, start, end))
            {
                Add(sentences, text[start..(end.Index + end.Length)]);
                start = end.Index + end.Length;
            }
        Add(sentences, text[start..]);
        return sentences;
    }

    // What is left of closing marks goes to the sentence before.
    private static void Add(List<string> sentences, string text)
    {
        string sentence = PythonText.Strip(text);
        int closing = sentences.Count == 0 ? 0 : sentence.Length - sentence.TrimStart('"', '\'', ')', ']', '}').Length;
        if (closing > 0)
            sentences[^1] += sentence[..closing];
        sentence = PythonText.Strip(sentence[closing..]);
        if (sentence.Length > 0)
            sentences.Add(sentence);
    }

    private static bool IsEnd(string text, int start, Match end)
    {
        if (text[end.Index] is '?' or '!')
            return true;
        int first = end.Index;
        while (first > start && !PythonText.IsSpace(text[first - 1]))
            first--;
        string word = text[first..end.Index].TrimStart('(', '"', '\'', '[', '*', '`', '{', '-');
        string next = end.Groups["next"].Value.TrimStart('(', '"', '\'', '[', '*', '`', '“', '{');
        if (word.EndsWith('.') || word.Length == 0)
            return word.Length > 0 && StartsSentence(next); // an ellipsis
        string bare = PythonText.Lower(word);
        bool initial = word.Length == 1 && char.IsLetter(word[0]);
        if (!initial && (Abbreviations.Contains(bare) || Abbreviations.Contains(bare[(bare.LastIndexOf('-') + 1)..])))
            return StartsSentence(next);
        return !(initial || Number().IsMatch(word)) || next.Length == 0 || !(char.IsLower(next[0]) || (initial && char.IsUpper(next[0]) && !StartsSentence(next)));
    }

    private static bool StartsSentence(string next) =>
        next.Length > 0 && char.IsUpper(next[0]) && Common.Contains(PythonText.Lower(string.Concat(next.TakeWhile(char.IsLetter))));

    // A mark that white space follows, closing marks aside.
    [GeneratedRegex("""[.?!](?=["')\]}*]*\s+(?<next>\S+))""")]
    private static partial Regex PotentialEnd();

    [GeneratedRegex(@"^-?[\.,]?[0-9][0-9,\.-]*$")]
    private static partial Regex Number();
}
