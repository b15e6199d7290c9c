using QuantSuite.Evaluation.Metrics;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>Every rule of the stemmer by a word that needs it, Porter's own examples mostly; stems as NLTK 3's default mode gives them.</summary>
public sealed class PorterStemmerTests
{
    [Theory]
    [InlineData("plurals", "caresses caress, ponies poni, dies die, flies fli, caress caress, 1980s 1980, is is")]
    [InlineData("past and progressive", "agreed agre, feed feed, plastered plaster, sing sing, conflated conflat, died die, spied spi, eyed eye")]
    [InlineData("what they leave", "hopping hop, falling fall, filing file, rate rate, cease ceas, controlling control, rolling roll")]
    [InlineData("y", "happy happi, enjoy enjoy, spy spi, syzygy syzygi")]
    [InlineData("double suffixes", "relational relat, conditional condit, rational ration, hesitanci hesit, digitizer digit, differently differ")]
    [InlineData("more of them", "vilely vile, analogously analog, vietnamization vietnam, predication predic, operator oper, feudalism feudal")]
    [InlineData("and more", "hopefulness hope, callousness callous, formality formal, sensitivity sensit, hopefully hope, radically radic")]
    [InlineData("logi and bli", "conformably conform, geology geolog, theology theolog")]
    [InlineData("single suffixes", "triplicate triplic, formative form, formalize formal, electricity electr, electrical electr, goodness good")]
    [InlineData("endings", "revival reviv, allowance allow, inference infer, airliner airlin, gyroscopic gyroscop, adjustable adjust")]
    [InlineData("more endings", "replacement replac, adjustment adjust, dependent depend, adoption adopt, opinion opinion, communism commun, activate activ")]
    [InlineData("last endings", "defensible defens, irritant irrit, angularities angular, homologous homolog, effective effect, bowdlerize bowdler, probate probat")]
    [InlineData("irregular", "innings inning, dying die, skies sky, proceed proceed")]
    public void Words_have_the_stems_of_NLTK(string rule, string pairs)
    {
        foreach (string[] pair in pairs.Split(", ").Select(pair => pair.Split(' ')))
            Assert.Equal((rule, pair[0], pair[1]), (rule, pair[0], PorterStemmer.Stem(pair[0])));
    }
}
