using System.Globalization;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>What a person says when accepting.</summary>
/// <param name="Today">The day.</param>
/// <param name="Reason">Why; a worse result is accepted only with one.</param>
/// <param name="Expires">Until when a worse result may stay; null for <see cref="Loosening.UsualDays"/> from today.</param>
public sealed record AcceptOrder(DateOnly Today, string Reason = "", DateOnly? Expires = null)
{
    /// <summary>The approval of a received file.</summary>
    /// <param name="run">Commit and processor of the run that left it.</param>
    /// <param name="worse">What got worse, or null.</param>
    internal Approval Stamp(Approval? run, string? worse)
    {
        Loosening? loosening = worse is null ? null : new Loosening(worse, Day(Expires ?? Today.AddDays(Loosening.UsualDays)));
        return new Approval(Day(Today), run?.Commit ?? "", run?.Processor ?? "", Reason, loosening);
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
