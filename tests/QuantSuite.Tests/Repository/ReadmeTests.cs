using System.Text.RegularExpressions;
using QuantSuite.Cli;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Evaluation.Tasks.MicroWorld;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Repository;

/// <summary>What the README says is true: its commands parse, its tables are the catalogs'.</summary>
public partial class ReadmeTests
{
    private static readonly string[] Documents = ["README.md", ".github/CONTRIBUTING.md"];

    [Fact]
    public void Recipes_are_the_default_ones()
    {
        var table = RecipeRow().Matches(Section("## Recipes")).Select(match => match.Groups[1].Value);
        Assert.Equal(Recipes.Default.Select(recipe => recipe.ToString()), table);
    }

    [Fact]
    public void Tasks_are_the_embedded_ones()
    {
        var table = from Match row in AbilityRow().Matches(Section("## Tasks"))
                    from Match task in Quoted().Matches(row.Groups[2].Value)
                    select (task.Groups[1].Value, row.Groups[1].Value);
        Assert.Equal(MicroWorldTasks.All.Select(task => (task.Name, task.Ability)).Order(), table.Order());
    }

    [Fact]
    public void Benchmarks_are_the_others()
    {
        string line = Section("## Tasks").Split('\n').Single(line => line.StartsWith("`wikitext`", StringComparison.Ordinal));
        Assert.Equal(EvalTasks.All.Except(MicroWorldTasks.All).Select(task => task.Name).Order(), Quoted().Matches(line).Select(match => match.Groups[1].Value).Order());
    }

    [Fact]
    public void Settings_are_read()
    {
        string settings = SourceTree.Read("src/QuantSuite.Evaluation/Rows/EvalSettings.cs");
        string targets = SourceTree.Read("evals/QuantSuite.Evals/QuantSuite.Evals.targets");
        foreach (Match row in SettingRow().Matches(Section("## Your own models")))
        {
            Assert.Contains($"<c>QUANTSUITE_{row.Groups[2].Value}</c>", settings);
            Assert.Contains($"Include=\"QUANTSUITE_{row.Groups[2].Value}\" Value=\"$({row.Groups[1].Value})\"", targets);
        }
    }

    [Fact]
    public void Projects_that_commands_name_are_there()
    {
        foreach (string command in Commands().Where(command => command.Contains("dotnet ")))
            foreach (Match project in ProjectPath().Matches(command))
                Assert.True(Directory.Exists(SourceTree.FullPath(project.Value)), $"{command}: no {project.Value}");
    }

    [Fact]
    public void Filters_parse()
    {
        foreach (Match filter in FilterText().Matches(string.Join('\n', Commands())).Where(match => !match.Value.Contains("Speed")))
            RowFilter.Parse(filter.Groups[1].Value);
    }

    [Fact]
    public void Verbs_parse()
    {
        foreach (string command in Commands().Where(command => command.Contains("QuantSuite.Cli -- ")))
        {
            string[] arguments = [.. Argument().Matches(command[(command.IndexOf(" -- ", StringComparison.Ordinal) + 4)..]).Select(match => match.Value.Trim('"'))];
            Assert.True(QuantSuiteCommand.Parse(arguments).Errors is [], command);
        }
    }

    [Fact]
    public void Examples_of_the_help_text_parse()
    {
        foreach (string example in QuantSuiteCommand.Verbs.SelectMany(verb => verb.Examples))
            Assert.True(QuantSuiteCommand.Parse([.. Argument().Matches(example).Select(match => match.Value.Trim('"'))]).Errors is [], example);
    }

    private static IEnumerable<string> Commands() =>
        from document in Documents
        from Match block in CodeBlock().Matches(SourceTree.Read(document))
        from line in block.Groups[1].Value.Split('\n')
        select line.Split('#')[0].Trim();

    private static string Section(string heading)
    {
        string readme = SourceTree.Read("README.md");
        int start = readme.IndexOf(heading, StringComparison.Ordinal), end = readme.IndexOf("\n## ", start + 4, StringComparison.Ordinal);
        return readme[start..end];
    }

    [GeneratedRegex(@"^\| `([^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex RecipeRow();

    [GeneratedRegex(@"^\| ([a-z -]+) \| (`.*) \|$", RegexOptions.Multiline)]
    private static partial Regex AbilityRow();

    [GeneratedRegex(@"^\| `-p:(\w+)=` \| `QUANTSUITE_(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?:src|tests|evals)/QuantSuite\.\w+")]
    private static partial Regex ProjectPath();

    [GeneratedRegex("--filter \"([^\"]+)\"")]
    private static partial Regex FilterText();

    [GeneratedRegex("```\\w*\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Argument();
}
