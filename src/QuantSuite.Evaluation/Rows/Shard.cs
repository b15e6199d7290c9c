using System.Globalization;

namespace QuantSuite.Evaluation.Rows;

/// <summary>
/// One of several machines' share of a matrix, <c>2/4</c>. Every row lies in exactly one share, and a row's numbers do not depend on which; so results of
/// all shares copied into one folder are the results of one run. Rows of one model × recipe stay together, which is quantized once, as long as there
/// are at least as many of those as machines; else rows are dealt one by one.
/// </summary>
/// <param name="Index">From 1.</param>
/// <param name="Count">How many shares there are.</param>
public sealed record Shard(int Index, int Count)
{
    /// <summary>Reads <c>i/n</c>.</summary>
    /// <param name="name">The option or variable, for the message.</param>
    /// <exception cref="SettingsException">It is not 1 ≤ i ≤ n.</exception>
    public static Shard Parse(string name, string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length == 2 && Number(parts[0]) is { } index && Number(parts[1]) is { } count && index <= count)
            return new Shard(index, count);
        throw new SettingsException($"{name} is '{text}', expected i/n with 1 ≤ i ≤ n, e.g. 2/4 for the second of four machines.");
    }

    /// <summary>The rows of this share, in their order.</summary>
    public IReadOnlyList<EvalRow> Of(IReadOnlyList<EvalRow> rows)
    {
        var groups = rows.Select(row => (row.Model.Path, row.Recipe)).Distinct().Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        bool together = groups.Count >= Count;
        return [.. rows.Where((row, i) => (together ? groups[(row.Model.Path, row.Recipe)] : i) % Count == Index - 1)];
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Index}/{Count}";

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : null;
}
