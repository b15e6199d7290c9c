using System.Text;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using Xunit;
using static QuantSuite.Tests.Evaluation.Baselines.SampleResults;

namespace QuantSuite.Tests.Evaluation.Baselines;

public class BaselineTextTests
{
    private static string Text(EvalResult result) => Encoding.UTF8.GetString(BaselineText.Write(Baseline.Of(result)));

    [Fact]
    public void The_file_of_a_choice_task()
    {
        string codes = string.Concat(Enumerable.Repeat("AbAcA", 11));
        Assert.Equal($$"""
            {
              "schema": 2,
              "model": "microworld-m",
              "task": "commonsense",
              "taskVersion": 1,
              "recipe": "rtn-int4-g32",
              "gate": {
                "kind": "RightOrWrong",
                "margin": 0.02
              },
              "settings": {
                "shots": "0"
              },
              "hashes": {
                "bits": "{{Hash("1")}}",
                "weights": "{{Hash("weights")}}",
                "tokenizer": "{{Hash("tokenizer")}}",
                "recipe": "rtn-int4-g32",
                "calibration": "",
                "items": "{{Hash("items")}}",
                "prompts": "{{Hash("prompts")}}"
              },
              "numbers": "",
              "approved": {
                "when": "",
                "commit": "abc",
                "processor": "processor",
                "reason": ""
              },
              "metrics": [
                {
                  "name": "acc",
                  "value": 0.6,
                  "standardError": 0.03125,
                  "higherIsBetter": true
                }
              ],
              "itemCount": 55,
              "items": [
                "   1 {{codes[..50]}}",
                "  51 {{codes[50..]}}"
              ]
            }
            """, Text(Choices(codes, margin: 0.02)));
    }

    [Fact]
    public void Log_likelihoods_stand_ten_a_line_to_seven_digits()
    {
        double[] scores = [-123.45678901, -1e-9, double.NegativeInfinity, double.NaN, 0, -1234567.89, -2, -3, -4, -5, -6];
        Assert.Contains("""
              "items": [
                "   1 -123.4568 -1E-09 -Infinity NaN 0 -1234568 -2 -3 -4 -5",
                "  11 -6"
              ]
            """, Text(Texts(scores, [.. scores.Select(_ => 1.0)])));
    }

    [Theory]
    [InlineData(1000, 4 * 1024)]
    [InlineData(10_000, 14 * 1024)]
    public void Files_stay_small(int count, int bytes)
    {
        EvalResult result = Choices(Codes(count, wrong: count / 3)) with { Model = new string('m', 60), Recipe = new string('r', 60) };
        Assert.InRange(BaselineText.Write(Baseline.Of(result)).Length, count, bytes);
    }

    [Fact]
    public void Bytes_are_plain()
    {
        byte[] bytes = BaselineText.Write(Baseline.Of(Choices("AbA+-!") with { Model = "Größe+x" }));
        Assert.NotEqual(Encoding.UTF8.Preamble.ToArray(), bytes[..3]);
        Assert.DoesNotContain((byte)'\r', bytes);
        Assert.Equal((byte)'}', bytes[^1]);
        Assert.Contains("Größe+x", Encoding.UTF8.GetString(bytes));
    }

    public static TheoryData<EvalResult> Results =>
    [
        Choices("AbC+-!"),
        Choices(""),
        Choices(Codes(50)),
        Choices(Codes(12_345, wrong: 99)),
        Texts([-12.34567, double.NaN, double.NegativeInfinity], [3, 4, 5]),
        Texts([], []),
    ];

    [Theory, MemberData(nameof(Results))]
    public void What_is_written_is_read(EvalResult result)
    {
        byte[] bytes = BaselineText.Write(Baseline.Of(result));
        Baseline read = BaselineText.Read(bytes, "test");
        Assert.Equal(bytes, BaselineText.Write(read));
        Assert.Equal(Baseline.Of(result).Scores, read.Scores);
        Assert.Equal(VerdictKind.Equal, read.Compare(result).Kind);
    }

    [Fact]
    public void Byte_order_mark_carriage_returns_and_a_last_line_end_are_taken()
    {
        string text = Text(Choices("AbAA")).Replace("\n", "\r\n") + "\n";
        Assert.Equal("AbAA", BaselineText.Read((byte[])[.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text)], "test").Codes);
    }

    public static TheoryData<string, string, string> Damages => new()
    {
        { "\"schema\": 2", "\"schema\": 9", "its schema is 9, expected 2" },
        { "\"schema\": 2", "\"schema\": 1e99", "$.schema is 1e99, expected a whole number" },
        { "\"schema\": 2,", "", "$.schema is missing" },
        { "\"kind\": \"RightOrWrong\"", "\"kind\": \"7\"", "$.gate.kind is '7', expected one of RightOrWrong" },
        { "\"margin\": 0.02", "\"margin\": \"wide\"", "$.gate.margin is 'wide', expected a number" },
        { "\"model\": \"microworld-m\"", "\"model\": null", "$.model is Null, expected String" },
        { "\"shots\": \"0\"", "\"shots\": 0", "$.settings.shots is Number, expected String" },
        { "   1 AbAA", "   2 AbAA", "expected item number 1" },
        { "   1 AbAA", "   1 AbA", "holds 3 items, expected 4" },
        { "   1 AbAA", "   1 Ab A", "holds 2 items, expected 4" },
        { "   1 AbAA", "   1 Ab?A", "$.items holds '?', expected letters" },
        { "   1 AbAA", "   1 ", "expected item number 1" },
        { "\"itemCount\": 4", "\"itemCount\": -4", "holds 4 items, expected -4" },
        { "{\n", "[\n", "is no approved baseline" },
        { "\"metrics\": [", "\"metrics\": [ 1,", "$.metrics[0] is Number, expected Object" },
        { "<<<<<<<", "", "" },
    };

    [Theory, MemberData(nameof(Damages))]
    public void Damage_is_named(string part, string replacement, string message)
    {
        string text = Text(Choices("AbAA", margin: 0.02));
        string damaged = part == "<<<<<<<" ? "<<<<<<< HEAD\n" + text : text.Replace(part, replacement);
        Assert.NotEqual(text, damaged);
        var error = Assert.Throws<InvalidDataException>(() => BaselineText.Read(Encoding.UTF8.GetBytes(damaged), "a/b.verified.json"));
        Assert.StartsWith("a/b.verified.json is no approved baseline: ", error.Message);
        Assert.Contains(message, error.Message);
        Assert.Contains("Restore it from version control", error.Message);
    }

    [Fact]
    public void Any_cut_or_flipped_byte_is_refused_or_read_and_never_crashes()
    {
        byte[] bytes = BaselineText.Write(Baseline.Of(Choices("AbAA")));
        var random = new QuantSuite.Numerics.SeededRandom(1);
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = i % 2 == 0 ? bytes[..random.NextInt(bytes.Length)] : [.. bytes];
            if (damaged.Length > 0)
                damaged[random.NextInt(damaged.Length)] = (byte)random.NextInt(256);
            Exception? error = Record.Exception(() => BaselineText.Read(damaged, "test"));
            Assert.True(error is null or InvalidDataException, error?.ToString());
        }
    }

    [Fact]
    public void An_outcome_that_its_character_does_not_tell_is_a_mistake_of_the_task()
    {
        EvalResult result = Choices("A");
        var error = Assert.Throws<ArgumentException>(() => Baseline.Of(result with { Items = [result.Items[0] with { Code = 'a' }] }));
        Assert.Contains("Item 'commonsense-1' has code 'a' and score 1", error.Message);
    }
}
