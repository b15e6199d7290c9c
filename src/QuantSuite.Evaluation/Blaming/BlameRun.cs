using QuantSuite.Models;
using QuantSuite.Numerics;

namespace QuantSuite.Evaluation.Blaming;

/// <summary>
/// Finds the part of a quantized model that costs most: each part alone is put back to full precision, and the divergence from full precision that remains is
/// measured at the scored positions of a few dozen items, lost ones first. Units come first (the cache, all inputs, all linears), then every block, then every linear
/// of the worst block. A part's weights and inputs are restored together; the KV cache as a whole. Parts interact, so their shares need not add up to one.
/// </summary>
/// <remarks>
/// Restored values are those that the recipe was about to round, rescaled and rotated like the model around them. The line <c>everything</c> proves that they fit: its
/// KL is that of float32 rounding, or the values are not this model's.
/// </remarks>
public sealed class BlameRun : IDisposable
{
    private readonly BlameOptions options;
    private readonly DecoderModel quantized;
    private readonly ScoredPositions positions;
    private readonly List<(EvalItem Item, ItemOutcome Full, ItemOutcome Now)> lost;
    private readonly List<BlamePart> parts = [];
    private readonly string path;
    private readonly DecoderModel? fullCache;
    private IReadOnlyList<BlamePart> known = [];

    /// <summary>Picks the items and measures the recipe as a whole.</summary>
    /// <param name="full">The model in full precision.</param>
    /// <param name="quantized">The model that the recipe made; its storage is exchanged for moments, and is as before afterwards.</param>
    /// <param name="items">The items of both results.</param>
    /// <param name="fullResult">Full precision's answers to them.</param>
    /// <param name="result">The quantized model's.</param>
    public BlameRun(DecoderModel full, DecoderModel quantized, IReadOnlyList<EvalItem> items, EvalResult fullResult, EvalResult result, BlameOptions options,
        CancellationToken cancellation = default)
    {
        this.options = options;
        this.quantized = quantized;
        var all = items.Select((item, i) => (Item: item, Full: fullResult.Items[i], Now: result.Items[i])).ToList();
        lost = [.. all.Where(item => LossOf(item.Full, item.Now) > 0).OrderByDescending(item => LossOf(item.Full, item.Now)).Take(options.ItemLimit)];
        var picked = lost.Concat(all.Except(lost)).Take(options.ItemLimit).ToList();
        positions = new ScoredPositions(full, picked.Select(item => (item.Item, item.Full)), options.TokenLimit, cancellation);
        fullCache = quantized.KeyValueFormat is null ? null : quantized.WithFullCache();
        Header = new BlameHeader(result.Model, result.Task, result.Recipe, IdentityOf(fullResult, result), [.. picked.Select(item => item.Item.Id)], lost.Count,
            positions.Count, positions.MeanKl(quantized, cancellation));
        path = BlameFile.PathOf(options.ResultsFolder, ResultKey.Of(result));
    }

    /// <summary>The recipe as a whole.</summary>
    public BlameHeader Header { get; }

    /// <summary>Restores part after part; what an earlier run of the same models and items measured is taken from its record.</summary>
    public BlameRecord Run(CancellationToken cancellation = default)
    {
        known = BlameFile.Begin(path, Header);
        Weight[] rounded = [.. quantized.Linears.Where(IsRounded)];
        Weight[] inputs = [.. rounded.Where(weight => weight.Activations is not null)];
        if (fullCache is not null && rounded.Length > 0)
            Measure(BlameLevel.Unit, "all linears", () => Restoration.Of(rounded, options.StorageOf), quantized, cancellation);
        if (fullCache is not null)
            Measure(BlameLevel.Unit, "kv cache", null, fullCache, cancellation);
        if (inputs.Length > 0)
            Measure(BlameLevel.Unit, "all activations", () => Restoration.OfActivations(inputs), quantized, cancellation);
        if (rounded.Length > 0)
            Measure(BlameLevel.Unit, "everything", () => Restoration.Of(rounded, options.StorageOf), fullCache ?? quantized, cancellation);
        var blocks = quantized.Architecture.Blocks.Select((block, i) => (Name: NameOf(block, i), Weights: block.Linears.Where(IsRounded).ToArray()))
            .Where(block => block.Weights.Length > 0).ToDictionary(block => block.Name, block => block.Weights);
        foreach ((string name, Weight[] weights) in blocks)
            Measure(BlameLevel.Block, name, () => Restoration.Of(weights, options.StorageOf), quantized, cancellation);
        var record = new BlameRecord { Header = Header, Parts = parts };
        if (record.Worst(BlameLevel.Block) is { } worst)
            foreach (Weight weight in blocks[worst.Name])
                Measure(BlameLevel.Linear, weight.Name, () => Restoration.Of([weight], options.StorageOf), quantized, cancellation);
        return record;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        positions.Dispose();
        fullCache?.Dispose();
    }

    private static bool IsRounded(Weight weight) => weight.Panels is not DensePanels || weight.Activations is not null;

    private void Measure(BlameLevel level, string name, Func<Restoration>? restore, DecoderModel model, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        BlamePart? part = known.FirstOrDefault(other => other.Level == level && other.Name == name);
        if (part is null)
        {
            options.Progress?.Invoke($"part {parts.Count + 1}: {name} restored");
            using Restoration? restored = restore?.Invoke();
            double kl = positions.MeanKl(model, cancellation);
            part = new BlamePart(level, name, kl, Header.Kl - kl, ReturnedCount(model, cancellation));
            BlameFile.Append(path, part);
        }
        parts.Add(part);
    }

    private int ReturnedCount(DecoderModel model, CancellationToken cancellation)
    {
        if (lost.Count == 0)
            return 0;
        IReadOnlyList<ItemOutcome> now = options.Task.Run(model, [.. lost.Select(item => item.Item)], cancellation);
        return now.Select((outcome, i) => LossOf(lost[i].Full, outcome) <= LossOf(lost[i].Full, lost[i].Now) / 2).Count(returned => returned);
    }

    // NaN is lost whatever full precision had.
    private static double LossOf(ItemOutcome full, ItemOutcome now) =>
        double.IsNaN(full.Score) ? 0 : double.IsNaN(now.Score) ? double.PositiveInfinity : (full.Score - now.Score) / Math.Max(1, full.Weight);

    // Layers by the number in their linears' names, as recipes name them.
    private static string NameOf(DecoderBlock block, int index)
    {
        string[] words = block.Linears.First().Name.Split('.');
        int number = Array.FindIndex(words, word => word.All(char.IsAsciiDigit));
        return number < 0 ? $"block {index}" : string.Join('.', words[..(number + 1)]);
    }

    private string IdentityOf(EvalResult full, EvalResult now)
    {
        using var hash = new ContentHash();
        foreach (EvalResult result in (EvalResult[])[full, now])
        {
            ResultIdentity identity = result.Identity;
            foreach (string part in (string[])[identity.Weights, identity.Tokenizer, identity.Recipe, identity.Calibration, identity.Items, identity.Prompts, identity.Engine])
                hash.Add(part);
        }
        hash.Add($"{options.ItemLimit} {options.TokenLimit}");
        return hash.Hex();
    }
}
