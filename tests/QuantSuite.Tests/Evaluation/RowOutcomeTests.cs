using System.Text.RegularExpressions;
using System.Xml.Linq;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Tests.Evaluation.Baselines;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>The command that a row shows runs the row again as it was run.</summary>
public sealed partial class RowOutcomeTests
{
    [Fact]
    public void The_command_of_a_row_carries_all_its_settings()
    {
        using var folder = new TestFolder();
        var settings = new EvalSettings
        {
            Models = [folder["model"], folder["other model"]],
            Data = [folder["data"]],
            Tasks = [folder["mine.jsonl"]],
            Recipes = ["rtn-int4-g32"],
            Calibration = "wikitext2",
            Limit = 12,
            Chat = true,
            MaxNewTokens = 7,
            MaxPromptTokens = 900,
            Strict = true,
            Baselines = folder["baselines"],
        };
        EvalSettings read = Read(Command(settings));
        Assert.Equivalent(settings, read, strict: true);
    }

    [Fact]
    public void A_row_of_the_embedded_matrix_needs_its_filter_alone() => Assert.Equal(
        "dotnet test evals/QuantSuite.Evals --filter \"Model=microworld-m&Task=commonsense&Recipe=rtn-int4-g32\"", Command(new EvalSettings()));

    [Fact]
    public void Only_numbers_of_a_results_file_get_into_a_command()
    {
        EvalResult hostile = SampleResults.Choices("A") with { Settings = new Dictionary<string, string> { ["limit"] = "1\"; rm", ["chat"] = "$(rm)", ["max_new_tokens"] = "-1" } };
        Assert.StartsWith("dotnet test evals/QuantSuite.Evals -p:Chat=\"true\" --filter", SuiteCommands.LookCloser(hostile), StringComparison.Ordinal);
    }

    private static string Command(EvalSettings settings)
    {
        // As the runner states the settings that change the numbers.
        var stated = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["shots"] = "0" };
        foreach ((string name, object? value) in ((string, object?)[])[("chat", settings.Chat ? "0123456789abcdef" : null), ("limit", settings.Limit),
            ("max_new_tokens", settings.MaxNewTokens), ("max_prompt_tokens", settings.MaxPromptTokens)])
            if (value is not null)
                stated[name] = $"{value}";
        EvalResult result = SampleResults.Choices("Ab") with { Settings = stated };
        using var nothing = new TestFolder();
        string words = new RowOutcome(result, new BaselineStore(nothing.Path, (_, _) => { }).Check(result), null, settings).Words;
        return words.Split('\n').Single(line => line.Contains("look closer", StringComparison.Ordinal)).Split("look closer: ")[1];
    }

    // The properties of a command as the project hands them to the rows.
    private static EvalSettings Read(string command)
    {
        var targets = XDocument.Load(Path.Combine(Goldens.RepositoryRoot, "evals", "QuantSuite.Evals", "QuantSuite.Evals.targets"));
        Dictionary<string, string> variables = targets.Descendants("EvalSetting").ToDictionary(item => item.Attribute("Value")!.Value, item => item.Attribute("Include")!.Value);
        Dictionary<string, string> values = Property().Matches(command).ToDictionary(match => variables[$"$({match.Groups["name"].Value})"], match => match.Groups["value"].Value);
        return EvalSettings.From(values.GetValueOrDefault);
    }

    [GeneratedRegex("-p:(?<name>[A-Za-z]+)=\"(?<value>[^\"]*)\" ")]
    private static partial Regex Property();
}
