using QuantSuite.Evaluation.Metrics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// NTREX-128: news translated by professionals, line by line. An item's score is its own chrF; the corpus scores are sacrebleu's (BLEU into Chinese with
/// its <c>zh</c> tokenizer).
/// </summary>
/// <param name="source">A language code: en, de, fr or zh.</param>
/// <param name="target">Another.</param>
public sealed class NtrexTask(string source, string target) : GenerationTask(new(
    $"ntrex_{source}_{target}", "translation", "lm-evaluation-harness translation prompt (wmt16), 0 shots: chrf, bleu, ter as sacrebleu",
    $"ntrex/{FileOf(target)}", "Federmann et al. 2022, SUMEval", Besides: [$"ntrex/{FileOf(source)}"]))
{
    /// <inheritdoc/>
    public override GateKind GateKind => GateKind.Score;

    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data)
    {
        string[] from = Lines(data.Require("ntrex/" + FileOf(source))), into = Lines(data.Require(Source));
        if (from.Length != into.Length)
            throw new EvalDataException($"'{FileOf(source)}' has {from.Length} lines and '{FileOf(target)}' {into.Length}, expected files that are aligned line by line.");
        return from.Zip(into, (sentence, translation) => (sentence, translation)).Select((pair, index) => new GenerationItem
        {
            Id = $"{Name}/{index}",
            Request = new GenerateRequest($"{NameOf(source)} phrase: {pair.sentence}\n{NameOf(target)} phrase:", ["\n"], 256),
            Target = pair.translation,
        });
    }

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values) => PythonText.Strip(text) == item.Target;

    /// <inheritdoc/>
    protected override ItemOutcome Judge(GenerationItem item, GenerateAnswer answer) =>
        base.Judge(item, answer) with { Score = Chrf.Sentence(answer.Text, [item.Target]) / 100, Code = '.' };

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes)
    {
        List<string> said = [.. outcomes.Select(outcome => outcome.Answer)];
        List<IReadOnlyList<string>> expected = [.. outcomes.Select(outcome => (string[])[outcome.Expected])];
        return
        [
            Mean.Of("sentence_chrf", outcomes, outcome => outcome.Score),
            new Metric("chrf", Chrf.Corpus(said, expected), null, HigherIsBetter: true, "points"),
            new Metric("bleu", Bleu.Corpus(said, expected, target == "zh" ? BleuTokenizer.Chinese : Bleu.Tokenize13a).Score, null, HigherIsBetter: true, "points"),
            new Metric("ter", Ter.Corpus(said, expected).Score, null, HigherIsBetter: false, "points"),
        ];
    }

    private static string[] Lines(string path) => File.ReadAllText(path).TrimEnd('\n').Split('\n');

    private static string FileOf(string language) =>
        language switch { "en" => "newstest2019-src.eng.txt", "de" => "newstest2019-ref.deu.txt", "fr" => "newstest2019-ref.fra.txt", _ => "newstest2019-ref.zho-CN.txt" };

    private static string NameOf(string language) => language switch { "en" => "English", "de" => "German", "fr" => "French", _ => "Chinese" };
}
