using System.Globalization;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Repository;

/// <summary>docs/formats.md says what the catalog says: its table is the catalog's, its recipes parse.</summary>
public sealed class FormatsDocumentTests
{
    private const int Columns = 4096;

    [Fact]
    public void TheTableIsTheCatalog()
    {
        string table = string.Join('\n', NumericFormats.All.Where(format => !format.IsFullPrecision).Select(Row));
        string document = SourceTree.Read("docs/formats.md");
        Assert.True(document.Contains(table, StringComparison.Ordinal), $"docs/formats.md should hold these rows:\n{table}");
    }

    [Fact]
    public void RecipesParseAndPrintAsWritten()
    {
        string[] recipes = [.. SourceTree.Read("docs/formats.md").Split('`').Where((text, i) => i % 2 == 1 && text.StartsWith("rtn-", StringComparison.Ordinal))];
        Assert.NotEmpty(recipes);
        Assert.All(recipes, text => Assert.Equal(text, Recipe.Parse(text).ToString()));
    }

    // Bits a weight are those of the packed matrix itself, of rows of 4,096.
    private static string Row(NumericFormat format)
    {
        QuantScheme scheme = Recipe.Parse(format.Name).Scheme;
        using var weight = new Matrix(PanelMatrix.PanelWidth, Columns);
        using QuantizedMatrix packed = Rtn.RoundToNearest(weight, scheme);
        string largest = format is TableFormat table ? table.Largest.ToString(CultureInfo.InvariantCulture) : scheme.Symmetric ? $"±{(1 << (format.Bits - 1)) - 1}" : $"0 … {(1 << format.Bits) - 1}";
        string bits = (packed.ByteCount * 8.0 / weight.Span.Length).ToString("0.####", CultureInfo.InvariantCulture);
        return $"| `{format.Name}` | {format.Bits} | {largest} | {scheme.Granularity} | {format.Scales} | {bits} | `{Recipe.Parse(format.Name)}` |";
    }
}
