using QuantSuite.Cli;
using QuantSuite.Evaluation;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Cli;

public class CommandLineTests
{
    [Fact]
    public async Task Help_shows_verbs_examples_and_exit_codes()
    {
        CommandRun help = await CommandRun.Of("--help");
        Assert.Equal(ExitCode.Done, help.ExitCode);
        Assert.All(QuantSuiteCommand.Verbs, verb => Assert.Contains(verb.Name, help.Output));
        Assert.Contains("130  stopped by Ctrl-C", help.Output);
    }

    [Fact]
    public async Task Every_verb_has_help_with_examples()
    {
        foreach (Verb verb in QuantSuiteCommand.Verbs)
        {
            CommandRun help = await CommandRun.Of(verb.Name, "--help");
            Assert.Equal(ExitCode.Done, help.ExitCode);
            Assert.NotEmpty(verb.Examples);
            Assert.All(verb.Examples, example => Assert.Contains($"quantsuite {example}", help.Output));
        }
    }

    [Theory]
    [InlineData("runn", "'runn'")]
    [InlineData("list", "Required argument missing")]
    [InlineData("list|nonsense", "'nonsense' not recognized")]
    [InlineData("score|microworld-s", "'--requests' is required")]
    [InlineData("logits|microworld-s|-o|x", "either --ids or --text")]
    [InlineData("run|--limit|many", "'many'")]
    [InlineData("run|--recipe|fp32|--resutls|x", "'--resutls' after --recipe")]
    public async Task A_wrong_command_line_ends_with_2_and_says_why(string commandLine, string complaint)
    {
        CommandRun run = await CommandRun.Of(commandLine.Split('|'));
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains(complaint, run.Error);
        Assert.Contains("--help", run.Error);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("tasks", "arithmetic")]
    [InlineData("recipes", "rtn-int4-g32-kv8")]
    [InlineData("formats", "int4")]
    [InlineData("methods", "rtn")]
    [InlineData("models", "microworld-s")]
    public async Task Lists_come_from_the_catalogs(string what, string expected)
    {
        CommandRun table = await CommandRun.Of("list", what), json = await CommandRun.Of("list", what, "--json");
        Assert.Equal((ExitCode.Done, ExitCode.Done), (table.ExitCode, json.ExitCode));
        string[] names = [.. json.Json.EnumerateArray().Select(row => row.EnumerateObject().First().Value.GetString()!)];
        Assert.All(names, name => Assert.Contains(name, table.Output));
        Assert.Contains(expected, names);
    }

    [Fact]
    public async Task Default_recipes_are_listed()
    {
        CommandRun json = await CommandRun.Of("list", "recipes", "--json");
        Assert.Equal(Recipes.Default.Select(recipe => recipe.ToString()), json.Json.EnumerateArray().Select(row => row.GetProperty("recipe").GetString()));
    }

    [Fact]
    public async Task Inspect_shows_a_model_and_a_lone_file()
    {
        CommandRun model = await CommandRun.Of("inspect", "microworld-s", "--json");
        Assert.Equal(ExitCode.Done, model.ExitCode);
        Assert.Equal("llama", model.Json.GetProperty("architecture").GetString());
        Assert.InRange(model.Json.GetProperty("parameters").GetInt64(), 800_000, 900_000);
        using var folder = new TestFolder();
        File.Copy(Path.Combine(Goldens.RepositoryRoot, "evals/models/microworld-s/model.safetensors"), folder["lone.safetensors"]);
        CommandRun lone = await CommandRun.Of("inspect", folder["lone.safetensors"]);
        Assert.Equal(ExitCode.Done, lone.ExitCode);
        Assert.Contains("model.embed_tokens.weight", lone.Output);
        Assert.Contains("(no config.json)", lone.Output);
    }

    [Fact]
    public async Task Cache_of_an_empty_folder_is_empty()
    {
        using var folder = new TestFolder();
        Assert.Contains("empty", (await CommandRun.Of("cache", "show", "--artifacts", folder.Path)).Output);
        Assert.Equal(0, (await CommandRun.Of("cache", "clear", "--artifacts", folder.Path, "--json")).Json.GetProperty("freed_bytes").GetInt64());
    }
}
