using System.Text.Json;
using QuantSuite.Evaluation.Metrics;
using QuantSuite.Tests.Evaluation.Statistics;
using Xunit;
using static QuantSuite.Tests.Evaluation.Statistics.MetricGoldens;

namespace QuantSuite.Tests.Evaluation;

/// <summary>Metrics of answers and of numbers against the packages that they are named after.</summary>
public sealed class AnswerMetricsGoldenTests
{
    [SkippableFact]
    public void Ter_equals_sacrebleu()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("ter.json"))
        {
            JsonElement options = @case.GetProperty("options");
            bool Has(string name) => options.TryGetProperty(name, out JsonElement value) && value.GetBoolean();
            var own = new TerOptions(Has("normalized"), Has("no_punct"), Has("asian_support"), Has("case_sensitive"));
            string[] hypotheses = Texts(@case.GetProperty("hypotheses"));
            string[][] sets = [.. @case.GetProperty("references").EnumerateArray().Select(Texts)];
            string[][] references = [.. hypotheses.Select((_, i) => sets.Select(set => set[i]).ToArray())];
            var ter = Ter.Corpus(hypotheses, references, own);
            Near(expected.Number("score"), ter.Score, tolerance, @case, "score");
            Near(expected.Number("num_edits"), ter.EditCount, tolerance, @case, "edits");
            Near(expected.Number("ref_length"), ter.ReferenceLength, tolerance, @case, "reference length");
            double[] sentences = expected.Numbers("sentences");
            for (int i = 0; i < sentences.Length; i++)
                Near(sentences[i], Ter.Sentence(hypotheses[i], references[i], own).Score, tolerance, @case, $"sentence {i}");
        }
    }

    [SkippableFact]
    public void Bleu_tokenizers_equal_sacrebleu()
    {
        foreach ((JsonElement @case, JsonElement expected, _) in Cases("bleu_tokenizers.json"))
        {
            string text = QuantSuite.Evaluation.Tasks.PythonText.StripEnd(@case.GetProperty("text").GetString()!), id = @case.GetProperty("id").GetString()!;
            Assert.Equal((id, expected.GetProperty("13a").GetString()), (id, string.Join(' ', Bleu.Tokenize13a(text))));
            Assert.Equal((id, expected.GetProperty("zh").GetString()), (id, string.Join(' ', BleuTokenizer.Chinese(text))));
            Assert.Equal((id, Joined(expected.GetProperty("char").GetString()!)), (id, string.Join(' ', BleuTokenizer.Characters(text))));
            Assert.Equal((id, Joined(expected.GetProperty("intl").GetString()!)), (id, string.Join(' ', BleuTokenizer.International(text))));
        }

        // Words are what n-grams are counted over; how many spaces stand between them is not.
        static string Joined(string text) => string.Join(' ', QuantSuite.Evaluation.Tasks.PythonText.Split(text));
    }

    [SkippableFact]
    public void Squad_equals_the_official_evaluation()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("squad.json"))
        {
            string prediction = @case.GetProperty("prediction").GetString()!;
            string[] golds = Texts(@case.GetProperty("golds"));
            Assert.Equal(expected.GetProperty("normalized_prediction").GetString(), SquadAnswer.Normalize(prediction));
            Assert.Equal(Texts(expected.GetProperty("normalized_golds")), golds.Select(SquadAnswer.Normalize));
            Near(expected.Number("exact"), SquadAnswer.ExactMatch(prediction, golds), tolerance, @case, "exact match");
            Near(expected.Number("f1_v1"), SquadAnswer.F1(prediction, golds), tolerance, @case, "F1");
            Near(expected.Number("f1_v2"), SquadAnswer.F1(prediction, golds, version2: true), tolerance, @case, "F1 of version 2");
        }
    }

    [SkippableFact]
    public void Pass_at_k_equals_HumanEval()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("pass_at_k.json"))
            Near(expected.Number(), PassAtK.Estimate(@case.Count("n"), @case.Count("c"), @case.Count("k")), tolerance, @case, "pass@k");
    }

    [SkippableFact]
    public void Brier_equals_lm_eval()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("brier_multiclass.json"))
        {
            double[][] probabilities = [.. @case.GetProperty("probs").EnumerateArray().Select(row => row.EnumerateArray().Select(MetricGoldens.Number).ToArray())];
            Near(expected.Number("lmeval_brier"), ConfidenceError.BrierOfClasses(probabilities, Ints(@case, "gold")), tolerance, @case, "Brier");
        }
    }

    [SkippableFact]
    public void Calibration_of_confidence()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("calibration_binary.json"))
        {
            double[] confidence = @case.Numbers("confidence");
            int[] correct = Ints(@case, "correct");
            Near(expected.Number("brier"), ConfidenceError.Brier(confidence, correct), tolerance, @case, "Brier");
            Near(expected.Number("ece10"), ConfidenceError.Expected(confidence, correct), tolerance, @case, "ECE");
            Near(expected.Number("ece15"), ConfidenceError.Expected(confidence, correct, 15), tolerance, @case, "ECE of 15");
            Near(expected.Number("mce10"), ConfidenceError.Maximum(confidence, correct), tolerance, @case, "MCE");
            Near(expected.Number("ace10"), ConfidenceError.Adaptive(confidence, correct), tolerance, @case, "ACE");
        }
    }

    [SkippableFact]
    public void Classification_equals_scikit_learn()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("classification.json"))
        {
            var table = Classification.Of(Ints(@case, "gold"), Ints(@case, "pred"));
            Assert.Equal(Ints(expected, "labels"), table.Labels);
            (string, double)[] values =
            [
                ("accuracy", table.Accuracy), ("balanced_accuracy", table.BalancedAccuracy), ("f1_macro", table.F1Macro), ("f1_micro", table.Accuracy),
                ("f1_weighted", table.F1Weighted), ("mcc", table.Matthews), ("kappa", table.Kappa.Kappa),
                ("kappa_linear", QuantSuite.Evaluation.Statistics.CohensKappa.Weighted(table.Confusion, 1)),
                ("kappa_quadratic", QuantSuite.Evaluation.Statistics.CohensKappa.Weighted(table.Confusion, 2)),
            ];
            foreach ((string name, double value) in values)
                Near(expected.Number(name), value, tolerance, @case, name);
        }
    }

    [SkippableFact]
    public void Quantization_error_equals_numpy()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("sqnr.json"))
        {
            var error = QuantizationError.Of(@case.Numbers("reference"), @case.Numbers("quantized"));
            (string, double)[] values =
            [
                ("mse", error.MeanSquared), ("sqnr_db", error.SignalToNoise), ("max_abs_err", error.Largest), ("relative_frobenius", error.Relative),
                ("cosine", error.Cosine), ("psnr_db_absmax", error.PeakSignalToNoise),
            ];
            foreach ((string name, double value) in values)
                Near(expected.Number(name), value, tolerance, @case, name);
        }
    }

    [SkippableFact]
    public void Statistics_of_values_equal_numpy_and_scipy()
    {
        foreach ((JsonElement @case, JsonElement expected, double tolerance) in Cases("tensor_stats.json"))
        {
            var values = new ValueStatistics(@case.Numbers("values"));
            (string, double)[] own =
            [
                ("n", values.Count), ("mean", values.Mean), ("std_pop", values.Deviation), ("std_sample", values.SampleDeviation), ("absmax", values.Largest),
                ("rms", values.RootMeanSquare), ("skewness", values.Skewness), ("kurtosis_excess", values.Kurtosis - 3), ("kurtosis_pearson", values.Kurtosis),
                ("kurtosis_excess_unbiased", values.UnbiasedExcessKurtosis), ("median", values.Quantile(0.5)), ("q01", values.Quantile(0.01)),
                ("q99", values.Quantile(0.99)), ("l1", values.SumOfMagnitudes), ("l2", values.Norm),
            ];
            foreach ((string name, double value) in own)
                Near(expected.Number(name), value, tolerance, @case, name);
        }
    }

    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetString()!)];

    private static int[] Ints(JsonElement @case, string name) => [.. @case.GetProperty(name).EnumerateArray().Select(item => item.GetInt32())];
}
