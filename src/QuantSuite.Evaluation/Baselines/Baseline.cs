namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// An approved result, as much of it as a reviewer can read in a diff: metrics, one outcome an item, and hashes of what the numbers belong to.
/// One file a row (<see cref="BaselineText"/> is its form, <see cref="BaselineStore"/> its folder; docs/baselines.md describes both). Generated texts and
/// log-likelihoods are in the result file under artifacts (<see cref="EvalResultFile"/>), not here.
/// </summary>
public sealed record Baseline
{
    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>Recipe in its canonical text.</summary>
    public required string Recipe { get; init; }

    /// <summary>Task name.</summary>
    public required string Task { get; init; }

    /// <summary>The task's version.</summary>
    public required int TaskVersion { get; init; }

    /// <summary>How items are compared. The margin that was approved is the one that counts.</summary>
    public required Gate Gate { get; init; }

    /// <summary>Settings that change the numbers.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>Content hashes; the engine's is empty, because it changes with every build and is what a gate tests.</summary>
    public required ResultIdentity Identity { get; init; }

    /// <summary>SHA-256 over the bits of all log-likelihoods and generated texts.</summary>
    public required string BitsHash { get; init; }

    /// <summary>The metrics, for the reader; the verdict comes from the items.</summary>
    public required IReadOnlyList<Metric> Metrics { get; init; }

    /// <summary>One character an item where the gate is right or wrong; else empty.</summary>
    public string Codes { get; init; } = "";

    /// <summary>One score an item: 1 or 0, or the number to seven significant digits.</summary>
    public required IReadOnlyList<double> Scores { get; init; }

    /// <summary>
    /// Log-likelihood margins of a choice task, nats, as <see cref="MarginText"/> stores them, NaN where an item has none; null where no item has one, or
    /// where the file is absent.
    /// </summary>
    public IReadOnlyList<double>? Margins { get; init; }

    /// <summary>What the engine promised of its numbers; empty where it promised nothing.</summary>
    public string NumberContract { get; init; } = "";

    /// <summary>The engine's measured noise; null under a number contract, which proves it zero, and where nobody measured.</summary>
    public NoiseFloor? Noise { get; init; }

    /// <summary>When, from which run and why; null in files of the first schema.</summary>
    public Approval? Approval { get; init; }

    /// <summary>The answers in words, where this was made from a result; a file does not hold them.</summary>
    public IReadOnlyList<string>? Answers { get; init; }

    /// <summary>What a result would be as a baseline.</summary>
    /// <exception cref="ArgumentException">The result has outcomes that a baseline cannot hold; the message names the item.</exception>
    public static Baseline Of(EvalResult result)
    {
        bool binary = result.Gate.Kind == GateKind.RightOrWrong;
        return new Baseline
        {
            Model = result.Model,
            Recipe = result.Recipe,
            Task = result.Task,
            TaskVersion = result.TaskVersion,
            Gate = result.Gate,
            Settings = result.Settings,
            Identity = result.Identity with { Engine = "" },
            BitsHash = result.BitsHash,
            Metrics = result.Metrics,
            Codes = binary ? string.Concat(result.Items.Select(CheckedCode)) : "",
            Scores = [.. result.Items.Select(item => OutcomeScore.Stored(result.Gate.Kind, item.Score))],
            Margins = MarginsOf(result),
            NumberContract = result.NumberContract,
            Approval = new Approval("", result.Environment.Commit, result.Environment.Processor),
            Answers = [.. result.Items.Select(item => item.Answer)],
        };
    }

    /// <summary>Compares a run with this approved one; the verdict explains itself in words.</summary>
    public Verdict Compare(EvalResult now) => Verdict.Judge(this, now);

    /// <summary>The paired comparison itself, for runs that <see cref="Differences"/> does not refuse.</summary>
    internal Comparison Pair(EvalResult now) => Comparison.Of(this, now, now.Gate with { Margin = Gate.Margin });

    internal char CodeOf(int index) => Codes.Length > 0 ? Codes[index] : '.';

    internal IEnumerable<ItemChange> Changes(EvalResult now, IReadOnlyList<double> scores)
    {
        for (int i = 0; i < scores.Count; i++)
            if (!scores[i].Equals(Scores[i]) || (Codes.Length > 0 && Codes[i] != now.Items[i].Code))
                yield return new ItemChange(i, AnswerBefore(i, now.Items[i]), Scores[i], now.Items[i]);
    }

    private static double[]? MarginsOf(EvalResult result) => result.Gate.Kind == GateKind.RightOrWrong && result.Items.Any(item => item.Margin is not null)
        ? [.. result.Items.Select(item => MarginText.Stored(item.Margin ?? double.NaN))] : null;

    private string AnswerBefore(int index, ItemOutcome now)
    {
        if (Answers is not null && Answers[index].Length > 0)
            return Answers[index];
        if (Codes.Length == 0)
            return OutcomeScore.Text(Scores[index]);
        int choice = char.ToUpperInvariant(Codes[index]) - 'A';
        return choice >= 0 && choice < now.Choices.Count ? now.Choices[choice] : Scores[index] == 1 ? "right" : "wrong";
    }

    // The character is all that a baseline keeps of a right or wrong answer, so the two must say the same.
    private static char CheckedCode(ItemOutcome item) =>
        OutcomeScore.IsRight(item.Code) is { } right && item.Score == (right ? 1 : 0) ? item.Code
        : throw new ArgumentException(FormattableString.Invariant(
            $"Item '{item.Id}' has code '{item.Code}' and score {item.Score}; expected a capital or + with 1, a small letter, - or ! with 0."));
}
