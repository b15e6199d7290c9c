using System.Text.Json;
using QuantSuite.Evaluation.Tasks.Instructions;
using Xunit;
using Xunit.Abstractions;

namespace QuantSuite.Tests.Evaluation.Benchmarks;

/// <summary>
/// A model's 540 published responses, judged as the official checker judged them, instruction by instruction. They may differ only where that checker's
/// guess of the language decides, which takes names and single words for other languages than English, or where it draws a letter at random.
/// </summary>
public sealed class IfEvalVerdictGoldenTests(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData("eval_results_strict.jsonl", false)]
    [InlineData("eval_results_loose.jsonl", true)]
    public void Verdicts_are_the_official_checker_s(string file, bool loose)
    {
        var arguments = Records("input_data.jsonl").ToDictionary(item => item.GetProperty("prompt").GetString()!, item => item.GetProperty("kwargs"));
        int count = 0, differences = 0;
        foreach (JsonElement result in Records(file))
        {
            string response = result.GetProperty("response").GetString()!, prompt = result.GetProperty("prompt").GetString()!;
            if (!arguments.TryGetValue(prompt, out JsonElement kwargs))
                continue;
            foreach ((JsonElement name, int index) in result.GetProperty("instruction_id_list").EnumerateArray().Select((name, index) => (name, index)))
            {
                var instruction = new Instruction(name.GetString()!, kwargs[index]);
                bool followed = loose ? instruction.IsFollowedLoosely(response) : instruction.IsFollowed(response);
                count++;
                if (followed == result.GetProperty("follow_instruction_list")[index].GetBoolean())
                    continue;
                differences++;
                output.WriteLine($"{instruction.Name} {kwargs[index].GetRawText()}: here {followed}; {prompt[..Math.Min(60, prompt.Length)]} | {response[..Math.Min(300, response.Length)]}");
                Assert.True(instruction.Name.StartsWith("change_case:english_", StringComparison.Ordinal) || instruction.Name == "keywords:letter_frequency");
            }
        }
        output.WriteLine($"{differences} of {count} differ");
        Assert.True(count > 800);
        Assert.True(differences <= 6, $"{differences} of {count} differ");
    }

    private static IEnumerable<JsonElement> Records(string file) =>
        File.ReadLines(Path.Combine(Goldens.RequireShared("data/ifeval"), file)).Select(line => JsonDocument.Parse(line).RootElement);
}
