using System.Net;
using System.Net.Http.Headers;

namespace QuantSuite.Evaluation.Fetching;

/// <summary>
/// Gets a file over HTTP: into <c>&lt;file&gt;.part</c>, from where a broken or stopped download goes on (a range request), and under its own name only when
/// its hash is right. Redirects are followed (never from https to http); drops, time-outs and 5xx are tried again with growing pauses.
/// </summary>
/// <param name="http">Makes the requests.</param>
/// <param name="patience">How often and how long.</param>
public sealed class Download(HttpClient http, HttpPatience patience)
{
    /// <summary>Gets a file; one that is there already with the right hash is left alone.</summary>
    /// <param name="path">The file to write; its folder is made.</param>
    /// <param name="hash">What it must hash to.</param>
    /// <param name="byteCount">Its size where known; more is refused.</param>
    /// <param name="progress">Told the bytes so far.</param>
    /// <returns>Whether anything was got.</returns>
    /// <exception cref="FetchException">The server refuses or does not answer, or the file is another one.</exception>
    public async Task<bool> GetAsync(
        Uri address, string path, FileHash hash, long? byteCount = null, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        if (hash.IsAt(path))
            return false;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string part = path + ".part";
        bool resumed = File.Exists(part);
        await CompleteAsync(address, part, byteCount, progress, cancellation);
        FileHash got = hash.Of(part);
        if (got != hash && resumed)
        {
            File.Delete(part); // what lay there was of another file
            await CompleteAsync(address, part, byteCount, progress, cancellation);
            got = hash.Of(part);
        }
        if (got != hash)
        {
            File.Delete(part);
            throw new FetchException($"{address}: got {got}, expected {hash}. The publisher changed the file, or something in between did; nothing was kept.");
        }
        File.Move(part, path);
        return true;
    }

    /// <summary>Gets a file of which no hash is known, e.g. an archive whose members are checked; one that is there already is left alone.</summary>
    /// <exception cref="FetchException">The server refuses or does not answer.</exception>
    public async Task GetWithoutHashAsync(Uri address, string path, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        if (File.Exists(path))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        await CompleteAsync(address, path + ".part", null, progress, cancellation);
        File.Move(path + ".part", path);
    }

    private async Task CompleteAsync(Uri address, string part, long? byteCount, IProgress<long>? progress, CancellationToken cancellation)
    {
        for (int failureCount = 0; ;)
        {
            long before = Length(part);
            (string problem, TimeSpan? asked) = ("", null);
            try
            {
                (bool complete, problem, asked) = await ContinueAsync(address, part, byteCount, progress, cancellation);
                if (complete)
                    return;
            }
            catch (Exception exception) when (HttpPatience.MayPass(exception, cancellation))
            {
                problem = patience.Words(exception);
            }
            failureCount = Length(part) > before ? 1 : failureCount + 1;
            if (failureCount >= patience.AttemptCount)
                throw new FetchException($"{address}: {problem}; tried {failureCount} times. {Length(part)} bytes are kept in '{part}': the same command goes on from there.");
            await Task.Delay(patience.Pause(failureCount, asked), cancellation);
        }
    }

    private async Task<(bool Complete, string Problem, TimeSpan? Asked)> ContinueAsync(
        Uri address, string part, long? byteCount, IProgress<long>? progress, CancellationToken cancellation)
    {
        long length = Length(part);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(patience.Silence);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (length > 0)
            request.Headers.Range = new RangeHeaderValue(length, null);
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
        string status = $"the server answers {(int)response.StatusCode} {response.ReasonPhrase}";
        if (HttpPatience.MayPass(response.StatusCode))
            return (false, status, response.Headers.RetryAfter?.Delta);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            return (response.Content.Headers.ContentRange?.Length == length || Restarted(part), status, null);
        if (!response.IsSuccessStatusCode)
            throw new FetchException($"{address}: {status}{Place(response)}. Is the address still the publisher's?");
        bool appends = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == length;
        await using var file = new FileStream(part, appends ? FileMode.Append : FileMode.Create, FileAccess.Write);
        await CopyAsync(response, file, address, byteCount, progress, silence);
        return (true, "", null);
    }

    private async Task CopyAsync(HttpResponseMessage response, FileStream file, Uri address, long? byteCount, IProgress<long>? progress, CancellationTokenSource silence)
    {
        byte[] buffer = new byte[1 << 16];
        await using Stream body = await response.Content.ReadAsStreamAsync(silence.Token);
        long start = file.Position;
        for (int count; (count = await body.ReadAsync(buffer, silence.Token)) > 0;)
        {
            silence.CancelAfter(patience.Silence);
            await file.WriteAsync(buffer.AsMemory(0, count), silence.Token);
            progress?.Report(file.Position);
            if (file.Position > byteCount)
                throw new FetchException($"{address}: more than the {byteCount} bytes of the published file come; the download was stopped.");
        }
        if (response.Content.Headers.ContentLength is { } announced && file.Position - start < announced)
            throw new IOException($"the connection broke after {file.Position} bytes");
    }

    private static string Place(HttpResponseMessage response) => response.Headers.Location is { } location ? $", to {location}" : "";

    private static bool Restarted(string part)
    {
        File.Delete(part);
        return false;
    }

    private static long Length(string part) => File.Exists(part) ? new FileInfo(part).Length : 0;
}
