using System.Globalization;

namespace QuantSuite.Evaluation.Sentinels;

/// <summary>
/// Looks through a row's answers for signs of a broken model. A log-likelihood that is no number fails the row always; the others warn, from two items and
/// a twentieth of the row on, because a model that is merely weak shows them too:
/// <code>
/// empty         a text of white space where one was expected
/// repetition    a text that ends in at least four copies of some words, eight words or more, where the expected one does not
/// unanswerable  a text in which the task's extractor finds nothing to judge
/// collapse      one answer to nearly everything: the entropy of the answers is below a tenth of that of the right ones (20 items and more)
/// </code>
/// </summary>
public static class SentinelWatch
{
    /// <summary>The per-item value by which tasks with an extractor say whether it found an answer: 1 or 0.</summary>
    public const string Answered = "answered";

    /// <summary>The name of the sentinel that fails.</summary>
    public const string NotFinite = "not_finite";

    private const double LeastShare = 0.05;
    private const int LeastItems = 20;
    private const double LeastEntropy = 0.1;
    private const int LeastCopies = 4, LeastWords = 8;

    /// <summary>The sentinels that a row shows.</summary>
    public static IReadOnlyList<Sentinel> Of(TaskShape shape, IReadOnlyList<ItemOutcome> outcomes)
    {
        var found = new List<Sentinel>();
        int broken = outcomes.Count(IsBroken);
        if (broken > 0)
            found.Add(new Sentinel(NotFinite, broken, outcomes.Count, Fails: true, $"{broken} of {outcomes.Count} items have log-likelihoods that are NaN or infinite"));
        if (shape == TaskShape.Generation)
        {
            Warn("empty", item => IsEmpty(item.Answer) && !IsEmpty(item.Expected), "texts are empty");
            Warn("repetition", item => Loops(item.Answer) && !Loops(item.Expected), "texts end in a loop");
            Warn("unanswerable", item => item.Values.TryGetValue(Answered, out double answered) && answered == 0, "texts hold no answer in the form that is asked for");
        }
        if (shape != TaskShape.Perplexity && outcomes.Count >= LeastItems && Collapse(outcomes) is { } collapse)
            found.Add(collapse);
        return found;

        void Warn(string name, Func<ItemOutcome, bool> shows, string what)
        {
            int count = outcomes.Count(shows);
            if (count >= 2 && count >= LeastShare * outcomes.Count)
                found.Add(new Sentinel(name, count, outcomes.Count, Fails: false, $"{count} of {outcomes.Count} {what}"));
        }
    }

    /// <summary>Whether a log-likelihood of an item is NaN or infinite.</summary>
    public static bool IsBroken(ItemOutcome item) => item.Code == '!' || !double.IsFinite(item.Score) || !item.LogLikelihoods.All(double.IsFinite)
        || (item.Values.TryGetValue("log_likelihood", out double chosen) && !double.IsFinite(chosen));

    /// <summary>Whether a text ends in at least four copies of some words, eight words or more.</summary>
    public static bool Loops(string text)
    {
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        for (int period = 1; period * LeastCopies <= words.Length; period++)
        {
            int run = period;
            while (run < words.Length && words[^(run + 1)] == words[^(run + 1 - period)])
                run++;
            if (run >= LeastCopies * period && run >= LeastWords)
                return true;
        }
        return false;
    }

    private static Sentinel? Collapse(IReadOnlyList<ItemOutcome> outcomes)
    {
        double right = Entropy(outcomes.Select(ExpectedOf)), given = Entropy(outcomes.Select(AnswerOf));
        if (given >= LeastEntropy * right)
            return null;
        int same = outcomes.GroupBy(AnswerOf).Max(group => group.Count());
        return new Sentinel("collapse", same, outcomes.Count, Fails: false, string.Create(CultureInfo.InvariantCulture,
            $"{same} of {outcomes.Count} answers are the same: their entropy is {given:0.00} nats, that of the right ones {right:0.00}"));
    }

    // Choices by their letter: their words differ from item to item.
    private static string AnswerOf(ItemOutcome item) => item.Choices.Count > 0 ? $"{char.ToUpperInvariant(item.Code)}" : item.Answer.Trim();

    private static string ExpectedOf(ItemOutcome item) =>
        item.Choices.ToList().IndexOf(item.Expected) is >= 0 and var index ? $"{(char)('A' + Math.Min(25, index))}" : item.Expected.Trim();

    private static double Entropy(IEnumerable<string> answers)
    {
        int[] counts = [.. answers.CountBy(answer => answer).Select(pair => pair.Value)];
        double total = counts.Sum();
        return Math.Max(0, -counts.Sum(count => count / total * Math.Log(count / total)));
    }

    private static bool IsEmpty(string text) => string.IsNullOrWhiteSpace(text);
}
