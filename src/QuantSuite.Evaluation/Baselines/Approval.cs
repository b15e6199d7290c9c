namespace QuantSuite.Evaluation.Baselines;

/// <summary>Who may be asked about a baseline: when it was approved, from which run, and why where it is worse than the one before.</summary>
/// <param name="When">The day, <c>2026-11-23</c>; empty while a received file waits.</param>
/// <param name="Commit">The commit of the code that ran, as far as the build knows it.</param>
/// <param name="Processor">What it ran on.</param>
/// <param name="Reason">What the person who approved said; a loosening has one.</param>
/// <param name="Loosening">What got worse, where something did; else null.</param>
public sealed record Approval(string When, string Commit, string Processor, string Reason = "", Loosening? Loosening = null)
{
    /// <summary>The loosening that a page must show on a day: the one that has not expired.</summary>
    public Loosening? Shown(DateOnly today) => Loosening is { } loosened && !loosened.IsExpired(today) ? loosened : null;
}

/// <summary>An approved result that is worse than the one before it.</summary>
/// <param name="What">In words: <c>acc 0.62 → 0.6</c>.</param>
/// <param name="Expires">The day from which on <c>lint</c> complains: until then someone makes it good, or gives a reason again.</param>
public sealed record Loosening(string What, string Expires)
{
    /// <summary>Days until a loosening expires, where the person who approves it names no date.</summary>
    public const int UsualDays = 90;

    /// <summary>Whether the day has come; a date that cannot be read has.</summary>
    public bool IsExpired(DateOnly today) =>
        !DateOnly.TryParseExact(Expires, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out DateOnly day) || day <= today;
}
