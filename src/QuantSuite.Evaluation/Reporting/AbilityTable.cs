using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// One model's abilities × recipes: the share of full precision's score above random choice that is left (<see cref="AboveChance"/>), over all right-or-wrong
/// items of the ability's tasks. Four choices give 25 % to whoever knows nothing; so 40 % down to 30 % is two thirds of the ability lost, not a quarter.
/// </summary>
public sealed class AbilityTable
{
    private readonly Dictionary<(string Ability, string Recipe), RetainedShare> _shares = [];

    private AbilityTable(string model, IReadOnlyList<ReportRow> rows)
    {
        Model = model;
        Recipes = [.. RecipeOrder.Groups(rows).Select(group => group.Key)];
        foreach (var cell in rows.GroupBy(row => (row.Result.Ability, row.Result.Recipe)))
            _shares[cell.Key] = RetainedShare.Of([.. cell]);
        Abilities = [.. _shares.GroupBy(cell => cell.Key.Ability).OrderBy(ability => ability.Key, NaturalOrder.Instance).Select(ability => new AbilityLine(
            ability.Key, [.. rows.Where(row => row.Result.Ability == ability.Key).Select(row => row.Result.Task).Distinct()], ability.First().Value))];
    }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <summary>Recipes beside full precision, by falling bits.</summary>
    public IReadOnlyList<string> Recipes { get; }

    /// <summary>The lines.</summary>
    public IReadOnlyList<AbilityLine> Abilities { get; }

    /// <summary>One table a model that has right-or-wrong rows compared with full precision.</summary>
    public static IReadOnlyList<AbilityTable> Of(Report report) =>
        [.. report.ByModel.Select(model => (model.Key, Rows: model.Where(IsCompared).ToList())).Where(model => model.Rows.Count > 0).Select(model => new AbilityTable(model.Key, model.Rows))];

    /// <summary>A cell; null where the recipe ran none of the ability's tasks.</summary>
    public RetainedShare? Share(string ability, string recipe) => _shares.GetValueOrDefault((ability, recipe));

    private static bool IsCompared(ReportRow row) => row is { Full: not null, FullComparison.BrokenCount: 0, Result.Gate.Kind: GateKind.RightOrWrong };
}

/// <summary>An ability.</summary>
/// <param name="Tasks">Its tasks that ran.</param>
/// <param name="Any">Any of its cells, for full precision's score and chance.</param>
public sealed record AbilityLine(string Ability, IReadOnlyList<string> Tasks, RetainedShare Any);

/// <summary>The share of an ability that is left.</summary>
/// <param name="Share">1 is all of it; 0 is random choice.</param>
/// <param name="Limits">One-sided at 99 % each; infinite where full precision is not above chance beyond noise.</param>
/// <param name="Full">Full precision's score, a fraction.</param>
/// <param name="Chance">Random choice's score, a fraction.</param>
public sealed record RetainedShare(double Share, Interval Limits, double Full, double Chance)
{
    /// <summary>Whether a share means anything: full precision is above chance beyond noise.</summary>
    public bool IsDefined => double.IsFinite(Limits.Low) && double.IsFinite(Limits.High);

    /// <summary>The style class: loss in four steps where less than all is left beyond chance, gain where more is.</summary>
    public string Shade => !IsDefined || Limits.Low <= 1 && Limits.High >= 1 ? "even"
        : Limits.Low > 1 ? "gain2" : Share switch { > 0.97 => "loss1", > 0.9 => "loss2", > 0.75 => "loss3", _ => "loss4" };

    internal static RetainedShare Of(IReadOnlyList<ReportRow> rows)
    {
        double[] now = [.. rows.SelectMany(row => row.Result.Items).Select(item => item.Score)];
        double[] full = [.. rows.SelectMany(row => row.Full!.Items).Select(item => item.Score)];
        double[] chance = [.. rows.SelectMany(row => row.Result.Items).Select(item => item.Choices.Count > 0 ? 1.0 / item.Choices.Count : 0)];
        (double share, Interval limits) = now.SequenceEqual(full) && full.Average() > chance.Average()
            ? (1, new Interval(1, 1)) : AboveChance.Retained(now, full, chance, NormalDistribution.Critical(Gate.Alpha));
        return new RetainedShare(share, limits, full.Average(), chance.Average());
    }
}
