using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace QuantSuite.Tests.Evaluation;

/// <summary>An HTTP server on this machine whose answers a test writes.</summary>
internal sealed class LocalServer : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly ConcurrentDictionary<string, Action<HttpListenerContext>> answers = new();
    private readonly int port;

    public LocalServer()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        _ = Task.Run(ServeAsync);
    }

    public ConcurrentQueue<HttpListenerRequest> Requests { get; } = new();

    public Uri Address(string path) => new($"http://127.0.0.1:{port}{path}");

    public void On(string path, Action<HttpListenerContext> answer) => answers[path] = answer;

    public void Dispose() => listener.Close();

    /// <summary>Sends bytes, from where the request asks for them on.</summary>
    public static void Send(HttpListenerContext context, byte[] content, int status = 200, bool ranges = true)
    {
        int start = ranges && status == 200 ? Start(context) : 0;
        if (start > 0 && start >= content.Length)
        {
            context.Response.Headers["Content-Range"] = $"bytes */{content.Length}";
            (status, start) = (416, content.Length);
        }
        else if (start > 0)
        {
            context.Response.Headers["Content-Range"] = $"bytes {start}-{content.Length - 1}/{content.Length}";
            status = 206;
        }
        context.Response.StatusCode = status;
        context.Response.ContentLength64 = status < 300 ? content.Length - start : 0;
        if (status < 300)
            context.Response.OutputStream.Write(content, start, content.Length - start);
        context.Response.Close();
    }

    /// <summary>Announces all bytes from a place on, sends some, and breaks the connection unless they were all.</summary>
    public static void SendAndDrop(HttpListenerContext context, byte[] content, int start, int count)
    {
        if (start > 0)
            context.Response.Headers["Content-Range"] = $"bytes {start}-{content.Length - 1}/{content.Length}";
        context.Response.StatusCode = start > 0 ? 206 : 200;
        context.Response.ContentLength64 = content.Length - start;
        context.Response.OutputStream.Write(content, start, count);
        context.Response.OutputStream.Flush();
        if (start + count == content.Length)
            context.Response.Close();
        else
            context.Response.Abort();
    }

    public static void Redirect(HttpListenerContext context, string path)
    {
        context.Response.Redirect(path);
        context.Response.Close();
    }

    public static int Start(HttpListenerContext context) =>
        context.Request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;

    private async Task ServeAsync()
    {
        while (listener.IsListening)
            try
            {
                HttpListenerContext context = await listener.GetContextAsync();
                Requests.Enqueue(context.Request);
                if (answers.TryGetValue(context.Request.Url!.AbsolutePath, out Action<HttpListenerContext>? answer))
                    answer(context);
                else
                    Send(context, [], 404);
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException)
            {
                // The test is over, or the client went away.
            }
    }
}
