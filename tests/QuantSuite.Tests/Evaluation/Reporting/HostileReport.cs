using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Reporting;

namespace QuantSuite.Tests.Evaluation.Reporting;

/// <summary>A report whose every text tries to be something else than text.</summary>
internal static class HostileReport
{
    public const string Script = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>";

    private const string Controls = "\0\u0007\u001b[31m\u202Egnihton\u202C\u2066\u200F\uFEFF\u2028\uD800";

    public static Report Report()
    {
        EvalResult[] results = [.. SyntheticReport.Results(12, ["microworld-m"]).Where(r => r.Task == "knowledge").Select(Poisoned)];
        return new Report
        {
            Rows = [.. results.Select(r => ReportRow.Of(r, Verdict.Refused(r, Script + Controls), results.First(f => f.Recipe == "fp32")))],
            Unreadable = [new UnreadableFile(Script + ".json", Script)],
        };
    }

    private static EvalResult Poisoned(EvalResult result) => result with
    {
        Model = "m" + Script,
        Ability = Script,
        Settings = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Script] = Script },
        Environment = result.Environment with { Processor = Script + Controls },
        Items = [.. result.Items.Select((item, i) => item with
        {
            Id = Script,
            Prompt = Script + Controls,
            Choices = [.. item.Choices.Select((c, k) => c + Script + k)],
            Expected = item.Expected + Script,
            Answer = result.Recipe == "fp32" ? item.Answer + Script : Script + Controls,
            Score = result.Recipe == "fp32" ? 1 : i % 2,
            Code = result.Recipe == "fp32" || i % 2 == 1 ? 'A' : 'b',
            LogLikelihoods = [double.NaN, double.NegativeInfinity, double.PositiveInfinity, -1],
        })],
    };
}
