using QuantSuite.Cli;
using Xunit;

namespace QuantSuite.Tests.Cli;

/// <summary>Bad input ends with a message of what, got, expected, remedy, and exit code 2; nothing is half-written, and no stack trace is shown.</summary>
public class BadInputTests
{
    private static readonly string Model = Path.Combine(Goldens.RepositoryRoot, "evals/models/microworld-s");

    [Theory]
    [InlineData("gptqq-int4-g128", "gptqq")]
    [InlineData("rtm-int4", "did you mean rtn?")]
    [InlineData("rtn-int9", "int9")]
    [InlineData("rtn-int4-g0", "g0")]
    public async Task An_unknown_recipe(string recipe, string complaint) => await AssertRefused(complaint, "run", "--model", "microworld-s", "--recipe", recipe, "--task", "knowledge");

    [Fact]
    public async Task A_model_folder_that_does_not_exist()
    {
        await AssertRefused("no/such/model", "run", "--model", "no/such/model");
        await AssertRefused("no/such/model", "inspect", "no/such/model");
        await AssertRefused("no/such/model", "logits", "no/such/model", "--ids", "1", "-o", "x.bin");
    }

    [Theory]
    [InlineData("{\"context\": \"a\", \"continuation\": \"b\"}\n{\"context\": \"a\", \"contin", 2)]
    [InlineData("{\"context\": \"a\"}", 1)]
    [InlineData("{\"context\": 1, \"continuation\": \"b\"}", 1)]
    [InlineData("{\"text\": \"a\"}\n\n{\"context\": \"a\", \"until\": [], \"max_tokens\": 0}", 3)]
    public async Task A_broken_line_of_requests_is_named(string requests, int line)
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["in.jsonl"], requests);
        await AssertRefused($"in.jsonl({line})", "score", "microworld-s", "--requests", folder["in.jsonl"], "-o", folder["out.jsonl"]);
        Assert.False(File.Exists(folder["out.jsonl"]));
    }

    [Fact]
    public async Task A_broken_line_of_items_is_named()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["mine.jsonl"], "{\"id\": \"1\", \"prompt\": \"a\", \"target\": \"b\"}\n{\"id\": \"2\", \"prompt\": \"a\"}\n");
        await AssertRefused("mine.jsonl(2)", "run", "--model", "microworld-s", "--recipe", "fp32", "--task", folder["mine.jsonl"], "--artifacts", folder["out"], "--baselines", folder["baselines"]);
        Assert.Empty(Directory.Exists(folder["out"]) ? Directory.GetFiles(folder["out"], "*", SearchOption.AllDirectories) : []);
    }

    [Theory]
    [InlineData("\"model_type\": \"llama\"", "\"model_type\": \"lama\"", "lama")]
    [InlineData("\"rope_theta\": 10000.0", "\"rope_theta\": 10000.0, \"rope_scaling\": {\"type\": \"mystery\", \"factor\": 2}", "mystery")]
    [InlineData("\"hidden_size\": 128", "\"hidden_size\": 160", "shape")]
    [InlineData("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 5", "layers.4")]
    [InlineData("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 3", "layers.3")]
    [InlineData("\"hidden_act\": \"silu\"", "\"hidden_act\": \"gelo\"", "gelo")]
    public async Task A_configuration_that_the_weights_or_the_engine_contradict(string from, string to, string complaint)
    {
        using var folder = new TestFolder();
        CopyModel(folder.Path);
        string config = File.ReadAllText(folder["config.json"]);
        Assert.Contains(from, config);
        File.WriteAllText(folder["config.json"], config.Replace(from, to));
        await AssertRefused(complaint, "logits", folder.Path, "--ids", "1", "-o", folder["out.bin"]);
        Assert.False(File.Exists(folder["out.bin"]));
    }

    [Fact]
    public async Task A_weight_that_is_not_a_number()
    {
        using var folder = new TestFolder();
        CopyModel(folder.Path);
        using (FileStream weights = File.OpenWrite(folder["model.safetensors"]))
        {
            weights.Seek(-2, SeekOrigin.End);
            weights.Write([0xC0, 0x7F]); // bfloat16 NaN
        }
        await AssertRefused("NaN", "logits", folder.Path, "--ids", "1", "-o", folder["out.bin"]);
        Assert.False(File.Exists(folder["out.bin"]));
    }

    [Fact]
    public async Task A_truncated_checkpoint()
    {
        using var folder = new TestFolder();
        CopyModel(folder.Path);
        using (FileStream weights = File.OpenWrite(folder["model.safetensors"]))
            weights.SetLength(weights.Length / 2);
        await AssertRefused("model.safetensors", "logits", folder.Path, "--ids", "1", "-o", folder["out.bin"]);
    }

    [Theory]
    [InlineData("1,two", "'two' is no token id")]
    [InlineData("5000", "5000")]
    [InlineData("", "no token")]
    public async Task Ids_that_are_none(string ids, string complaint)
    {
        using var folder = new TestFolder();
        await AssertRefused(complaint, "logits", "microworld-s", "--ids", ids, "-o", folder["out.bin"]);
        Assert.False(File.Exists(folder["out.bin"]));
    }

    [Fact]
    public async Task A_filter_that_picks_nothing_says_what_there_is()
    {
        await AssertRefused("No row is picked", "run", "--filter", "Bits=16");
        await AssertRefused("unknown trait 'Bit'", "run", "--filter", "Bit=4");
        await AssertRefused("arithmetic", "run", "--task", "arithmetics");
    }

    [Fact]
    public async Task An_output_that_cannot_be_written()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["out.bin"]);
        await AssertRefused("out.bin", "logits", "microworld-s", "--ids", "1", "-o", folder["out.bin"]);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task A_result_that_is_none()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["a.json"], "{}");
        await AssertRefused("a.json", "compare", folder["a.json"], folder["a.json"]);
        await AssertRefused("nothing.json", "compare", folder["nothing.json"], folder["a.json"]);
    }

    [Fact]
    public async Task Rows_without_data_or_without_items_do_not_stop_the_others()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["broken.jsonl"], "{\"id\": \"1\", \"prompt\": \"a\", \"target\": \"b\"}\n{\"id\": \"2\", \"prompt\": \"a\"}\n");
        File.WriteAllText(folder["long.jsonl"], "{\"id\": \"1\", \"prompt\": \"a b c d e f g h i j k\", \"target\": \"b\"}\n");
        File.WriteAllText(folder["fine.jsonl"], "{\"id\": \"1\", \"prompt\": \"a\", \"target\": \"b\"}\n");
        CommandRun run = await CommandRun.Of("run", "--model", "microworld-s", "--recipe", "fp32", "--task", folder["broken.jsonl"], folder["fine.jsonl"], folder["long.jsonl"],
            "--max-prompt-tokens", "5", "--artifacts", folder["out"], "--baselines", folder["baselines"]);
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("fine", run.Output);
        Assert.Contains("broken.jsonl(2)", run.Error);
        Assert.Contains("left out: microworld-s · long · fp32", run.Error);
        await AssertRefused("prompts of more than 5 tokens", "calibrate-noise", "--model", "microworld-s", "--recipe", "fp32", "--task", folder["long.jsonl"],
            "--max-prompt-tokens", "5", "--artifacts", folder["out"], "--baselines", folder["baselines"]);
        await AssertRefused("Task hellaswag has no rows", "run", "--model", "microworld-s", "--recipe", "fp32", "--task", folder["fine.jsonl"], "hellaswag");
    }

    private static void CopyModel(string folder)
    {
        foreach (string file in Directory.GetFiles(Model))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    private static async Task AssertRefused(string complaint, params string[] arguments)
    {
        CommandRun run = await CommandRun.Of(arguments);
        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains(complaint, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }
}
