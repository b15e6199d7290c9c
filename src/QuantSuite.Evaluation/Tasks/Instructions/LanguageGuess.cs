using System.Globalization;
using System.Text;

namespace QuantSuite.Evaluation.Tasks.Instructions;

/// <summary>
/// The language that most of a text is in, among the 30 that IFEval asks for: by script, and within a script by frequent words and letters of one language
/// alone. IFEval's checker uses the langdetect package (naive Bayes over letter n-grams of Wikipedia), which guesses oddly on short and upper-case text;
/// this is no port of it.
/// </summary>
public static class LanguageGuess
{
    // First of each range, last, language; a script that one language of the list has to itself.
    private static readonly (int First, int Last, string Language)[] Scripts =
    [
        (0x0980, 0x09FF, "bn"), (0x0A00, 0x0A7F, "pa"), (0x0A80, 0x0AFF, "gu"), (0x0B80, 0x0BFF, "ta"), (0x0C00, 0x0C7F, "te"), (0x0C80, 0x0CFF, "kn"),
        (0x0D00, 0x0D7F, "ml"), (0x0E00, 0x0E7F, "th"), (0x0590, 0x05FF, "he"), (0xAC00, 0xD7AF, "ko"), (0x1100, 0x11FF, "ko"), (0x3040, 0x30FF, "ja"),
        (0x4E00, 0x9FFF, "zh"), (0x0400, 0x04FF, "cyrillic"), (0x0600, 0x06FF, "arabic"), (0x0900, 0x097F, "devanagari"), (0x0370, 0x03FF, "el"),
    ];

    private static readonly (string Language, string[] Words)[] Latin =
    [
        ("en", Words("the and of to in is that for it with as was on are be this you your not have from or by at an will can we their has my i if they he she but all so")),
        ("es", Words("de la que el en y los del se las por un para con no una su al es lo como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también")),
        ("pt", Words("de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser quando muito há nos já está eu também")),
        ("fr", Words("de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec son je vous nous mais ou cette elle aux leur être")),
        ("de", Words("der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie ich")),
        ("it", Words("di e il la che in un a per è una sono con non del si le da dei nel alla della i gli più come ma anche al lo se ha questo suo delle ed o nella mi")),
        ("pl", Words("w i z na do nie się że o jest to jak po za od przez dla ale czy był tylko są być tak co oraz jego już ma przy może ze które")),
        ("vi", Words("và của là có trong cho được không một những các người với đã này để khi đến ra về nhiều cũng như tôi bạn từ họ năm ông thì")),
        ("fi", Words("ja on ei se että oli hän ovat mutta niin kuin kun tai myös jos voi olla ole mitä joka nyt vain sen minä hyvin vielä jo sekä joka ne ovat")),
        ("sw", Words("na ya wa kwa ni katika za la cha kuwa hii yake huo au kama pia hiyo watu hata lakini mtu sana wake kila hivyo yangu wao vya si")),
        ("nl", Words("de het een en van in is dat op te zijn met voor niet aan er om ook als dan maar bij nog uit naar door over ze hij wordt deze")),
        ("id", Words("yang dan di dengan untuk dari ini itu dalam pada adalah tidak akan ke atau juga oleh karena bisa saya kami mereka")),
    ];

    private static readonly (string Language, string[] Words)[] Cyrillic =
    [
        ("ru", Words("и в не на что с он как это по но они к у из за от так для вы мы я его все ее было быть который ы")),
        ("uk", Words("і в не на що з він як це по але та у за від до для ви ми я його все її було є який також")),
        ("bg", Words("и в не на че с той как това по но са за от до да се ще към ви ние аз му всички беше който е са")),
    ];

    private static readonly (string Language, string[] Words)[] Devanagari =
    [
        ("hi", Words("के में की है को से का और पर यह एक ने हैं कि इस भी नहीं तो ही या हो कर था लिए आप")),
        ("mr", Words("आहे आणि व या च्या ते की हे मध्ये एक नाही होते त्या आहेत तो ती हा साठी करून असे मी")),
        ("ne", Words("छ र को मा छन् हो यो पनि भने गर्न लागि एक थियो गरेको हुन्छ तपाईं म हामी छैन")),
    ];

    /// <summary>The ISO 639-1 code, or null where there are no letters to tell by.</summary>
    public static string? Of(string text)
    {
        var counts = new Dictionary<string, int>();
        foreach (Rune rune in text.EnumerateRunes().Where(Rune.IsLetter))
        {
            string script = Scripts.FirstOrDefault(range => rune.Value >= range.First && rune.Value <= range.Last).Language ?? "latin";
            counts[script] = counts.GetValueOrDefault(script) + 1;
        }
        return counts.Count == 0 ? null : counts.MaxBy(entry => entry.Value).Key switch
        {
            "latin" => Best(text, Latin, "en", fewest: 2),
            "cyrillic" => Best(text, Cyrillic, "ru"),
            "devanagari" => Best(text, Devanagari, "hi"),
            "arabic" => OfArabic(text),
            "zh" when counts.ContainsKey("ja") => "ja",
            var language => language,
        };
    }

    // Urdu has letters of its own, and so has Persian beside Arabic.
    private static string OfArabic(string text) =>
        text.Any(c => c is 'ٹ' or 'ڈ' or 'ڑ' or 'ں' or 'ے' or 'ھ') ? "ur" : text.Any(c => c is 'پ' or 'چ' or 'ژ' or 'گ' or 'ی' or 'ک') ? "fa" : "ar";

    // The language with most of its frequent words in the text; where there are too few, the script's most frequent language.
    private static string Best(string text, (string Language, string[] Words)[] languages, string otherwise, int fewest = 1)
    {
        string[] words = PythonText.Lower(text).Split([.. text.Where(IsBetweenWords).Distinct()], StringSplitOptions.RemoveEmptyEntries);
        (string language, int count) = languages.Select(entry => (entry.Language, words.Count(entry.Words.Contains))).MaxBy(entry => entry.Item2);
        return count < fewest ? otherwise : language;
    }

    private static bool IsBetweenWords(char c) =>
        !char.IsLetter(c) && char.GetUnicodeCategory(c) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark) && !char.IsSurrogate(c);

    private static string[] Words(string list) => list.Split(' ');
}
