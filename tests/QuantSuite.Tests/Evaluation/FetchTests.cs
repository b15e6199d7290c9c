using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Fetching;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>Downloads against a server on this machine that drops, redirects, fails and lies. No test uses the network.</summary>
public sealed class FetchTests : IDisposable
{
    private static readonly HttpPatience Hasty = new(4, TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));

    private readonly TestFolder folder = new();
    private readonly LocalServer server = new();
    private readonly HttpClient http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly byte[] content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7919 >> 3))];

    public void Dispose()
    {
        http.Dispose();
        server.Dispose();
        folder.Dispose();
    }

    private FileHash Hash => Sha256(content);

    private Download Download => new(http, Hasty);

    [Fact]
    public async Task A_file_is_got_once()
    {
        server.On("/a", context => LocalServer.Send(context, content));
        Assert.True(await Download.GetAsync(server.Address("/a"), folder["x/a"], Hash, content.Length));
        Assert.Equal(content, await File.ReadAllBytesAsync(folder["x/a"]));
        Assert.False(await Download.GetAsync(server.Address("/a"), folder["x/a"], Hash));
        Assert.Single(server.Requests);
        Assert.False(File.Exists(folder["x/a.part"]));
    }

    [Fact]
    public async Task A_stopped_download_goes_on_where_it_stopped()
    {
        server.On("/a", context => LocalServer.Send(context, content));
        await File.WriteAllBytesAsync(folder["a.part"], content[..100_000]);
        await Download.GetAsync(server.Address("/a"), folder["a"], Hash);
        Assert.Equal(content, await File.ReadAllBytesAsync(folder["a"]));
        Assert.Equal("bytes=100000-", server.Requests.Single().Headers["Range"]);
    }

    [Fact]
    public async Task A_server_without_ranges_sends_all_again()
    {
        server.On("/a", context => LocalServer.Send(context, content, ranges: false));
        await File.WriteAllBytesAsync(folder["a.part"], content[..100_000]);
        await Download.GetAsync(server.Address("/a"), folder["a"], Hash);
        Assert.Equal(content, await File.ReadAllBytesAsync(folder["a"]));
    }

    [Fact]
    public async Task A_part_that_is_whole_already_is_taken()
    {
        server.On("/a", context => LocalServer.Send(context, content));
        await File.WriteAllBytesAsync(folder["a.part"], content);
        await Download.GetAsync(server.Address("/a"), folder["a"], Hash);
        Assert.Equal(content, await File.ReadAllBytesAsync(folder["a"]));
    }

    [Fact]
    public async Task A_part_of_another_file_is_thrown_away()
    {
        server.On("/a", context => LocalServer.Send(context, content));
        await File.WriteAllBytesAsync(folder["a.part"], new byte[5000]);
        await Download.GetAsync(server.Address("/a"), folder["a"], Hash);
        Assert.Equal(content, await File.ReadAllBytesAsync(folder["a"]));
    }

    [Fact]
    public async Task Dropped_connections_are_taken_up_again_as_long_as_bytes_come()
    {
        int sent = 0;
        server.On("/a", context =>
        {
            int start = LocalServer.Start(context);
            sent++;
            LocalServer.SendAndDrop(context, content, start, Math.Min(40_000, content.Length - start));
        });
        await Download.GetAsync(server.Address("/a"), folder["a"], Hash);
        Assert.Equal(content, await File.ReadAllBytesAsync(folder["a"]));
        Assert.True(sent > Hasty.AttemptCount);
    }

    [Fact]
    public async Task Faults_of_the_server_are_tried_again_and_then_named()
    {
        int failures = 2;
        server.On("/a", context => LocalServer.Send(context, content, failures-- > 0 ? 503 : 200));
        await Download.GetAsync(server.Address("/a"), folder["a"], Hash);
        server.On("/b", context => LocalServer.Send(context, [], 500));
        var error = await Assert.ThrowsAsync<FetchException>(() => Download.GetAsync(server.Address("/b"), folder["b"], Hash));
        Assert.Contains("500", error.Message, StringComparison.Ordinal);
        Assert.Contains("tried 4 times", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_not_tried_again()
    {
        server.On("/a", context => LocalServer.Send(context, [], 404));
        var error = await Assert.ThrowsAsync<FetchException>(() => Download.GetAsync(server.Address("/a"), folder["a"], Hash));
        Assert.Contains("404", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Redirects_are_followed_with_the_range()
    {
        server.On("/a", context => LocalServer.Redirect(context, "/b"));
        server.On("/b", context => LocalServer.Redirect(context, "/c"));
        server.On("/c", context => LocalServer.Send(context, content));
        await File.WriteAllBytesAsync(folder["a.part"], content[..10]);
        await Download.GetAsync(server.Address("/a"), folder["a"], Hash);
        Assert.Equal(content, await File.ReadAllBytesAsync(folder["a"]));
        Assert.Equal("bytes=10-", server.Requests.Last().Headers["Range"]);
    }

    [Fact]
    public async Task Another_content_is_refused_with_both_hashes()
    {
        server.On("/a", context => LocalServer.Send(context, [1, 2, 3]));
        var error = await Assert.ThrowsAsync<FetchException>(() => Download.GetAsync(server.Address("/a"), folder["a"], Hash));
        Assert.Contains(Hash.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Contains(Sha256([1, 2, 3]).ToString(), error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["a"]) || File.Exists(folder["a.part"]));
        await File.WriteAllBytesAsync(folder["a"], [4]);
        error = await Assert.ThrowsAsync<FetchException>(() => Download.GetAsync(server.Address("/a"), folder["a"], Hash));
        Assert.Contains("Move it away", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_was_published_is_cut_off()
    {
        server.On("/a", context => LocalServer.Send(context, content));
        var error = await Assert.ThrowsAsync<FetchException>(() => Download.GetAsync(server.Address("/a"), folder["a"], Hash, byteCount: 1000));
        Assert.Contains("more than the 1000 bytes", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/data.zip")]
    [InlineData("/data.tar")]
    public async Task Members_of_an_archive_are_unpacked_and_checked(string archive)
    {
        server.On(archive, context => LocalServer.Send(context, archive.EndsWith("zip", StringComparison.Ordinal) ? Zip("in/a.csv", content) : Tar("in/a.csv", content)));
        var file = new PublishedFile("set/a.csv", content.Length, Hash.Hex, server.Address(archive).ToString(), "in/a.csv");
        var byHand = new PublishedFile("set/b.csv", 1, "00", "see https://example.org/b", "");
        var fetch = new BenchmarkFetch(Download, folder.Path);
        Assert.Equal([byHand], await fetch.GetAsync([file, byHand], _ => { }, (_, _) => { }));
        Assert.Equal(content, await File.ReadAllBytesAsync(folder["set/a.csv"]));
        await fetch.GetAsync([file], _ => { }, (_, _) => { });
        Assert.Single(server.Requests);
        var other = file with { Path = "set/c.csv", Sha256 = new string('0', 64) };
        Assert.Contains("expected sha256:000", (await Assert.ThrowsAsync<FetchException>(() => fetch.GetAsync([other], _ => { }, (_, _) => { }))).Message, StringComparison.Ordinal);
        var absent = file with { Path = "set/d.csv", Member = "in/d.csv" };
        Assert.Contains("in/d.csv", (await Assert.ThrowsAsync<FetchException>(() => fetch.GetAsync([absent], _ => { }, (_, _) => { }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_of_the_hub_is_checked_by_the_hub_s_hashes()
    {
        byte[] config = "{}"u8.ToArray();
        string git = Convert.ToHexStringLower(SHA1.HashData([.. "blob 2\0"u8, .. config]));
        server.On("/api/models/o/m/tree/main", context => LocalServer.Send(context, Encoding.UTF8.GetBytes($$"""
            [{"type": "directory", "path": "x", "oid": "1", "size": 0}, {"type": "file", "path": "config.json", "oid": "{{git}}", "size": 2},
             {"type": "file", "path": "model.safetensors", "oid": "1", "size": {{content.Length}}, "lfs": {"oid": "{{Hash.Hex}}", "size": {{content.Length}}} },
             {"type": "file", "path": "README.md", "oid": "2", "size": 5}]
            """)));
        server.On("/o/m/resolve/main/config.json", context => LocalServer.Send(context, config));
        server.On("/o/m/resolve/main/model.safetensors", context => LocalServer.Send(context, content));
        var model = new HubModel(http, Hasty, server.Address("/"), "o/m", "main");
        IReadOnlyList<HubFile> files = HubModel.Pick(await model.ListAsync(), null);
        Assert.Equal(["config.json", "model.safetensors"], files.Select(file => file.Path));
        Assert.Equal(["README.md"], HubModel.Pick(await model.ListAsync(), "*.md").Select(file => file.Path));
        foreach (HubFile file in files)
            Assert.True(await model.GetAsync(file, folder.Path));
        Assert.Equal(content, await File.ReadAllBytesAsync(folder["model.safetensors"]));
    }

    [Theory]
    [InlineData("../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("a/../../evil")]
    public async Task A_listing_that_leads_out_of_the_folder_is_refused(string path)
    {
        server.On("/api/models/o/m/tree/main", context => LocalServer.Send(context, Encoding.UTF8.GetBytes($$"""[{"type": "file", "path": "{{path}}", "oid": "1", "size": 1}]""")));
        var model = new HubModel(http, Hasty, server.Address("/"), "o/m", "main");
        Assert.Contains("outside", (await Assert.ThrowsAsync<FetchException>(() => model.ListAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_benchmark_says_where_its_files_come_from()
    {
        foreach (EvalTask task in EvalTasks.All.Where(task => EvalData.Default("").Find(task.Source) is null))
        {
            IReadOnlyList<PublishedFile> files = PublishedFiles.Of(task);
            Assert.NotEmpty(files);
            Assert.NotEmpty(task.Paper);
            Assert.All(files, file => Assert.Matches("^[0-9a-f]{64}$", file.Sha256));
            Assert.All(files, file => Assert.NotEmpty(file.Publisher));
        }
    }

    [SkippableFact]
    public void The_stated_hashes_are_those_of_the_files_that_the_tasks_were_tried_on()
    {
        string data = Goldens.RequireShared("data");
        PublishedFile[] there = [.. PublishedFiles.All.Where(file => File.Exists(Path.Combine(data, file.Path)))];
        Assert.NotEmpty(there);
        Assert.All(there, file => Assert.Equal(file.Hash, file.Hash.Of(Path.Combine(data, file.Path))));
    }

    private static FileHash Sha256(byte[] bytes) => new("sha256", Convert.ToHexStringLower(SHA256.HashData(bytes)));

    private static byte[] Zip(string name, byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create))
        using (Stream entry = archive.CreateEntry(name).Open())
            entry.Write(bytes);
        return stream.ToArray();
    }

    private static byte[] Tar(string name, byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var archive = new TarWriter(stream, leaveOpen: true))
            archive.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
        return stream.ToArray();
    }
}
