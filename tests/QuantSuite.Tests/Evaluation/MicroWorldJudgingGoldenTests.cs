using System.Text.Json;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Tasks.MicroWorld;
using QuantSuite.Models;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>Judging what transformers' model answered to MicroWorld's items gives the reference's verdicts. No model runs.</summary>
public sealed class MicroWorldJudgingGoldenTests
{
    public static TheoryData<string> Models => Goldens.Cases("microworld", "*.json");

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void The_reference_s_answers_get_the_reference_s_verdicts(string file)
    {
        JsonElement root = Goldens.Json(Path.Combine(Goldens.Folder("microworld"), file));
        foreach (JsonProperty entry in root.GetProperty("tasks").EnumerateObject())
        {
            EvalTask task = EvalTasks.Get(entry.Name);
            JsonElement[] expected = [.. entry.Value.EnumerateArray()];
            EvalItem[] items = [.. task.Load(EvalData.Default("")).Take(expected.Length)];
            IReadOnlyList<ItemOutcome> outcomes = task.Run(Replay(items, expected), items);
            foreach ((ItemOutcome outcome, JsonElement golden) in outcomes.Zip(expected).Where(pair => pair.Second.TryGetProperty("right", out _)))
                Assert.True(golden.GetProperty("right").GetBoolean() == (outcome.Score == 1), $"{outcome.Id}: {outcome.Answer}");
            Assert.Equal(root.GetProperty("accuracy").GetProperty(entry.Name).GetDouble(), task.Summarize(outcomes)[0].Value, 1e-12);
        }
    }

    [Theory]
    [InlineData(" push 7 push 1 mul push 9 push 8 sub mul print", 7L)]
    [InlineData("push 2 push -3 add print", -1L)]
    [InlineData("push 2 print print", null)]
    [InlineData("push 2 add print", null)]
    [InlineData("push 2", null)]
    [InlineData("push", null)]
    [InlineData("push two print", null)]
    [InlineData("push 2 div print", null)]
    [InlineData("push 9223372036854775807 push 2 mul print", null)]
    public void The_stack_machine_runs_programs_and_survives_nonsense(string program, long? printed) => Assert.Equal(printed, StackMachine.Run(program));

    private static ScriptedModel Replay(EvalItem[] items, JsonElement[] expected)
    {
        var answers = new Dictionary<string, JsonElement>();
        var choices = new Dictionary<ScoreRequest, double>();
        foreach ((EvalItem item, JsonElement golden) in items.Zip(expected))
        {
            answers[item.Prompt] = golden;
            if (item is ChoiceItem choice)
                foreach ((ScoreRequest request, JsonElement logLikelihood) in choice.Requests.Zip(golden.GetProperty("loglikelihoods").EnumerateArray()))
                    choices[request] = logLikelihood.GetDouble();
        }
        return new ScriptedModel
        {
            OnScore = request => new ScoreAnswer(choices[request], false, 1),
            OnGenerate = request => new GenerateAnswer(answers[request.Context].GetProperty("text").GetString()!, 1, 1),
            OnRolling = request => new RollingAnswer([Window(answers[request.Text])]),
        };
    }

    private static WindowScore Window(JsonElement text) => new(text.GetProperty("loglikelihood").GetDouble(), 0, text.GetProperty("tokens").GetInt32());
}
