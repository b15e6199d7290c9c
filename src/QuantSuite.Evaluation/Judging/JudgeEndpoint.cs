using System.Net.Http.Json;
using System.Text.Json;
using QuantSuite.Evaluation.Fetching;

namespace QuantSuite.Evaluation.Judging;

/// <summary>A model behind an OpenAI-style endpoint (<c>/chat/completions</c>). Time-outs, drops, 429 and 5xx are tried again with growing pauses.</summary>
/// <param name="http">Makes the requests; a key goes into its Authorization header.</param>
/// <param name="endpoint">e.g. <c>https://api.openai.com/v1</c>.</param>
/// <param name="model">The judge's name there.</param>
public sealed class JudgeEndpoint(HttpClient http, Uri endpoint, string model, HttpPatience patience)
{
    /// <summary>The judge's answer at temperature 0.</summary>
    /// <exception cref="FetchException">The endpoint refuses, or does not answer.</exception>
    public async Task<string> AskAsync(string system, string question, CancellationToken cancellation = default)
    {
        var address = new Uri(endpoint.ToString().TrimEnd('/') + "/chat/completions");
        var body = new
        {
            model,
            messages = new[] { new { role = "system", content = system }, new { role = "user", content = question } },
            temperature = 0,
            max_tokens = 2048,
        };
        for (int failureCount = 1; ; failureCount++)
        {
            (string? answer, string problem, TimeSpan? asked) = await TryAsync(address, body, cancellation);
            if (answer is not null)
                return answer;
            if (failureCount >= patience.AttemptCount)
                throw new FetchException($"{address}: {problem}; tried {failureCount} times. Judgments so far are saved: the same command goes on from there.");
            await Task.Delay(patience.Pause(failureCount, asked), cancellation);
        }
    }

    private async Task<(string? Answer, string Problem, TimeSpan? Asked)> TryAsync(Uri address, object body, CancellationToken cancellation)
    {
        try
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            silence.CancelAfter(patience.Silence);
            using HttpResponseMessage response = await http.PostAsJsonAsync(address, body, silence.Token);
            string text = await response.Content.ReadAsStringAsync(silence.Token);
            if (HttpPatience.MayPass(response.StatusCode))
                return (null, $"the endpoint answers {(int)response.StatusCode}", response.Headers.RetryAfter?.Delta);
            if (response.IsSuccessStatusCode && string.IsNullOrWhiteSpace(text))
                return (null, "the endpoint's answer is empty", null);
            return response.IsSuccessStatusCode ? (Content(text), "", null)
                : throw new FetchException($"{address}: the endpoint answers {(int)response.StatusCode}: {(text.Length > 300 ? text[..300] : text)}");
        }
        catch (Exception exception) when (HttpPatience.MayPass(exception, cancellation))
        {
            return (null, patience.Words(exception), null);
        }

        string Content(string text)
        {
            try
            {
                using var document = JsonDocument.Parse(text);
                return document.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString() ?? "";
            }
            catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
            {
                throw new FetchException($"{address}: the answer is no chat completion: {(text.Length > 300 ? text[..300] : text)}", exception);
            }
        }
    }
}
