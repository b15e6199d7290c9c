namespace QuantSuite.Models;

/// <summary>How a long text is cut into windows for perplexity. A perplexity has no meaning without its rule, so rules have names.</summary>
public sealed record WindowRule
{
    private readonly Func<int, WindowRule> atMost;

    private WindowRule(string name, Func<int, int, IReadOnlyList<Window>> cut, Func<int, WindowRule> atMost, bool prefixed = false)
    {
        Name = name;
        Cut = cut;
        Prefixed = prefixed;
        this.atMost = atMost;
    }

    /// <summary>The rule's name and sizes, e.g. <c>llama.cpp-512</c>.</summary>
    public string Name { get; }

    /// <summary>Whether one prefix token (BOS, else EOS) stands before the text, so that its first token is scored too.</summary>
    public bool Prefixed { get; }

    /// <summary>Windows over a sequence of n ids, given the model's largest length. Ids include the prefix where <see cref="Prefixed"/>.</summary>
    public Func<int, int, IReadOnlyList<Window>> Cut { get; }

    /// <summary>The rule with windows of at most <paramref name="length"/> ids, and the name of what it is then, e.g. <c>lm-eval-1024</c> or <c>gptq-1024</c>.</summary>
    public WindowRule AtMost(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        return atMost(length);
    }

    /// <summary>
    /// lm-evaluation-harness's rolling windows: disjoint, as long as the model allows, the first conditioned on the prefix token, each later one
    /// on one token of overlap; a last short window is filled up with context from the left (<c>get_rolling_token_windows</c>, context_len 1).
    /// </summary>
    public static WindowRule LmEval { get; } = new("lm-eval", CutRolling, Rolling, prefixed: true);

    /// <summary>llama.cpp's <c>llama-perplexity</c>: chunks of <paramref name="length"/> ids without overlap, a rest dropped; the second half is scored
    /// (tokens length/2+1 … length−1).</summary>
    public static WindowRule LlamaCpp(int length = 512) =>
        new($"llama.cpp-{length}", (count, _) => Chunks(count, length, length / 2 + 1), shorter => LlamaCpp(Math.Min(length, shorter)));

    /// <summary>GPTQ's evaluation: windows of <paramref name="length"/> ids without overlap, a rest dropped; each scores length−1 tokens.</summary>
    public static WindowRule Gptq(int length = 2048) =>
        new($"gptq-{length}", (count, _) => Chunks(count, length, 1), shorter => Gptq(Math.Min(length, shorter)));

    /// <summary>Hugging Face's sliding window: windows of <paramref name="length"/> every <paramref name="stride"/> ids; each token is scored once, with as much context as its window holds.</summary>
    public static WindowRule Sliding(int length, int stride) => new($"sliding-{length}-{stride}", (count, _) =>
    {
        var windows = new List<Window>();
        int previousEnd = 1;
        for (int start = 0; start < count; start += stride)
        {
            int end = Math.Min(start + length, count);
            windows.Add(new Window(start, end, Math.Max(previousEnd, start + 1)));
            previousEnd = end;
            if (end == count)
                break;
        }
        return windows;
    }, shorter => Sliding(Math.Min(length, shorter), Math.Min(stride, shorter)));

    private static WindowRule Rolling(int length) =>
        new($"lm-eval-{length}", (count, maxLength) => CutRolling(count, Math.Min(length, maxLength)), shorter => Rolling(Math.Min(length, shorter)), prefixed: true);

    private static List<Window> CutRolling(int count, int maxLength)
    {
        // ids[0] is the prefix; token t (1-based) is predicted from what precedes it. A window feeds at most maxLength ids and scores as many.
        var windows = new List<Window>();
        for (int scored = 1; scored < count;)
        {
            int end = Math.Min(count, scored + maxLength);
            int start = scored == 1 ? 0 : Math.Max(0, end - maxLength - 1);
            windows.Add(new Window(start, end, scored));
            scored = end;
        }
        return windows;
    }

    private static List<Window> Chunks(int count, int length, int firstScored)
    {
        var windows = new List<Window>();
        for (int start = 0; start + length <= count; start += length)
            windows.Add(new Window(start, start + length, start + firstScored));
        return windows;
    }
}

/// <summary>Ids [<paramref name="Start"/>, <paramref name="End"/>) are fed (the last one only predicted); ids from <paramref name="FirstScored"/> on are scored.</summary>
public readonly record struct Window(int Start, int End, int FirstScored);
