using System.Text.Json;
using System.Text.RegularExpressions;
using QuantSuite.Evaluation.Metrics;
using QuantSuite.Evaluation.Tasks;
using QuantSuite.Evaluation.Tasks.Benchmarks;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>Metrics and text rules against the packages that they are named after.</summary>
public sealed class MetricsGoldenTests
{
    [SkippableTheory]
    [InlineData("bleu_corpus.json")]
    [InlineData("bleu_sentence.json")]
    public void Bleu_equals_sacrebleu(string file) => Each(file, (@case, expected, tolerance) =>
    {
        JsonElement options = @case.GetProperty("options");
        Func<string, IReadOnlyList<string>> tokenizer = Tokenizer(options.GetProperty("tokenize").GetString()!);
        BleuSmoothing smoothing = Smoothing(options.GetProperty("smooth_method").GetString()!);
        bool lowercase = Is(options, "lowercase"), effectiveOrder = Is(options, "effective_order");
        Bleu bleu = @case.TryGetProperty("hypothesis", out JsonElement hypothesis)
            ? Bleu.Sentence(hypothesis.GetString()!, Texts(@case.GetProperty("references")), tokenizer, lowercase, smoothing, effectiveOrder: effectiveOrder)
            : Bleu.Corpus(Texts(@case.GetProperty("hypotheses")), Transposed(@case), tokenizer, lowercase, smoothing, effectiveOrder: effectiveOrder);
        Assert.Equal(expected.GetProperty("score").GetDouble(), bleu.Score, tolerance);
        Assert.Equal(expected.GetProperty("bp").GetDouble(), bleu.BrevityPenalty, tolerance);
        Assert.Equal(expected.GetProperty("sys_len").GetInt32(), bleu.Length);
        Assert.Equal(expected.GetProperty("ref_len").GetInt32(), bleu.ReferenceLength);
        Assert.Equal(Numbers(expected.GetProperty("counts")), bleu.Matches);
        Assert.Equal(Numbers(expected.GetProperty("totals")), bleu.Totals);
        foreach ((double want, double got) in Numbers(expected.GetProperty("precisions")).Zip(bleu.Precisions))
            Assert.Equal(want, got, tolerance);
    });

    [SkippableFact]
    public void Chrf_equals_sacrebleu() => Each("chrf.json", (@case, expected, tolerance) =>
    {
        JsonElement options = @case.GetProperty("options");
        IReadOnlyList<string> hypotheses = Texts(@case.GetProperty("hypotheses"));
        IReadOnlyList<IReadOnlyList<string>> references = Transposed(@case);
        int charOrder = Int(options, "char_order", 6), wordOrder = Int(options, "word_order", 0), beta = Int(options, "beta", 2);
        bool lowercase = Is(options, "lowercase"), whitespace = Is(options, "whitespace"), smoothing = Is(options, "eps_smoothing");
        double corpus = Chrf.Corpus(hypotheses, references, charOrder, wordOrder, beta, lowercase, whitespace, smoothing);
        Assert.Equal(expected.GetProperty("corpus").GetDouble(), corpus, tolerance);
        foreach ((double want, int i) in Numbers(expected.GetProperty("sentences")).Select((value, i) => (value, i)))
            Assert.Equal(want, Chrf.Sentence(hypotheses[i], references[i], charOrder, wordOrder, beta, lowercase, whitespace, smoothing), tolerance);
    });

    [SkippableFact]
    public void Rouge_equals_rouge_score() => Each("rouge.json", (@case, expected, tolerance) =>
    {
        bool stem = @case.GetProperty("use_stemmer").GetBoolean();
        string target = @case.GetProperty("target").GetString()!, prediction = @case.GetProperty("prediction").GetString()!;
        (string, Rouge)[] scores =
        [
            ("rouge1", Rouge.N(target, prediction, 1, stem)),
            ("rouge2", Rouge.N(target, prediction, 2, stem)),
            ("rougeL", Rouge.L(target, prediction, stem)),
            ("rougeLsum", Rouge.LSum(target, prediction, stem)),
        ];
        foreach ((string name, Rouge rouge) in scores)
        {
            JsonElement want = expected.GetProperty(name);
            Assert.Equal(want.GetProperty("precision").GetDouble(), rouge.Precision, tolerance);
            Assert.Equal(want.GetProperty("recall").GetDouble(), rouge.Recall, tolerance);
            Assert.Equal(want.GetProperty("fmeasure").GetDouble(), rouge.FMeasure, tolerance);
        }
    });

    [SkippableFact]
    public void Exact_match_equals_lm_eval() => Each("exact_match.json", (@case, expected, _) =>
    {
        foreach (JsonElement variant in expected.EnumerateArray())
        {
            JsonElement options = variant.GetProperty("options");
            var match = new ExactMatch
            {
                IgnoreCase = options.TryGetProperty("ignore_case", out JsonElement _),
                IgnorePunctuation = options.TryGetProperty("ignore_punctuation", out JsonElement _),
                IgnoreNumbers = options.TryGetProperty("ignore_numbers", out JsonElement _),
                Ignored = options.TryGetProperty("regexes_to_ignore", out JsonElement patterns) ? [.. patterns.EnumerateArray().Select(p => new Regex(p.GetString()!))] : [],
            };
            bool right = match.IsMatch(@case.GetProperty("prediction").GetString()!, @case.GetProperty("reference").GetString()!);
            Assert.True(variant.GetProperty("value").GetDouble() == (right ? 1 : 0), options.GetRawText());
        }
    });

