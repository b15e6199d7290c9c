using System.Text;
using QuantSuite.Evaluation;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

public class PathNameTests
{
    [Theory]
    [InlineData("rtn-int4-g32", "rtn-int4-g32")]
    [InlineData("smoothquant+gptq-int8-a8[down_proj=int8]", "smoothquant+gptq-int8-a8[down_proj=int8]")]
    [InlineData("org/model", "org%2Fmodel")]
    [InlineData("a:b*c?d\"e<f>g|h\\i", "a%3Ab%2Ac%3Fd%22e%3Cf%3Eg%7Ch%5Ci")]
    [InlineData("100% model", "100%25%20model")]
    [InlineData("..", "%2E%2E")]
    [InlineData(".hidden.", "%2Ehidden%2E")]
    [InlineData("CON", "%43ON")]
    [InlineData("nul.int4", "%6Eul.int4")]
    [InlineData("größe", "gr%C3%B6%C3%9Fe")]
    public void Names_stay_readable_and_safe(string name, string component)
    {
        Assert.Equal(component, PathName.Encode(name));
        Assert.Equal(name, PathName.Decode(component));
    }

    [Fact]
    public void Every_name_comes_back()
    {
        var random = new SeededRandom(5);
        for (int i = 0; i < 2000; i++)
        {
            IEnumerable<Rune> runes = Enumerable.Range(0, 1 + random.NextInt(15)).Select(_ => new Rune(1 + random.NextInt(random.NextInt(4) == 0 ? 0xD7FE : 127)));
            string name = string.Concat(runes);
            Assert.Equal(name, PathName.Decode(PathName.Encode(name)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("ääääääääääääääääääääääääääääääääääääääääää")]
    public void Names_that_no_file_system_takes_are_named(string name) => Assert.Throws<ArgumentException>(() => PathName.Encode(name));

    [Fact]
    public void A_row_comes_back_from_its_path()
    {
        var key = new ResultKey("org/model", "wikitext2", "gptq-int4-g128");
        Assert.Equal(key, ResultKey.Parse(key.RelativePath + ".verified.json", ".verified.json"));
        Assert.Null(ResultKey.Parse("stray.verified.json", ".verified.json"));
        Assert.Null(ResultKey.Parse(key.RelativePath + ".received.json", ".verified.json"));
    }
}
