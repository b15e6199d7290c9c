using System.Diagnostics;

namespace QuantSuite.Benchmarks;

/// <summary>
/// Times several actions in turn, round after round, so that all of them meet the same machine: on a shared machine only ratios inside one race mean something,
/// and the best time says more than the mean.
/// </summary>
internal sealed class Race(int roundCount)
{
    private readonly List<(string Name, double Work, Action Action)> entries = [];

    /// <summary>Adds an action that does so much work (operations, bytes, elements).</summary>
    public Race Add(string name, double work, Action action)
    {
        entries.Add((name, work, action));
        return this;
    }

    /// <summary>Runs the rounds. Best and median rate of each entry, in work per nanosecond (giga per second).</summary>
    public IReadOnlyList<RaceResult> Run()
    {
        foreach (var entry in entries)
            entry.Action();
        var times = entries.ConvertAll(_ => new List<double>());
        for (int round = 0; round < roundCount; round++)
            for (int i = 0; i < entries.Count; i++)
            {
                // The workers of another entry's pool spin for a while after their last task: until they sleep, they hold a core.
                Thread.Sleep(10);
                long start = Stopwatch.GetTimestamp();
                entries[i].Action();
                times[i].Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds);
            }
        return [.. entries.Select((entry, i) => new RaceResult(entry.Name, entry.Work / times[i].Min(), entry.Work / times[i].Order().ElementAt(roundCount / 2)))];
    }
}

/// <summary>Best and median rate of one entry, in giga per second.</summary>
internal readonly record struct RaceResult(string Name, double Best, double Median)
{
    /// <summary>Prints every entry, with its share of the first one of that name.</summary>
    public static void Print(string title, string unit, IReadOnlyList<RaceResult> results)
    {
        Console.WriteLine(title);
        foreach (RaceResult result in results)
            Console.WriteLine($"  {result.Name,-34} {result.Best,9:F2} best {result.Median,9:F2} median {unit,-9} {result.Best / results[0].Best,7:P1} {result.Median / results[0].Median,7:P1}");
    }
}