    [SkippableFact]
    public void Choices_win_as_in_lm_eval() => Each("mc_normalization.json", (@case, expected, _) =>
    {
        double[] sums = Numbers(@case.GetProperty("loglikelihoods"));
        IReadOnlyList<string> choices = Texts(@case.GetProperty("choices"));
        Assert.Equal(expected.GetProperty("pred").GetInt32(), Accuracy.Best(sums));
        Assert.Equal(expected.GetProperty("pred_norm").GetInt32(), Accuracy.Best(Accuracy.ByCharacters(sums, choices)));
        Assert.Equal(expected.GetProperty("pred_bytes").GetInt32(), Accuracy.Best(Accuracy.ByBytes(sums, choices)));
    });

    [SkippableFact]
    public void Gsm8k_answers_are_read_as_in_lm_eval() => Each("gsm8k_extract.json", (@case, expected, _) =>
    {
        string response = @case.GetProperty("response").GetString()!, target = @case.GetProperty("target").GetString()!;
        foreach ((string name, string extracted) in new[] { ("strict-match", Gsm8kAnswer.Strict(response)), ("flexible-extract", Gsm8kAnswer.Flexible(response)) })
        {
            Assert.Equal(expected.GetProperty(name).GetProperty("extracted").GetString(), extracted);
            Assert.Equal(expected.GetProperty(name).GetProperty("exact_match").GetDouble() == 1, Gsm8kAnswer.IsRight(extracted, target));
        }
    });

    [SkippableFact]
    public void Wikitext_pages_are_detokenized_and_counted_as_in_lm_eval() => Each("wikitext_detokenizer.json", (@case, expected, _) =>
    {
        string page = @case.GetProperty("page").GetString()!;
        Assert.Equal(expected.GetString(), WikitextPages.Detokenize(page));
        if (@case.TryGetProperty("words", out JsonElement words))
            Assert.Equal(words.GetInt32(), PythonText.WordCount(page));
        if (@case.TryGetProperty("bytes", out JsonElement bytes))
            Assert.Equal(bytes.GetInt32(), System.Text.Encoding.UTF8.GetByteCount(page));
    });

    [SkippableFact]
    public void HellaSwag_texts_are_cleaned_as_in_lm_eval() => Each("hellaswag_preprocess.json", (@case, expected, _) =>
    {
        Assert.Equal(expected.GetString(), HellaSwagTask.Preprocess(@case.GetProperty("text").GetString()!));
    });

    [SkippableFact]
    public void Weighted_perplexity_equals_lm_eval() => Each("lmeval_weighted_ppl.json", (@case, expected, tolerance) =>
    {
        var items = @case.GetProperty("items").EnumerateArray().Select(item => (item[0].GetDouble(), item[1].GetDouble())).ToList();
        Assert.Equal(expected.GetProperty("weighted_perplexity").GetDouble(), Perplexity.Weighted(items), tolerance);
        Assert.Equal(expected.GetProperty("bits_per_byte").GetDouble(), Perplexity.BitsPerByte(items), tolerance);
    });

    /// <summary>Compares every case of a file: none is left out.</summary>
    private static void Each(string file, Action<JsonElement, JsonElement, double> compare)
    {
        string path = Path.Combine(Goldens.Folder("metrics"), file);
        Skip.IfNot(File.Exists(path), $"not found: {path}");
        JsonElement root = Goldens.Json(path);
        JsonElement[] cases = [.. root.GetProperty("cases").EnumerateArray()];
        Assert.NotEmpty(cases);
        foreach (JsonElement @case in cases)
            try
            {
                compare(@case, @case.GetProperty("expected"), root.GetProperty("tolerance_abs").GetDouble());
            }
            catch (Exception exception) when (exception is not SkipException)
            {
                throw new InvalidOperationException($"{@case.GetProperty("id").GetString()}: {exception.Message}", exception);
            }
    }

    private static Func<string, IReadOnlyList<string>> Tokenizer(string name) => name switch
    {
        "13a" => Bleu.Tokenize13a,
        "zh" => BleuTokenizer.Chinese,
        "char" => BleuTokenizer.Characters,
        "intl" => BleuTokenizer.International,
        "none" => PythonText.Split,
        _ => throw new InvalidOperationException($"no tokenizer of sacrebleu's is named '{name}' here"),
    };

    private static BleuSmoothing Smoothing(string name) => name switch
    {
        "exp" => BleuSmoothing.Exponential,
        "floor" => BleuSmoothing.Floor,
        "add-k" => BleuSmoothing.AddK,
        "none" => BleuSmoothing.None,
        _ => throw new InvalidOperationException($"no smoothing of sacrebleu's is named '{name}' here"),
    };

    private static bool Is(JsonElement options, string name) => options.TryGetProperty(name, out JsonElement value) && value.GetBoolean();

    private static int Int(JsonElement options, string name, int fallback) => options.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : fallback;

    private static IReadOnlyList<string> Texts(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetString()!)];

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetDouble())];

    // sacrebleu has a list for each set of references; here each sentence has its references.
    private static IReadOnlyList<IReadOnlyList<string>> Transposed(JsonElement @case)
    {
        List<IReadOnlyList<string>> sets = [.. @case.GetProperty("references").EnumerateArray().Select(Texts)];
        return [.. Enumerable.Range(0, sets[0].Count).Select(i => (IReadOnlyList<string>)[.. sets.Select(set => set[i])])];
    }
}
