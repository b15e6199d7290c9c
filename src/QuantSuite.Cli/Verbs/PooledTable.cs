using System.Globalization;
using QuantSuite.Evaluation.Baselines;

namespace QuantSuite.Cli.Verbs;

/// <summary>One line a model × recipe: what all of its tasks say together.</summary>
internal static class PooledTable
{
    /// <summary>Writes the table, and which failing rows many rows explain; nothing where every bit is as approved.</summary>
    public static void Write(MatrixVerdict matrix, Terminal terminal)
    {
        PooledVerdict[] moved = [.. matrix.Pooled.Where(pooled => pooled.Kind != VerdictKind.Equal)];
        if (moved.Length == 0)
            return;
        terminal.WriteTable(["All tasks of", ">Tasks", "Verdict", "Change (limits; margin)"], moved.Select(pooled => (string[])
            [$"{pooled.Model} · {pooled.Recipe}", $"{pooled.TaskCount}", pooled.Kind.ToString().ToLowerInvariant(), string.Join("; ", pooled.Parts.Select(Words))]));
        int explained = matrix.Rows.Count(row => row.Verdict.Kind == VerdictKind.Fail && !row.FailsInFamily);
        if (explained > 0)
            terminal.Out.WriteLine($"{explained} of the rows that fail would be expected among {matrix.Rows.Count} ({matrix.Correction}): look at the pooled verdicts first.");
    }

    /// <summary>The same for a machine.</summary>
    public static object Json(MatrixVerdict matrix) =>
        matrix.Pooled.Select(pooled => new { model = pooled.Model, recipe = pooled.Recipe, verdict = pooled.Kind, tasks = pooled.TaskCount, parts = pooled.Parts });

    private static string Words(PooledPart part)
    {
        double scale = part.Name == "points" ? 100 : 1;
        string unit = part.Name switch { "points" => "points", "margins" => "nats", _ => "nats/token" };
        string Signed(double value) => (scale * value).ToString("+0.###;-0.###;0", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture,
            $"{Signed(part.Change)} {unit} of {part.ItemCount} items ({Signed(part.Limits.Low)} to {Signed(part.Limits.High)}; {scale * part.Margin:0.###})");
    }
}
