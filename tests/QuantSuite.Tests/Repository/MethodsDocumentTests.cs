using System.Reflection;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Repository;

/// <summary>docs/methods.md says what the catalog says: its table is the catalog's, its recipes parse.</summary>
public sealed class MethodsDocumentTests
{
    private static readonly Dictionary<string, string> Vectors = new()
    {
        ["quarot"] = "hadamard",
        ["irqlora"] = "ir-qlora",
        ["pbllm"] = "pb-llm",
        ["slimllm"] = "slim-llm",
        ["anyprecision"] = "any-precision",
        ["dbllm"] = "db-llm",
        ["llmint8"] = "llm-int8",
    };

    [Fact]
    public void TheTableIsTheCatalog()
    {
        string table = string.Join('\n', QuantizationMethods.All.Select(Row));
        string document = SourceTree.Read("docs/methods.md");
        Assert.True(document.Contains(table, StringComparison.Ordinal), $"docs/methods.md should hold these rows:\n{table}");
    }

    [Fact]
    public void RecipesParseAndPrintAsWritten()
    {
        string[] recipes = [.. SourceTree.Read("docs/methods.md").Split('`').Where((text, i) =>
            i % 2 == 1 && text.Contains("-int", StringComparison.Ordinal) && !text.Contains(' ', StringComparison.Ordinal))];
        Assert.NotEmpty(recipes);
        Assert.All(recipes, text => Assert.Equal(text, Recipe.Parse(text).ToString()));
    }

    private static string Row(QuantizationMethod method)
    {
        string options = string.Join(", ", method.KnownOptions.Select(option => $"`{option}`"));
        string file = $"`{method.GetType().Name}.cs`";
        return $"| `{method.Name}` | {method.Source} | {Steps(method)} | {Needs(method.Needs)} | {options} | {file} | {Vectors.GetValueOrDefault(method.Name, method.Name)} |";
    }

    private static string Steps(QuantizationMethod method) => string.Join(", ", new[] { nameof(QuantizationMethod.Prepare), nameof(QuantizationMethod.Rescale), nameof(QuantizationMethod.Round) }
        .Where(step => method is Rtn && step == nameof(QuantizationMethod.Round) || method.GetType().GetMethod(step, BindingFlags.Public | BindingFlags.Instance)!.DeclaringType == method.GetType()));

    private static string Needs(CalibrationNeeds needs) => needs == CalibrationNeeds.None ? "nothing" : needs.ToString().ToLowerInvariant();
}
