namespace QuantSuite.Evaluation.Blaming;

/// <summary>What restoring parts of a quantized model brought back, on some items of one row: the record that the page draws a bar per block from.</summary>
public sealed record BlameRecord
{
    /// <summary>Everything that the numbers depend on, and the numbers of the whole recipe.</summary>
    public required BlameHeader Header { get; init; }

    /// <summary>The parts, in the order in which they were measured: units, blocks, then the linears of the worst block.</summary>
    public required IReadOnlyList<BlamePart> Parts { get; init; }

    /// <summary>The part that restores the most of its level, the first of equals; null where the level has none, or none restores anything.</summary>
    public BlamePart? Worst(BlameLevel level) => Parts.Where(part => part.Level == level && part.KlRestored > 0).MaxBy(part => part.KlRestored);

    /// <summary>The fewest linears of the worst block that restore half of what all of its linears restore one by one.</summary>
    public IReadOnlyList<BlamePart> Guilty
    {
        get
        {
            BlamePart[] ordered = [.. Parts.Where(part => part.Level == BlameLevel.Linear && part.KlRestored > 0).OrderByDescending(part => part.KlRestored)];
            double sum = ordered.Sum(part => part.KlRestored), taken = 0;
            return [.. ordered.TakeWhile(part => (taken += part.KlRestored) - part.KlRestored < sum / 2)];
        }
    }

    /// <summary>A part's share of the KL of the whole recipe.</summary>
    public double ShareOf(BlamePart part) => Header.Kl == 0 ? 0 : part.KlRestored / Header.Kl;
}

/// <summary>The row, the items, and what the recipe does to them before anything is restored.</summary>
/// <param name="Identity">A hash over both models (weights, recipe, calibration, engine) and the questions.</param>
/// <param name="ItemIds">The items that were asked, lost ones first.</param>
/// <param name="LostCount">How many of them full precision has right and the recipe wrong (of graded scores: the recipe has lower).</param>
/// <param name="PositionCount">Scored positions.</param>
/// <param name="Kl">Mean KL(full precision ‖ recipe) at them, nats.</param>
public sealed record BlameHeader(string Model, string Task, string Recipe, string Identity, IReadOnlyList<string> ItemIds, int LostCount, int PositionCount, double Kl);
