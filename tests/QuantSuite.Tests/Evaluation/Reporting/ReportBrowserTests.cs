using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using QuantSuite.Evaluation.Reporting;
using Xunit;
using Xunit.Abstractions;

namespace QuantSuite.Tests.Evaluation.Reporting;

/// <summary>The page in headless Chromium, opened from disk as a reader would.</summary>
[Trait("Speed", "Slow")]
public sealed class ReportBrowserTests : IClassFixture<ReportBrowserTests.Page>
{
    private readonly Page _page;
    private readonly ITestOutputHelper _output;

    public ReportBrowserTests(Page page, ITestOutputHelper output) => (_page, _output) = (page, output);

    /// <summary>One browser and one written page for all tests of the class.</summary>
    public sealed class Page : IAsyncLifetime
    {
        private static readonly string[] Chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

        private IPlaywright? _playwright;
        private IBrowser? _browser;

        public string Folder { get; } = Directory.CreateTempSubdirectory("quantsuite-page-").FullName;

        public async Task InitializeAsync()
        {
            File.WriteAllText(Path.Combine(Folder, "index.html"), HtmlReport.Render(SyntheticReport.Report()));
            if (Chromium.FirstOrDefault(File.Exists) is not { } executable)
                return;
            _playwright = await Playwright.CreateAsync();
            string[] arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
            _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = executable, Args = arguments });
        }

        public async Task<IPage> OpenAsync(int width = 1280, ColorScheme light = ColorScheme.Light, string file = "index.html")
        {
            Skip.If(_browser is null, $"no browser: none of {string.Join(", ", Chromium)} is installed (apt-get install chromium)");
            IBrowserContext context = await _browser!.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = light });
            await context.SetOfflineAsync(true);
            IPage page = await context.NewPageAsync();
            List<string> errors = [];
            page.PageError += (_, error) => errors.Add(error);
            page.Console += (_, message) => errors.AddRange(message.Type == "error" ? [message.Text] : []);
            await page.GotoAsync($"{new Uri(Folder).AbsoluteUri}/{file}");
            Assert.Empty(errors);
            return page;
        }

        public async Task DisposeAsync()
        {
            if (_browser is not null)
                await _browser.DisposeAsync();
            _playwright?.Dispose();
            Directory.Delete(Folder, recursive: true);
        }
    }

    [SkippableTheory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(400, ColorScheme.Light)]
    [InlineData(400, ColorScheme.Dark)]
    public async Task Reads_well_and_breaks_no_accessibility_rule(int width, ColorScheme light)
    {
        IPage page = await _page.OpenAsync(width, light);
        await page.Locator(".legend > summary").ClickAsync();
        await page.Locator("tr[id='microworld-m/knowledge/rtn-int2-g32'] .open").ClickAsync();
        await page.Locator(".item > summary").First.ClickAsync();
        Assert.Empty(await page.EvaluateAsync<string[]>(TooWide));
        Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        Assert.Empty(await ViolationsAsync(page));

        await page.Locator("input[name=text]").FillAsync("microworld-m knowledge");
        await ScreenshotAsync(page, $"report-{width}-{light}".ToLowerInvariant());
    }

    [SkippableTheory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(400, ColorScheme.Dark)]
    public async Task Every_section_reads_well(int width, ColorScheme light)
    {
        using TestFolder folder = new();
        File.WriteAllText(Path.Combine(_page.Folder, "full.html"), HtmlReport.Render(FullReport.Write(folder)));
        IPage page = await _page.OpenAsync(width, light, "full.html");
        await page.EvaluateAsync("document.querySelectorAll('main details').forEach(d => d.open = true)");
        Assert.Empty(await page.EvaluateAsync<string[]>(TooWide));
        Assert.Empty(await ViolationsAsync(page));
        await ScreenshotAsync(page, $"report-full-{width}");
    }

    // Opening and filtering are measured and told, not asserted: how fast is the machine's matter. docs/report.md has figures.
    [SkippableFact]
    public async Task Two_thousand_rows_of_two_hundred_items_open_filter_and_show_an_item()
    {
        string html = HtmlReport.Render(SyntheticReport.Report(200, [.. Enumerable.Range(0, 28).Select(i => $"model-{i}")]));
        File.WriteAllText(Path.Combine(_page.Folder, "large.html"), html);
        IPage page = await _page.OpenAsync(file: "large.html");
        double opened = await page.EvaluateAsync<double>("performance.getEntriesByType('navigation')[0].loadEventEnd");
        double openedThread = await ReloadedThreadSecondsAsync(page);
        double filtered = await page.EvaluateAsync<double>("""
            async () => {
              const box = document.querySelector('input[name=text]'), start = performance.now();
              box.value = 'int4 retrieval';
              box.dispatchEvent(new Event('input', { bubbles: true }));
              await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
              return performance.now() - start;
            }
            """);
        Assert.Equal("168 of 2016 rows", await page.Locator("#shown").TextContentAsync());
        await Assertions.Expect(VisibleRows(page)).ToHaveCountAsync(168);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await VisibleRows(page).Nth(100).Locator(".open").PressAsync("Enter");
        await page.Locator(".panel .item > summary").First.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".item[open] .prompt")).ToBeVisibleAsync();
        _output.WriteLine(FormattableString.Invariant(
            $"{html.Length / 1e6:0.0} MB; open {opened:0} ms of wall, {openedThread * 1000:0} ms of the page's thread; filter {filtered:0} ms, a row's item {watch.ElapsedMilliseconds} ms"));
        await page.Locator("input[name=text]").FillAsync("");
        await Assertions.Expect(VisibleRows(page)).ToHaveCountAsync(200);
        await page.Locator("#more-rows button").PressAsync("Enter");
        await Assertions.Expect(VisibleRows(page)).ToHaveCountAsync(400);
    }

    // What the page's main thread itself computed, whatever else the machine did meanwhile.
    private static async Task<double> ReloadedThreadSecondsAsync(IPage page)
    {
        ICDPSession session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Performance.enable", new Dictionary<string, object> { ["timeDomain"] = "threadTicks" });
        await page.ReloadAsync();
        System.Text.Json.JsonElement metrics = (await session.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics");
        return metrics.EnumerateArray().First(metric => metric.GetProperty("name").GetString() == "TaskDuration").GetProperty("value").GetDouble();
    }

    [SkippableFact]
    public async Task Filters_by_keyboard_and_says_how_many_rows_are_left()
    {
        IPage page = await _page.OpenAsync();
        await page.Locator("input[name=text]").FocusAsync();
        await page.Keyboard.TypeAsync("int4 retrieval");
        int shown = await VisibleRows(page).CountAsync();
        Assert.Equal(2 * 3 * 2, shown);
        Assert.Equal($"{shown} of 144 rows", await page.Locator("#shown").TextContentAsync());

        await page.Locator("select[name=model]").SelectOptionAsync("microworld-s");
        Assert.Equal(6, await VisibleRows(page).CountAsync());
        await page.Locator("input[name=text]").FillAsync("no such row");
        Assert.True(await page.Locator("#nothing").IsVisibleAsync());
        await page.Locator("#nothing button").ClickAsync();
        await Assertions.Expect(VisibleRows(page)).ToHaveCountAsync(144);
    }

    [SkippableFact]
    public async Task A_verdict_tile_shows_its_rows()
    {
        IPage page = await _page.OpenAsync();
        await page.Locator(".show[data-verdict=Fail]").ClickAsync();
        int failed = SyntheticReport.Report().Rows.Count(row => row.Verdict.Kind == QuantSuite.Evaluation.Baselines.VerdictKind.Fail);
        Assert.NotEqual(0, failed);
        await Assertions.Expect(VisibleRows(page)).ToHaveCountAsync(failed);
        Assert.All(await VisibleRows(page).Locator(".badge").AllTextContentsAsync(), text => Assert.Equal("Fail", text));
    }

    [SkippableFact]
    public async Task Sorts_by_number_both_ways_and_says_so()
    {
        IPage page = await _page.OpenAsync();
        ILocator header = page.Locator("#table th:has([data-sort=full])");
        foreach (string direction in new[] { "ascending", "descending" })
        {
            await header.Locator("button").PressAsync("Enter");
            Assert.Equal(direction, await header.GetAttributeAsync("aria-sort"));
            double[] values = await page.EvaluateAsync<double[]>(
                "[...document.querySelectorAll('#table tbody tr')].map(r => r.cells[6].dataset.v).filter(v => v !== '').map(Number)");
            Assert.Equal(direction == "ascending" ? values.Order() : values.OrderDescending(), values);
            Assert.Equal("", await page.EvaluateAsync<string>("document.querySelector('#table tbody tr:last-child').cells[6].dataset.v"));
        }
    }

    [SkippableFact]
    public async Task Opens_a_row_and_an_item_by_keyboard()
    {
        IPage page = await _page.OpenAsync();
        Assert.Equal(0, await page.Locator(".panel").CountAsync());
        ILocator open = page.Locator("tr[id='microworld-m/knowledge/rtn-int2-g32'] .open");
        await open.PressAsync("Enter");
        Assert.Equal("true", await open.GetAttributeAsync("aria-expanded"));
        Assert.Contains("of 200 items differ", await page.Locator(".panel .words").TextContentAsync());

        await page.Locator(".item > summary").First.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".item[open] .prompt")).ToContainTextAsync("Who keeps the");
        Assert.Equal(4, await page.Locator(".item[open] tbody tr").CountAsync());

        await open.PressAsync("Enter");
        Assert.False(await page.Locator(".panel").IsVisibleAsync());
    }

    [SkippableFact]
    public async Task Walks_from_a_failing_verdict_to_the_prompt_of_a_flipped_item_by_keyboard_alone()
    {
        IPage page = await _page.OpenAsync();
        await TabToAsync(page, ".attention.Fail a");
        string row = await page.EvaluateAsync<string>("document.activeElement.textContent");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".panel h3").First).ToHaveTextAsync(row);
        Assert.Equal("open", await page.EvaluateAsync<string>("document.activeElement.className"));
        await TabToAsync(page, ".item > summary");
        Assert.Matches("lost|gained|fell|rose", await page.EvaluateAsync<string>("document.activeElement.textContent"));
        await page.Keyboard.PressAsync("Enter");
        await page.Locator(".item[open] .prompt").WaitForAsync();
        await TabToAsync(page, ".item[open] .prompt");
        await Assertions.Expect(page.Locator(".item[open] .prompt")).ToBeInViewportAsync();
        Assert.Empty(await ViolationsAsync(page));
    }

    // Presses Tab as a reader would, and fails where the focus cannot get there or cannot be seen on its way.
    private static async Task TabToAsync(IPage page, string selector)
    {
        for (int press = 0; press < 400; press++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<bool>("selector => document.activeElement.matches(selector)", selector))
                return;
        }
        Assert.Fail($"400 presses of Tab do not lead to {selector}");
    }

    [SkippableFact]
    public async Task A_cell_of_the_heat_map_leads_to_its_row()
    {
        IPage page = await _page.OpenAsync();
        await page.Locator(".heat td a").First.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".panel h3").First).ToHaveTextAsync("microworld-m · arithmetic · fp32-kv4");
    }

    [SkippableFact]
    public async Task An_address_with_a_row_opens_it()
    {
        IPage page = await _page.OpenAsync(file: "index.html#microworld-s/stories/rtn-int2-g32");
        await Assertions.Expect(page.Locator(".panel h3").First).ToBeInViewportAsync();
        await page.Locator(".item > summary").First.ClickAsync();
        await Assertions.Expect(page.Locator(".item[open]")).ToContainTextAsync("score, fp32");
    }

    [SkippableFact]
    public async Task The_theme_button_overrules_the_system()
    {
        IPage page = await _page.OpenAsync(light: ColorScheme.Light);
        string Ground() => page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor").GetAwaiter().GetResult();
        string light = Ground();
        await page.Locator("#theme").ClickAsync();
        Assert.Equal(light, Ground());
        await page.Locator("#theme").ClickAsync();
        Assert.NotEqual(light, Ground());
        await page.ReloadAsync();
        Assert.Equal("Theme: dark", await page.Locator("#theme").TextContentAsync());
    }

    [SkippableFact]
    public async Task Hostile_text_stays_text()
    {
        File.WriteAllText(Path.Combine(_page.Folder, "hostile.html"), HtmlReport.Render(HostileReport.Report()));
        IPage page = await _page.OpenAsync(file: "hostile.html");
        await page.Locator(".open").Nth(1).ClickAsync();
        await page.Locator(".item > summary").First.WaitForAsync();
        foreach (ILocator summary in await page.Locator(".item > summary").AllAsync())
            await summary.ClickAsync();
        Assert.False(await page.EvaluateAsync<bool>("'hacked' in window"));
        Assert.Equal(0, await page.Locator("img, iframe, main script, [onerror]").CountAsync());
        Assert.Contains(HostileReport.Script, await page.Locator(".prompt").First.TextContentAsync());
    }

    [SkippableFact]
    public async Task An_empty_folder_makes_a_page_that_says_what_to_run()
    {
        File.WriteAllText(Path.Combine(_page.Folder, "empty.html"), HtmlReport.Render(new Report { Rows = [] }));
        IPage page = await _page.OpenAsync(400, ColorScheme.Dark, "empty.html");
        Assert.Contains("dotnet test evals/QuantSuite.Evals", await page.Locator("main").TextContentAsync());
        await ScreenshotAsync(page, "report-empty");
        Assert.Empty(await ViolationsAsync(page));
    }

    // What reaches beyond the window, outside the boxes that scroll by themselves.
    private const string TooWide = """
        [...document.querySelectorAll('body *')]
            .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
            .filter(e => !e.closest('.scroll, nav, .strip, .sr, .skip'))
            .map(e => `${e.tagName}.${e.getAttribute('class')} in ${e.closest('section')?.id}: ${e.textContent.trim().slice(0, 40)}`)
        """;

    private static ILocator VisibleRows(IPage page) => page.Locator("#table tbody tr:visible");

    private static async Task<IEnumerable<string>> ViolationsAsync(IPage page)
    {
        AxeResult result = await page.RunAxe();
        return result.Violations.Select(v => $"{v.Id}: {v.Help} ({string.Join("; ", v.Nodes.Take(3).Select(n => n.Html))})");
    }

    private static async Task ScreenshotAsync(IPage page, string name)
    {
        string folder = Path.Combine(Goldens.RepositoryRoot, "artifacts", "screenshots");
        Directory.CreateDirectory(folder);
        await page.EvaluateAsync("scrollTo(0, 0)");
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }
}
