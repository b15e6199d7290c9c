using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using QuantSuite.Evaluation;
using Xunit;

namespace QuantSuite.Tests.Cli;

/// <summary>Shares of one matrix, run as the templates of eng/ run them, make the files of one run.</summary>
[Trait("Speed", "Slow")]
public sealed class ShardRunTests : IDisposable
{
    private const int Count = 3;
    private static readonly string[] Rows = ["--model", "microworld-s", "--recipe", "fp32", "rtn-int4-g32", "--task", "arithmetic", "knowledge", "--limit", "8", "--threads", "1"];

    private readonly TestFolder folder = new();

    [Fact]
    public async Task Shares_make_the_files_of_one_run()
    {
        await CommandRun.Of(["run", .. Rows, "--artifacts", folder["whole"], "--baselines", folder["baselines"]]);
        for (int i = 1; i <= Count; i++)
        {
            CommandRun share = await CommandRun.Of(["run", .. Rows, "--shard", $"{i}/{Count}", "--artifacts", folder[$"shards/{i}"], "--baselines", folder["baselines"]]);
            Assert.Contains($"shard {i}/{Count}:", share.Error);
        }
        Merge();
        AssertSame();
    }

    [SkippableFact]
    public async Task Slurm_tasks_and_their_merge_run_as_the_templates_say()
    {
        await CommandRun.Of(["run", .. Rows, "--artifacts", folder["whole"], "--baselines", folder["baselines"]]);
        foreach (int task in Enumerable.Range(5, Count)) // an array may begin anywhere: --array=5-7
            await Bash(File.ReadAllText(Template("slurm/quantsuite.sbatch")), [.. Rows, "--baselines", folder["baselines"]],
                ("SLURM_ARRAY_TASK_ID", $"{task}"), ("SLURM_ARRAY_TASK_MIN", "5"), ("SLURM_ARRAY_TASK_COUNT", $"{Count}"), ("SLURM_CPUS_PER_TASK", "1"));
        await Bash(File.ReadAllText(Template("slurm/merge.sbatch")), ["--baselines", folder["baselines"]], ("MERGED", folder["merged"]));
        AssertSame();
        Assert.True(File.Exists(folder["merged/index.html"]));
        Assert.Contains("<testsuite", File.ReadAllText(folder["merged/junit.xml"]));
    }

    [SkippableFact]
    public async Task Pods_of_the_indexed_job_run_as_the_template_says()
    {
        await CommandRun.Of(["run", .. Rows, "--artifacts", folder["whole"], "--baselines", folder["baselines"]]);
        string[] yaml = File.ReadAllLines(Template("kubernetes/quantsuite-job.yaml"));
        int args = Array.FindIndex(yaml, line => line.Trim() == "- |");
        string script = string.Join('\n', yaml[(args + 1)..].TakeWhile(line => line.StartsWith("              ", StringComparison.Ordinal)).Select(line => line.Trim()));
        Assert.Contains(yaml, line => line.Trim() == "completionMode: Indexed");
        for (int index = 0; index < Count; index++)
            await Bash("set -euo pipefail\n" + script, [], ("JOB_COMPLETION_INDEX", $"{index}"), ("SHARD_COUNT", $"{Count}"),
                ("ARGUMENTS", string.Join(' ', [.. Rows, "--baselines", folder["baselines"]])));
        Merge();
        AssertSame();
    }

    public void Dispose() => folder.Dispose();

    private static string Template(string name) => Path.Combine(Goldens.RepositoryRoot, "eng", name);

    // Results by name, but for what belongs to the machine and the hour.
    private void AssertSame()
    {
        Dictionary<string, string> whole = Results(folder["whole/results"]), merged = Results(folder["merged/results"]);
        Assert.Equal(4, whole.Count);
        Assert.Equal(whole, merged);
    }

    private static Dictionary<string, string> Results(string root) => Directory.EnumerateFiles(root, "*.json", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(root, path), path => Numbers(File.ReadAllText(path)));

    private static string Numbers(string text)
    {
        JsonObject result = JsonNode.Parse(text)!.AsObject();
        result.Remove("cost");
        result.Remove("environment");
        return result.ToJsonString(new JsonSerializerOptions(EvalResultFile.Options));
    }

    private void Merge()
    {
        foreach (string results in Directory.GetDirectories(folder["shards"]).Select(share => Path.Combine(share, "results")).Where(Directory.Exists))
            foreach (string file in Directory.EnumerateFiles(results, "*.json", SearchOption.AllDirectories))
            {
                string target = Path.Combine(folder["merged/results"], Path.GetRelativePath(results, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target, overwrite: false);
            }
    }

    // Rows without a baseline end with exit code 1, which is what a scheduler sees; anything above is a fault.
    private async Task Bash(string script, string[] arguments, params (string Name, string Value)[] variables)
    {
        Skip.IfNot(File.Exists("/bin/bash"), "the templates are for bash, which is not here");
        var start = new ProcessStartInfo("/bin/bash", ["-c", script, "template", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["QUANTSUITE"] = $"dotnet {Path.Combine(AppContext.BaseDirectory, "QuantSuite.Cli.dll")}";
        start.Environment["SLURM_SUBMIT_DIR"] = start.WorkingDirectory = Goldens.RepositoryRoot;
        start.Environment["SHARDS"] = folder["shards"];
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync() + await error;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode is 0 or 1, output);
    }
}
