using System.Globalization;

namespace QuantSuite.Evaluation.Blaming;

/// <summary>A <see cref="BlameRecord"/> in words.</summary>
public static class BlameWords
{
    // Float32's own rounding leaves some 1e-9; a thousandth of the whole is far above it, and far below what a wrong scale leaves.
    private const double Fits = 1e-3;

    /// <summary>The worst block and its guilty linears; what the cache alone costs; and a warning where the restored values do not fit the model.</summary>
    public static string Of(BlameRecord record)
    {
        var sentences = new List<string> { Whole(record.Header) };
        BlamePart? everything = record.Parts.FirstOrDefault(part => part is { Level: BlameLevel.Unit, Name: "everything" });
        if (everything is not null && everything.KlRemaining > Math.Max(1e-6, Fits * record.Header.Kl))
            sentences.Add(Invariant($"Everything restored still leaves {everything.KlRemaining:G3} nats: the full-precision values are not in this model's coordinates, so read no part's share."));
        if (record.Parts.FirstOrDefault(part => part is { Level: BlameLevel.Unit, Name: "kv cache" }) is { } cache)
            sentences.Add(Invariant($"The KV cache, restored as a whole, takes {record.ShareOf(cache):P0} of it away."));
        if (record.Parts.FirstOrDefault(part => part is { Level: BlameLevel.Unit, Name: "all activations" }) is { } inputs)
            sentences.Add(Invariant($"The inputs of all linears, restored as a whole, take {record.ShareOf(inputs):P0} of it away."));
        if (record.Worst(BlameLevel.Block) is { } worst)
            sentences.Add(Block(record, worst));
        else if (everything is null)
            sentences.Add("No linear is rounded, so there is no block to tell from another.");
        return string.Join(' ', sentences);
    }

    private static string Whole(BlameHeader header) => Invariant(
        $"KL {header.Kl:G4} nats at {header.PositionCount} positions of {header.ItemIds.Count} items, {header.LostCount} of them lost.");

    private static string Block(BlameRecord record, BlamePart worst)
    {
        int blocks = record.Parts.Count(part => part.Level == BlameLevel.Block);
        string guilty = string.Join(", ", record.Guilty.Select(part => Invariant($"{part.Name} ({record.ShareOf(part):P0})")));
        return Invariant($"{worst.Name} restores {record.ShareOf(worst):P0} (an even share of {blocks} blocks would be {1.0 / blocks:P0}); ") + (guilty.Length > 0 ? $"guilty: {guilty}." : "no linear of it alone.");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
