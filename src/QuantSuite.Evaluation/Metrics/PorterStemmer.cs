namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// The Porter stemmer (Porter, "An algorithm for suffix stripping", Program 14.3, 1980) with the amendments that NLTK makes by default
/// (<c>PorterStemmer.NLTK_EXTENSIONS</c>), which rouge_score stems with: sixteen irregular words; <c>dies, died → die</c>; <c>y → i</c> only after
/// a consonant that is not the first letter; <c>-alli</c> before the rest of step 2, which then runs once more; <c>-bli</c>, <c>-fulli</c> and <c>-logi</c>;
/// and a vowel with one consonant takes back its e. A step uses the first of its suffixes that the word ends in and no other, whether or not the stem is
/// long enough. How long a stem is, its measure m, is the number of times that a consonant follows a vowel; all but a, e, i, o, u and a y after a
/// consonant are consonants, digits too.
/// </summary>
internal static class PorterStemmer
{
    private static readonly (string Suffix, string Replacement)[] Plurals = [("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")];

    private static readonly (string Suffix, string Replacement)[] DoubleSuffixes =
    [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"), ("alli", "al"), ("entli", "ent"),
        ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"),
        ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
    ];

    private static readonly (string Suffix, string Replacement)[] SingleSuffixes =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

    private static readonly string[] Endings =
        ["al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize"];

    /// <summary>The stem of a lower-case word; words of one or two letters are their own.</summary>
    public static string Stem(string word)
    {
        if (Irregular(word) is { } stem)
            return stem;
        if (word.Length <= 2)
            return word;
        word = WithoutPastOrProgressive(WithoutPlural(word));
        word = Replace(WithoutDoubleSuffix(WithFinalI(word)), SingleSuffixes, leastMeasure: 1);
        return WithoutFinalDoubleL(WithoutFinalE(WithoutEnding(word)));
    }

    private static string? Irregular(string word) => word switch
    {
        "skies" => "sky",
        "dying" or "lying" or "tying" => word[..1] + "ie",
        "innings" or "outings" or "cannings" => word[..^1],
        "sky" or "news" or "inning" or "outing" or "canning" or "howe" or "proceed" or "exceed" or "succeed" => word,
        _ => null,
    };

    // Step 1a.
    private static string WithoutPlural(string word) =>
        word.Length == 4 && Ends(word, "ies") ? word[..^1] : Replace(word, Plurals, leastMeasure: 0);

    // Step 1b.
    private static string WithoutPastOrProgressive(string word)
    {
        if (Ends(word, "ied"))
            return word.Length == 4 ? word[..^1] : word[..^2];
        if (Ends(word, "eed"))
            return Measure(word[..^3]) > 0 ? word[..^1] : word;
        if (Ends(word, "ed") && HasVowel(word[..^2]))
            return Mended(word[..^2]);
        return Ends(word, "ing") && HasVowel(word[..^3]) ? Mended(word[..^3]) : word;
    }

    // What -ed and -ing leave: conflat(ed) to conflate, hopp(ing) to hop, fil(ing) to file.
    private static string Mended(string stem)
    {
        if (Ends(stem, "at") || Ends(stem, "bl") || Ends(stem, "iz"))
            return stem + "e";
        if (stem.Length >= 2 && stem[^1] == stem[^2] && IsConsonant(stem, stem.Length - 1))
            return stem[^1] is 'l' or 's' or 'z' ? stem : stem[..^1];
        return Measure(stem) == 1 && EndsShort(stem) ? stem + "e" : stem;
    }

    // Step 1c.
    private static string WithFinalI(string word) =>
        word.Length > 2 && word[^1] == 'y' && IsConsonant(word, word.Length - 2) ? word[..^1] + "i" : word;

    // Step 2. The l of -logi counts as part of the stem, so that geo- and theo- are long enough.
    private static string WithoutDoubleSuffix(string word)
    {
        if (Ends(word, "alli") && Measure(word[..^4]) > 0)
            return WithoutDoubleSuffix(word[..^2]);
        if (Ends(word, "logi"))
            return Measure(word[..^3]) > 0 ? word[..^1] : word;
        return Replace(word, DoubleSuffixes, leastMeasure: 1);
    }

    // Step 4.
    private static string WithoutEnding(string word)
    {
        string? ending = Endings.FirstOrDefault(ending => Ends(word, ending));
        if (ending is null || Measure(word[..^ending.Length]) < 2)
            return word;
        string stem = word[..^ending.Length];
        return ending == "ion" && stem[^1] is not ('s' or 't') ? word : stem;
    }

    // Step 5a.
    private static string WithoutFinalE(string word)
    {
        if (word[^1] != 'e')
            return word;
        string stem = word[..^1];
        int measure = Measure(stem);
        return measure > 1 || (measure == 1 && !EndsShort(stem)) ? stem : word;
    }

    // Step 5b.
    private static string WithoutFinalDoubleL(string word) => Ends(word, "ll") && Measure(word[..^1]) > 1 ? word[..^1] : word;

    private static string Replace(string word, (string Suffix, string Replacement)[] rules, int leastMeasure)
    {
        foreach ((string suffix, string replacement) in rules)
            if (Ends(word, suffix))
                return Measure(word[..^suffix.Length]) >= leastMeasure ? word[..^suffix.Length] + replacement : word;
        return word;
    }

    private static int Measure(string stem) => Enumerable.Range(0, stem.Length).Count(i => i > 0 && IsConsonant(stem, i) && !IsConsonant(stem, i - 1));

    private static bool HasVowel(string stem) => Enumerable.Range(0, stem.Length).Any(i => !IsConsonant(stem, i));

    // Consonant, vowel, consonant other than w, x and y; or a vowel and a consonant are the whole stem.
    private static bool EndsShort(string stem)
    {
        int last = stem.Length - 1;
        if (last < 1 || !IsConsonant(stem, last) || IsConsonant(stem, last - 1))
            return false;
        return last == 1 || (IsConsonant(stem, last - 2) && stem[last] is not ('w' or 'x' or 'y'));
    }

    // A run of y's alternates from the letter before it, or from its own first one, a consonant.
    private static bool IsConsonant(string word, int index)
    {
        int run = index;
        while (run > 0 && word[run] == 'y')
            run--;
        bool first = word[run] is not ('a' or 'e' or 'i' or 'o' or 'u');
        return first == ((index - run) % 2 == 0);
    }

    private static bool Ends(string word, string suffix) => word.EndsWith(suffix, StringComparison.Ordinal);
}
