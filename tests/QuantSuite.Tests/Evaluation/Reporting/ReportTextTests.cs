using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Reporting;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Reporting;

/// <summary>How the page writes numbers, orders names, shows hidden characters and places labels.</summary>
public class ReportTextTests
{
    [Theory]
    [InlineData("plain, with\nlines and\ttabs · ü 漢 😀", "plain, with\nlines and\ttabs · ü 漢 😀")]
    [InlineData("\0a\u001b[31m\r", "␀a␛[31m␍")]
    [InlineData("a\u202Eb\u2066c\uFEFF\u200F", "a⟨U+202E⟩b⟨U+2066⟩c⟨U+FEFF⟩⟨U+200F⟩")]
    [InlineData("\u007F\u0085", "␡⟨U+0085⟩")]
    public void Hidden_characters_are_shown(string text, string shown) => Assert.Equal(shown, VisibleText.Of(text));

    [Fact]
    public void Lone_surrogates_become_replacement_characters() => Assert.Equal("a\uFFFDb", VisibleText.Of("a\uD800b"));

    [Fact]
    public void Long_text_keeps_its_beginning_and_its_end_and_no_half_of_a_pair()
    {
        string text = string.Concat(Enumerable.Repeat("😀", 500));
        string shortened = VisibleText.Shortened(text, 101, 201);
        Assert.Equal(shortened, VisibleText.Of(shortened));
        Assert.Contains("characters left out", shortened);
        Assert.Equal("short", VisibleText.Shortened("short", 1, 1));
    }

    [Fact]
    public void Digits_order_as_numbers()
    {
        string[] names = ["retrieval8", "retrieval16", "retrieval016", "retrieval", "b", "a10b", "a9", "a10"];
        Assert.Equal(["a9", "a10", "a10b", "b", "retrieval", "retrieval8", "retrieval016", "retrieval16"], names.Order(NaturalOrder.Instance));
    }

    [Theory]
    [InlineData(-0.035, 0.0148, GateKind.RightOrWrong, "−3.5", "1.5")]
    [InlineData(0, 0.005, GateKind.RightOrWrong, "0.0", "0.5")]
    [InlineData(0.0004, 0.0003, GateKind.Score, "+0.04", "0.03")]
    [InlineData(-0.00073, 0.00004, GateKind.LogLikelihood, "−0.00073", "0.00004")]
    [InlineData(-0.22, 0.0089, GateKind.LogLikelihood, "−0.220", "0.009")]
    [InlineData(-0.0001, double.NaN, GateKind.LogLikelihood, "0.000", "NaN")]
    public void A_change_has_as_many_digits_as_its_error_is_worth(double delta, double error, GateKind kind, string change, string spread)
    {
        Assert.Equal(change, Figures.Delta(delta, error, kind));
        Assert.Equal(spread, Figures.Spread(error, kind));
    }

    [Fact]
    public void Numbers_are_written_for_people()
    {
        double[] values = [12.3456, 0.0012346, 123456.7, 12345678, 0, double.NegativeInfinity];
        Assert.Equal(["12.35", "0.001235", "123457", "1.23e7", "0", "−∞"], values.Select(v => Figures.Significant(v)));
        Assert.Equal(["0.5 KiB", "1.8 MiB", "2.00 GiB"], new[] { 512L, 1_887_437, 2L << 30 }.Select(Figures.Bytes));
        Assert.Equal(["1.2 s", "59 s", "3 min 05 s"], new[] { 1.23, 59.2, 185 }.Select(Figures.Duration));
        Assert.Equal("1\u202F234\u202F567", Figures.Count(1_234_567));
    }

    [Theory]
    [InlineData("rtn-int8-a8", true)]
    [InlineData("rtn-int4-g32-kv8", true)]
    [InlineData("fp32-kv4", true)]
    [InlineData("gptq-int4-g128-afp8_e4m3", true)]
    [InlineData("gptq-int4-g128-asym-actorder", false)]
    [InlineData("smoothquant+rtn-int8-alpha0.75", false)]
    public void A_hollow_mark_says_that_more_than_weights_is_quantized(string recipe, bool more) =>
        Assert.Equal(more, new QualityPoint(recipe, 4, 50, 1).IsMoreThanWeights);

    [Fact]
    public void Labels_of_a_crowd_do_not_cover_each_other()
    {
        Label[] points = [.. Enumerable.Range(0, 12).Select(i => new Label(300 + i % 3 * 6, 150 + i / 3 * 4, $"rtn-int4-g{i}"))];
        Label[] labels = LabelPlacement.Place(points, 44, 584, 14, 296);
        for (int i = 0; i < labels.Length; i++)
            for (int j = 0; j < i; j++)
                Assert.False(Covers(labels[i], labels[j]), $"{labels[i]} covers {labels[j]}");
    }

    private static bool Covers(Label a, Label b) =>
        Math.Abs(a.TextY - b.TextY) < 9 && Start(a) < Start(b) + 6 * b.Text.Length && Start(b) < Start(a) + 6 * a.Text.Length;

    private static double Start(Label label) => label.IsLeft ? label.TextX - 6 * label.Text.Length : label.TextX;
}
