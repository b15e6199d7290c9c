using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using QuantSuite.Evaluation.Reporting.Components;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// A folder of results to one self-contained page: Razor components rendered to a string, with the style sheet, the script and the
/// details of each row inside the same file. It opens from disk, asks the network for nothing (its Content-Security-Policy says so and
/// lets no script run but its own, by hash), and is a function of the results alone: same results, same bytes.
/// </summary>
public static class HtmlReport
{
    /// <summary>Reads all results below <paramref name="resultsFolder"/>, compares them with the approved baselines and writes the page.</summary>
    /// <param name="resultsFolder">Searched with its subfolders for <c>*.json</c>; may be empty or absent, which the page then says.</param>
    /// <param name="baselinesFolder">Approved baselines, <c>&lt;model&gt;/&lt;task&gt;/&lt;recipe&gt;.verified.json</c>.</param>
    /// <param name="outputPath">The page, usually <c>artifacts/report/index.html</c>; replaced in one step.</param>
    /// <param name="options">What else the page should show; the default is nothing.</param>
    /// <returns>What the page shows.</returns>
    public static Report Write(string resultsFolder, string baselinesFolder, string outputPath, ReportOptions? options = null)
    {
        Report report = Report.Read(resultsFolder, baselinesFolder, options);
        AtomicFile.Write(outputPath, Encoding.UTF8.GetBytes(Render(report)));
        return report;
    }

    /// <summary>The page as HTML text.</summary>
    public static string Render(Report report)
    {
        using ServiceProvider services = new ServiceCollection().BuildServiceProvider();
        HtmlRenderer renderer = new(services, NullLoggerFactory.Instance);
        try
        {
            return renderer.Dispatcher.InvokeAsync(() => RenderAsync(renderer, report)).GetAwaiter().GetResult();
        }
        finally
        {
            renderer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static async Task<string> RenderAsync(HtmlRenderer renderer, Report report)
    {
        var parameters = new Dictionary<string, object?> { [nameof(ReportPage.Report)] = report };
        var root = await renderer.RenderComponentAsync<ReportPage>(ParameterView.FromDictionary(parameters));
        return "<!DOCTYPE html>\n" + root.ToHtmlString() + "\n";
    }
}
