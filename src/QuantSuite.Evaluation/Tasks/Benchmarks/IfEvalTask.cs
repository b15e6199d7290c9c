using System.Text.Json;
using QuantSuite.Evaluation.Metrics;
using QuantSuite.Evaluation.Tasks.Instructions;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>
/// IFEval: instructions whose following a program can verify, 25 kinds, one to three a prompt. Strict: the response as it is; loose: read generously.
/// By prompt all instructions must be followed; by instruction each counts.
/// </summary>
public sealed class IfEvalTask() : GenerationTask(new(
    "ifeval", "instruction following", "lm-evaluation-harness ifeval 4.0: prompt_level and inst_level, strict and loose",
    "ifeval/input_data.jsonl", "Zhou et al. 2023, 2311.07911"))
{
    /// <inheritdoc/>
    protected override IEnumerable<GenerationItem> Read(EvalData data) =>
        JsonLines.Read(data.Require(Source), "prompt", "instruction_id_list", "kwargs").Select((line, index) => new GenerationItem
        {
            Id = $"ifeval/{index}",
            Request = new GenerateRequest(line.Text("prompt"), [], 1280),
            Target = Instructions(line),
        });

    /// <inheritdoc/>
    protected override bool IsRight(GenerationItem item, string text, IDictionary<string, double> values)
    {
        using var target = JsonDocument.Parse(item.Target);
        Instruction[] instructions = [.. target.RootElement.EnumerateArray().Select(entry => new Instruction(entry[0].GetString()!, entry[1]))];
        values["instructions"] = instructions.Length;
        values["strict"] = instructions.Count(instruction => instruction.IsFollowed(text));
        values["loose"] = instructions.Count(instruction => instruction.IsFollowedLoosely(text));
        return values["strict"] == instructions.Length;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes)
    {
        double all = outcomes.Sum(outcome => outcome.Values["instructions"]);
        return
        [
            Mean.Of("prompt_level_strict_acc", outcomes, outcome => outcome.Score),
            new Metric("inst_level_strict_acc", outcomes.Sum(outcome => outcome.Values["strict"]) / all, null, HigherIsBetter: true),
            Mean.Of("prompt_level_loose_acc", outcomes, outcome => outcome.Values["loose"] == outcome.Values["instructions"] ? 1 : 0),
            new Metric("inst_level_loose_acc", outcomes.Sum(outcome => outcome.Values["loose"]) / all, null, HigherIsBetter: true),
        ];
    }

    // A list of pairs, name and arguments.
    private static string Instructions(JsonLine line)
    {
        JsonElement arguments = line.Object.GetProperty("kwargs");
        IReadOnlyList<string> names = line.Texts("instruction_id_list");
        if (arguments.ValueKind != JsonValueKind.Array || arguments.GetArrayLength() != names.Count)
            throw line.Error($"'kwargs' is {arguments.GetRawText()}, expected one object for each of {names.Count} instructions.");
        foreach (string unknown in names.Except(InstructionChecks.Names))
            throw line.Error($"the instruction '{unknown}' is unknown; known: {string.Join(", ", InstructionChecks.Names)}.");
        return $"[{string.Join(',', names.Zip(arguments.EnumerateArray(), (name, argument) => $"[\"{name}\",{argument.GetRawText()}]"))}]";
    }
}
