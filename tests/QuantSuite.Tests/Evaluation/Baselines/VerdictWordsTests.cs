using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using Xunit;
using static QuantSuite.Tests.Evaluation.Baselines.SampleResults;

namespace QuantSuite.Tests.Evaluation.Baselines;

/// <summary>The exact words that a person reads.</summary>
public class VerdictWordsTests
{
    private const string Commands = """
          look closer: dotnet test evals/QuantSuite.Evals --filter "Model=microworld-m&Task=commonsense&Recipe=rtn-int4-g32"
          accept:      dotnet run --project src/QuantSuite.Cli -- accept --filter "Model=microworld-m&Task=commonsense&Recipe=rtn-int4-g32"
        """;

    private static string Words(EvalResult approved, EvalResult now) => All(Baseline.Of(approved).Compare(now), now);

    private static string All(Verdict verdict, EvalResult now) => verdict.Words + SuiteCommands.Below(verdict, now);

    [Fact]
    public void A_failure()
    {
        string before = Codes(200), now = Codes(200, wrong: 13);
        Assert.Equal("""
            fail: microworld-m · commonsense · rtn-int4-g32
              100.00 % → 93.50 %, change -6.50 points (99 % sure above -11.81, 99 % sure below -3.48; margin 5.87).
              A loss beyond chance that may exceed the margin.
              acc 1 → 0.935 ± 0.031
              13 of 200 items differ: 13 lost, 0 gained; McNemar's exact p = 0.000244
                commonsense-1: lost: expected “alpha”, before “alpha”, now “beta”
                commonsense-2: lost: expected “alpha”, before “alpha”, now “beta”
                commonsense-3: lost: expected “alpha”, before “alpha”, now “beta”
                commonsense-4: lost: expected “alpha”, before “alpha”, now “beta”
                commonsense-5: lost: expected “alpha”, before “alpha”, now “beta”
                commonsense-6: lost: expected “alpha”, before “alpha”, now “beta”
                commonsense-7: lost: expected “alpha”, before “alpha”, now “beta”
                commonsense-8: lost: expected “alpha”, before “alpha”, now “beta”
                commonsense-9: lost: expected “alpha”, before “alpha”, now “beta”
                commonsense-10: lost: expected “alpha”, before “alpha”, now “beta”
                and 3 more

            """ + Commands, Words(Choices(before), Choices(now, "2")));
    }

    [Fact]
    public void A_change_of_perplexity()
    {
        double[] weights = [10, 20, 30], before = [-20, -42, -61];
        Assert.Equal("""
            pass: microworld-m · commonsense · rtn-int4-g32
              -2.05000 → -2.05083, change -0.00083 nats/token (99 % sure above -0.00200, 99 % sure below +0.00109; margin 0.01000).
              2 of 3 items changed; any loss is below the margin.
              word_perplexity 7.7679 → 7.77438
              2 of 3 items differ: 2 lost, 0 gained
                text-2: score -42 → -42.04
                text-1: score -20 → -20.01

            """ + Commands, Words(Texts(before, weights), Texts([-20.01, -42.04, -61], weights, "2")));
    }

    [Fact]
    public void A_missing_baseline()
    {
        Assert.Equal(
            "missing: microworld-m · commonsense · rtn-int4-g32: no approved baseline. If its numbers are right, accept them.\n" + Commands,
            All(Verdict.Missing(Choices("A")), Choices("A")));
    }

    [Fact]
    public void An_equal_run()
    {
        Assert.Equal("equal: microworld-m · commonsense · rtn-int4-g32: every bit as approved.", Words(Choices("Ab"), Choices("Ab")));
    }

    [Fact]
    public void Generated_texts_are_told_on_one_line_and_their_approved_side_by_its_outcome()
    {
        EvalResult before = Choices("+"), now = Choices("-", "2");
        now = now with { Items = [now.Items[0] with { Answer = "a\nb\t" + new string('x', 100) }] };
        Baseline stored = BaselineText.Read(BaselineText.Write(Baseline.Of(before)), "stored");
        Assert.Contains($"lost: expected “7”, before “right”, now “a\\nb\\t{new string('x', 54)}…”", stored.Compare(now).Words);
    }

    [Fact]
    public void A_recipe_that_the_filter_language_would_misread_is_escaped()
    {
        EvalResult now = Choices("A") with { Recipe = "rtn-int4-g32[down_proj=int8]" };
        Assert.Contains(@"Recipe=rtn-int4-g32[down_proj\=int8]""", All(Verdict.Missing(now), now));
    }
}
