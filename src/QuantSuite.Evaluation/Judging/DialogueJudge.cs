using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using QuantSuite.Evaluation.Fetching;
using QuantSuite.Evaluation.Metrics;

namespace QuantSuite.Evaluation.Judging;

/// <summary>
/// Judges the written answers of a result: by an endpoint, judgment by judgment into a file, from which a stopped run goes on; or without one, by how far
/// they agree with another run's answers.
/// </summary>
public static class DialogueJudge
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Has every turn of every item rated.</summary>
    /// <param name="file">Takes one judgment a line; those in it of the same answers are not asked again.</param>
    /// <exception cref="FetchException">The endpoint refuses or does not answer; what was judged is saved.</exception>
    public static async Task<IReadOnlyList<Judgment>> RateAsync(
        EvalResult result, JudgePrompts prompts, JudgeEndpoint judge, string file, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        Dictionary<string, Judgment> known = Read(file);
        var judgments = new List<Judgment>();
        foreach (ItemOutcome outcome in result.Items)
            for (int turn = 0; turn < outcome.Answer.Split(DialogueItem.TurnDivider).Length; turn++)
            {
                (string system, string question) = prompts.Of(outcome, turn);
                string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(system + "\0" + question)));
                if (!known.TryGetValue(hash, out Judgment? judgment))
                {
                    string text = await judge.AskAsync(system, question, cancellation);
                    judgment = new Judgment(outcome.Id, outcome.Cluster, turn + 1, hash, Judgment.RatingOf(text), text);
                    await File.AppendAllTextAsync(file, JsonSerializer.Serialize(judgment, Json) + "\n", cancellation);
                }
                judgments.Add(judgment);
                progress?.Invoke(judgments.Count);
            }
        return judgments;
    }

    /// <summary>How far two runs' answers agree, turn by turn: equal texts, and ROUGE-L and chrF of this run's against the other's.</summary>
    /// <returns>One line a category, then all.</returns>
    public static IReadOnlyList<Agreement> Agree(EvalResult result, EvalResult other)
    {
        var others = other.Items.ToDictionary(item => item.Id);
        var pairs = result.Items.Where(item => others.ContainsKey(item.Id)).SelectMany(item =>
            item.Answer.Split(DialogueItem.TurnDivider).Zip(others[item.Id].Answer.Split(DialogueItem.TurnDivider), (mine, full) => (item.Cluster, Mine: mine, Full: full))).ToList();
        IEnumerable<(string Name, List<(string Cluster, string Mine, string Full)> Pairs)> groups =
            pairs.GroupBy(pair => pair.Cluster).Select(group => (group.Key, group.ToList())).Append(("all", pairs));
        return [.. groups.Where(group => group.Pairs.Count > 0).Select(group => new Agreement(
            group.Name,
            group.Pairs.Count,
            group.Pairs.Average(pair => pair.Mine == pair.Full ? 1.0 : 0),
            group.Pairs.Average(pair => Rouge.L(pair.Full, pair.Mine).FMeasure),
            group.Pairs.Average(pair => Chrf.Sentence(pair.Mine, [pair.Full]))))];
    }

    // A torn last line is asked again.
    private static Dictionary<string, Judgment> Read(string file)
    {
        var known = new Dictionary<string, Judgment>();
        foreach (string line in File.Exists(file) ? File.ReadLines(file) : [])
            try
            {
                if (JsonSerializer.Deserialize<Judgment>(line, Json) is { AnswerHash: { } hash } judgment)
                    known[hash] = judgment;
            }
            catch (JsonException)
            {
                continue;
            }
        return known;
    }
}

/// <summary>How far answers agree with another run's.</summary>
/// <param name="Equal">The share of turns with equal texts.</param>
/// <param name="RougeL">Mean F-measure, 0 to 1.</param>
/// <param name="Chrf">Mean, 0 to 100.</param>
public sealed record Agreement(string Category, int TurnCount, double Equal, double RougeL, double Chrf);
