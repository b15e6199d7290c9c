namespace QuantSuite.Evaluation.Reporting;

/// <summary>One model's tasks × recipes: the paired change of each against full precision.</summary>
public sealed class HeatMap
{
    private readonly Dictionary<(string Task, string Recipe), ReportRow> _rows;

    private HeatMap(string model, IEnumerable<ReportRow> rows)
    {
        Model = model;
        _rows = rows.Where(r => r.Result.Recipe != ReportRow.FullRecipe).ToDictionary(r => (r.Result.Task, r.Result.Recipe));
        Tasks = [.. _rows.Values.GroupBy(r => r.Result.Task).Select(t => t.First().Result).OrderBy(r => r.Task, NaturalOrder.Instance)];
        Recipes = [.. RecipeOrder.Groups(_rows.Values).Select(r => (r.Key, r.Max(x => x.Result.Quantization.BitsPerWeight)))];
    }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <summary>One result of each task, for its name, ability and unit.</summary>
    public IReadOnlyList<EvalResult> Tasks { get; }

    /// <summary>The recipes with their bits per weight, falling.</summary>
    public IReadOnlyList<(string Recipe, double Bits)> Recipes { get; }

    /// <summary>The maps of a report that have something to show, one for each model.</summary>
    public static IReadOnlyList<HeatMap> Of(Report report) =>
        [.. report.ByModel.Select(m => new HeatMap(m.Key, m)).Where(m => m._rows.Values.Any(r => r.AgainstFull is not null))];

    /// <summary>The row of a cell; null where it did not run.</summary>
    public ReportRow? Row(string task, string recipe) => _rows.GetValueOrDefault((task, recipe));

    /// <summary>The mean change of a recipe over its right-or-wrong tasks, whose errors are independent; null where it ran none.</summary>
    public Change? Mean(string recipe)
    {
        Change[] changes = [.. Tasks.Where(t => t.Gate.Kind == GateKind.RightOrWrong).Select(t => Row(t.Task, recipe)?.AgainstFull).OfType<Change>()];
        return changes.Length == 0
            ? null
            : new Change(changes.Average(c => c.Delta), Math.Sqrt(changes.Sum(c => c.StandardError * c.StandardError)) / changes.Length);
    }

    /// <summary>How many right-or-wrong tasks there are.</summary>
    public int RightOrWrongCount => Tasks.Count(t => t.Gate.Kind == GateKind.RightOrWrong);

    /// <summary>The style class of a change whose verdict is known: loss for fail, gain for improved, nothing for the rest.</summary>
    public static string Shade(Change change, Baselines.VerdictKind verdict, GateKind kind) => verdict switch
    {
        Baselines.VerdictKind.Fail => Shade(change with { Delta = -Math.Abs(change.Delta), StandardError = 0 }, kind),
        Baselines.VerdictKind.Improved => Shade(change with { Delta = Math.Abs(change.Delta), StandardError = 0 }, kind),
        Baselines.VerdictKind.Inconclusive => "undecided",
        _ => "even",
    };

    /// <summary>The style class of a change: nothing within two standard errors, else loss or gain in four steps.</summary>
    public static string Shade(Change change, GateKind kind)
    {
        if (!change.IsBeyondNoise)
            return "even";
        ReadOnlySpan<double> steps = kind == GateKind.LogLikelihood ? [0.02, 0.1, 0.4] : [0.03, 0.10, 0.25];
        int step = 1;
        foreach (double bound in steps)
            step += Math.Abs(change.Delta) >= bound ? 1 : 0;
        return (change.Delta < 0 ? "loss" : "gain") + step.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The shape that says the same as the colour.</summary>
    public static string Sign(Change change) => !change.IsBeyondNoise ? "" : change.Delta < 0 ? "▼" : "▲";
}
