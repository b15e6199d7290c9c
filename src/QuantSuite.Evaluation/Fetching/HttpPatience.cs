using System.Net;

namespace QuantSuite.Evaluation.Fetching;

/// <summary>How often and how long a request is tried again: each pause twice the one before, or as long as the server asks (Retry-After).</summary>
/// <param name="AttemptCount">Attempts in a row without any progress.</param>
/// <param name="FirstPause">Before the second attempt.</param>
/// <param name="LongestPause">No pause is longer, whatever the server asks.</param>
/// <param name="Silence">A server that sends nothing for so long is taken for gone.</param>
public sealed record HttpPatience(int AttemptCount, TimeSpan FirstPause, TimeSpan LongestPause, TimeSpan Silence)
{
    /// <summary>Six attempts, from one second on to a minute.</summary>
    public static HttpPatience Default { get; } = new(6, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(60));

    /// <summary>Whether a status may pass by itself: time-outs, too many requests, and faults of the server.</summary>
    public static bool MayPass(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    /// <summary>Whether a failure may pass by itself: drops and time-outs, but not the user's own stop.</summary>
    public static bool MayPass(Exception failure, CancellationToken stop) =>
        failure is HttpRequestException or IOException || (failure is OperationCanceledException && !stop.IsCancellationRequested);

    /// <summary>What went wrong, of a failure that may pass.</summary>
    public string Words(Exception failure) => failure is OperationCanceledException ? $"no answer for {Silence.TotalSeconds:0} s" : failure.Message;

    /// <summary>The pause after a failed attempt.</summary>
    /// <param name="failureCount">From 1 on.</param>
    public TimeSpan Pause(int failureCount, TimeSpan? asked = null)
    {
        TimeSpan own = FirstPause * Math.Pow(2, Math.Min(failureCount - 1, 20));
        TimeSpan pause = asked is { } time && time > own ? time : own;
        return pause < LongestPause ? pause : LongestPause;
    }
}
