using QuantSuite.Evaluation.Rows;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

public class RowFilterTests
{
    private static readonly Dictionary<string, string> Row = new()
    {
        ["Model"] = "microworld-m",
        ["Family"] = "llama",
        ["Task"] = "arithmetic",
        ["Ability"] = "reasoning",
        ["Recipe"] = "rtn-int4-g32",
        ["Method"] = "rtn",
        ["Bits"] = "4",
    };

    [Theory]
    [InlineData("Model=microworld-m&Bits=4&Task=arithmetic", true)]
    [InlineData("model=MICROWORLD-M", true)]
    [InlineData("Bits=8|Task=arithmetic", true)]
    [InlineData("Bits=8|Task=stories&Model=microworld-m", false)]
    [InlineData("(Bits=8|Task=arithmetic)&Model=microworld-s", false)]
    [InlineData("Bits!=8", true)]
    [InlineData("Recipe~int4", true)]
    [InlineData("Recipe!~int4", false)]
    [InlineData("arith", true)]
    [InlineData("m · arithmetic", true)]
    [InlineData(@"Task=a\(b\)|Bits=4", true)]
    [InlineData(" Model = microworld-m & Bits = 4 ", true)]
    public void Picks_rows_as_dotnet_test_does(string filter, bool expected) => Assert.Equal(expected, RowFilter.Parse(filter).Matches(Row));

    [Theory]
    [InlineData("", "expected a trait's name")]
    [InlineData("Bits=", "expected a value")]
    [InlineData("Bit=4", "unknown trait 'Bit'; traits are Model, Family")]
    [InlineData("(Bits=4", "expected ')'")]
    [InlineData("Bits=4)", "unexpected ')'")]
    [InlineData("Bits!4", "expected '=' or '~'")]
    public void Says_what_is_wrong(string filter, string complaint) => Assert.Contains(complaint, Assert.Throws<SettingsException>(() => RowFilter.Parse(filter)).Message);
}
