using QuantSuite.Evaluation.Baselines;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>What a badge is called and what it means, for readers who have not read the manual.</summary>
internal static class VerdictLegend
{
    public static string Name(VerdictKind verdict) => verdict.ToString();

    public static string Meaning(VerdictKind verdict) => verdict switch
    {
        VerdictKind.Fail => "worse than approved, beyond chance",
        VerdictKind.Refused => "not comparable: other items, prompts or tokenizer",
        VerdictKind.Missing => "nothing approved yet",
        VerdictKind.Inconclusive => "the items cannot tell",
        VerdictKind.Changed => "same scores, other bits",
        VerdictKind.Improved => "better than approved, beyond chance",
        VerdictKind.Pass => "any loss is below the margin",
        VerdictKind.Equal => "every bit as approved",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "a verdict without words"),
    };
}
