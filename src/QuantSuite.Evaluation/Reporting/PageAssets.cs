using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Components;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>The style sheet and the script, embedded in this assembly and written into the page, with the policy that lets only them work.</summary>
internal static class PageAssets
{
    private static readonly string StyleText = Read("report.css"), ScriptText = Read("report.js");

    /// <summary>The page's Content-Security-Policy: no network, no style or script but the two of this page, which are named by hash.</summary>
    public static string Policy { get; } =
        $"default-src 'none'; style-src '{Hash(StyleText)}'; script-src '{Hash(ScriptText)}'; base-uri 'none'; form-action 'none'";

    public static MarkupString Style { get; } = new($"<style>{StyleText}</style>");

    public static MarkupString Script { get; } = new($"<script>{ScriptText}</script>");

    /// <summary>The details of the rows, which no browser executes: the index, and the chunks that the script inflates on demand.</summary>
    public static MarkupString Data(Report report)
    {
        (string index, IReadOnlyList<string> chunks) = ReportJson.Of(report);
        var text = new StringBuilder($"<script type=\"application/json\" id=\"data\">{index}</script>\n");
        foreach ((int number, string chunk) in chunks.Index())
            text.Append($"<script type=\"application/octet-stream\" id=\"chunk-{number}\">{chunk}</script>\n");
        return new MarkupString(text.ToString());
    }

    private static string Hash(string text) => "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Read(string name)
    {
        using Stream stream = typeof(PageAssets).Assembly.GetManifestResourceStream($"QuantSuite.Evaluation.Reporting.Assets.{name}")
            ?? throw new InvalidOperationException($"{name} is not embedded in {typeof(PageAssets).Assembly.GetName().Name}");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return "\n" + reader.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
