using System.CommandLine;
using System.Net.Http.Headers;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Fetching;
using QuantSuite.Evaluation.Rows;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>fetch</c>: a benchmark's files or a model from their publisher, with hashes checked. The one verb that uses the network, and only when typed.</summary>
public sealed class FetchVerb : Verb
{
    private readonly Argument<string[]> what = new("what") { Description = "Tasks by name, or models of the Hugging Face Hub as owner/name[@revision].", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> to = new("--to") { Description = "The folder. Default: for data the first of QUANTSUITE_DATA, else data/; for models models/." };
    private readonly Option<string?> pattern = new("--file") { Description = "Of a model: only files of this name, * for any letters (*Q4_K_M.gguf). Default: configuration, tokenizer, safetensors." };

    /// <summary>The verb.</summary>
    public FetchVerb()
        : base("fetch", "Get benchmarks and models from their publishers; hashes are checked, a stopped download goes on.",
            "fetch gsm8k mmlu_5shot", "fetch HuggingFaceTB/SmolLM2-135M-Instruct", "fetch bartowski/Qwen2.5-0.5B-Instruct-GGUF --file *Q4_K_M.gguf --to models")
    {
        Add(what);
        Add(to);
        Add(pattern);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        using var http = new HttpClient(new SocketsHttpHandler { MaxAutomaticRedirections = 10, ConnectTimeout = TimeSpan.FromSeconds(30) }) { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("quantsuite", "1"));
        int leftCount = 0;
        foreach (string name in arguments.GetRequiredValue(what))
            leftCount += name.Contains('/') && !name.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase)
                ? Model(http, name, arguments, terminal, cancellation)
                : Data(http, EvalTasks.Get(name), arguments, terminal, cancellation);
        return leftCount == 0 ? ExitCode.Done : ExitCode.BadInput;
    }

    private int Data(HttpClient http, EvalTask task, ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        IReadOnlyList<PublishedFile> files = PublishedFiles.Of(task);
        string folder = arguments.GetValue(to) ?? EvalSettings.FromEnvironment().Data.FirstOrDefault() ?? "data";
        if (files.Count == 0)
        {
            terminal.Say($"{task.Name} ships with the suite or is your own: nothing to fetch.");
            return 0;
        }
        var fetch = new BenchmarkFetch(new Download(http, HttpPatience.Default), folder);
        IReadOnlyList<PublishedFile> left = fetch.GetAsync(files, terminal.Say, (file, bytes) => terminal.Progress($"{file}: {bytes} bytes"), cancellation).GetAwaiter().GetResult();
        foreach (PublishedFile file in left)
            terminal.Say($"{file.Path} is published by no one as it is read here: {file.Address}. Expected: {file.ByteCount} bytes, {file.Hash}, in '{folder}'.");
        terminal.Out.WriteLine($"{task.Name}: {files.Count - left.Count} of {files.Count} files in {folder}");
        return left.Count;
    }

    private int Model(HttpClient http, string name, ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        string[] parts = name.Split('@', 2);
        var endpoint = new Uri(Environment.GetEnvironmentVariable(HubModel.Variable) is { Length: > 0 } named ? named : "https://huggingface.co");
        var model = new HubModel(http, HttpPatience.Default, endpoint, parts[0], parts.Length > 1 ? parts[1] : "main");
        IReadOnlyList<HubFile> files = HubModel.Pick(model.ListAsync(cancellation).GetAwaiter().GetResult(), arguments.GetValue(pattern));
        if (files.Count == 0)
            throw new FetchException($"'{name}' has no file {arguments.GetValue(pattern) ?? "that a model is loaded from"}.");
        string folder = Path.Combine(arguments.GetValue(to) ?? "models", parts[0].Split('/')[^1].ToLowerInvariant());
        foreach (HubFile file in files)
        {
            var progress = new ImmediateProgress<long>(bytes => terminal.Progress($"{file.Path}: {bytes} of {file.ByteCount} bytes"));
            bool got = model.GetAsync(file, folder, progress, cancellation).GetAwaiter().GetResult();
            terminal.Say($"{file.Path}: {file.ByteCount} bytes {(got ? "got" : "were there")}, {file.Hash}");
        }
        terminal.Out.WriteLine(folder);
        return 0;
    }
}
