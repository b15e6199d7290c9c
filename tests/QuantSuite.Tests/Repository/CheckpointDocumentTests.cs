using System.Text.RegularExpressions;
using QuantSuite.Models.Checkpoints;
using Xunit;

namespace QuantSuite.Tests.Repository;

/// <summary>docs/checkpoints.md says what is read and written: its tables are the catalogs'.</summary>
public partial class CheckpointDocumentTests
{
    private static readonly string Text = SourceTree.Read("docs/checkpoints.md");

    [Fact]
    public void Methods_are_those_that_are_read() =>
        Assert.Equal(QuantizedLayouts.Methods.Order(StringComparer.Ordinal), FirstCells("## What is read").Order(StringComparer.Ordinal));

    [Fact]
    public void Layouts_are_those_that_are_written()
    {
        Assert.Equal(CheckpointFormats.All.Select(format => format.Name), FirstCells("## What is written"));
        Assert.All(CheckpointFormats.All, format => Assert.Contains($"| `{format.Name}` | {format.Holds} |", Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Block_types_of_gguf_are_those_that_are_read()
    {
        string[] types = [.. TensorType.Ggml.Values.Where(type => type.BlockLength > 1 && type.Decode is not null).Select(type => type.Name).Order(StringComparer.Ordinal)];
        string line = Text.Split('\n').Single(line => line.StartsWith("Q4_0 ", StringComparison.Ordinal));
        Assert.Equal(types, line.Split(' ').Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> FirstCells(string heading)
    {
        string section = Text[Text.IndexOf(heading, StringComparison.Ordinal)..];
        int end = section.IndexOf("\n## ", 1, StringComparison.Ordinal);
        return FirstCell().Matches(end < 0 ? section : section[..end]).Select(match => match.Groups[1].Value);
    }

    [GeneratedRegex("^\\| `([^`]+)` \\|", RegexOptions.Multiline)]
    private static partial Regex FirstCell();
}
