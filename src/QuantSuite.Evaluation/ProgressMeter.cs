using System.Diagnostics;
using QuantSuite.Models;

namespace QuantSuite.Evaluation;

/// <summary>
/// Counts answers into items and estimates what is left: time so far × characters to do / characters done. Cached answers cost nothing and are left
/// out.
/// </summary>
internal sealed class ProgressMeter
{
    private readonly string task;
    private readonly LanguageModel model;
    private readonly long firstToken;
    private readonly Action<EvalProgress>? report;
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly int[] itemOf;
    private readonly int[] open;
    private readonly bool[] computed;
    private int done;
    private long sizeToDo, sizeDone;

    public ProgressMeter(string task, LanguageModel model, IReadOnlyList<EvalItem> items, Action<EvalProgress>? report)
    {
        this.task = task;
        this.model = model;
        firstToken = model.TokenCount;
        this.report = report;
        int roundCount = items.Select(item => item.RoundCount).DefaultIfEmpty().Max();
        itemOf = [.. Enumerable.Range(0, roundCount).SelectMany(round => items.SelectMany((item, index) => Enumerable.Repeat(index, item.RoundCount > round ? item.RequestCount : 0)))];
        open = [.. items.Select(item => item.RequestCount * item.RoundCount)];
        computed = new bool[items.Count];
    }

    public int CachedItemCount { get; private set; }

    public long TokenCount => model.TokenCount - firstToken;

    /// <summary>A request is not in the cache and will be computed.</summary>
    public void Expect(long size) => sizeToDo += size;

    /// <summary>An answer came from the cache.</summary>
    public void Found(int request) => Answered(itemOf[request]);

    /// <summary>An answer was computed.</summary>
    public void Computed(int request, long size)
    {
        sizeToDo -= size;
        sizeDone += size;
        computed[itemOf[request]] = true;
        Answered(itemOf[request]);
    }

    private void Answered(int item)
    {
        if (--open[item] == 0)
        {
            done++;
            CachedItemCount += computed[item] ? 0 : 1;
        }
        report?.Invoke(new EvalProgress(task, done, open.Length, CachedItemCount, TokenCount, watch.Elapsed, Remaining()));
    }

    private TimeSpan? Remaining() => sizeDone == 0 ? (sizeToDo == 0 ? TimeSpan.Zero : null) : watch.Elapsed * ((double)sizeToDo / sizeDone);
}
