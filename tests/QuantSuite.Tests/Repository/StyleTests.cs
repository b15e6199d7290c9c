using System.Text.RegularExpressions;
using Xunit;

namespace QuantSuite.Tests.Repository;

/// <summary>What a reviewer should not have to say: sizes, line ends, names, and nothing of one person's machine.</summary>
public partial class StyleTests
{
    private const int MostLines = 400;
    private const int LongestLine = 200;

    private static IEnumerable<string> Code => SourceTree.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    [Fact]
    public void A_file_is_one_concern()
    {
        var tooLong = Code.Select(file => (file, lines: File.ReadAllLines(SourceTree.FullPath(file)).Length)).Where(entry => entry.lines > MostLines);
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Lines_are_readable()
    {
        var tooLong = from file in Code.Where(file => !file.StartsWith("tests/", StringComparison.Ordinal))
                      from line in File.ReadAllLines(SourceTree.FullPath(file)).Select((text, index) => (text, number: index + 1))
                      let code = Literal().Replace(line.text, "\"\"") // a message stays in one piece
                      where code.Length > LongestLine
                      select $"{file}:{line.number} has {code.Length} characters";
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Text_is_utf8_without_bom_and_ends_lines_with_lf()
    {
        foreach (string file in SourceTree.Files.Where(file => !file.EndsWith(".sln", StringComparison.Ordinal)))
        {
            byte[] bytes = File.ReadAllBytes(SourceTree.FullPath(file));
            Assert.False(bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]), $"{file} begins with a byte order mark");
            Assert.False(bytes.Contains((byte)'\r'), $"{file} has a carriage return");
        }
    }

    [Fact]
    public void Types_are_nouns_of_the_field()
    {
        var vague = from file in Code
                    from Match match in VagueName().Matches(SourceTree.Read(file))
                    select $"{file}: {match.Value}";
        Assert.Empty(vague);
    }

    [Fact]
    public void Nothing_names_a_path_of_one_machine()
    {
        string[] homes = ["work", "home", "root", "Users"];
        var pattern = new Regex($@"(?<![\w./~\]}}-])/({string.Join('|', homes)})/\w");
        var found = from file in SourceTree.Files
                    from Match match in pattern.Matches(SourceTree.Read(file))
                    select $"{file}: {match.Value}";
        Assert.Empty(found);
    }

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"
        """)]
    private static partial Regex Literal();

    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+\w*(Manager|Helpers?|Utils?|Utilities|Service|Impl|Base)\b")]
    private static partial Regex VagueName();
}
