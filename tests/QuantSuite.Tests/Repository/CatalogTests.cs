using QuantSuite.Cli;
using QuantSuite.Evaluation;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Families;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Repository;

/// <summary>A catalog is an explicit list; a class that nobody listed is found here.</summary>
public class CatalogTests
{
    [Fact]
    public void Every_task_is_listed() => AssertListed(EvalTasks.All, task => task.Name);

    [Fact]
    public void Every_method_is_listed() => AssertListed(QuantizationMethods.All, method => method.Name);

    [Fact]
    public void Every_family_is_listed() => AssertListed(ModelFamilies.All, family => family.ModelType);

    [Fact]
    public void Every_format_is_listed() => AssertListed(NumericFormats.All, format => format.Name);

    [Fact]
    public void Every_verb_is_listed() => AssertListed(QuantSuiteCommand.Verbs, verb => verb.Name);

    [Fact]
    public void Every_layout_that_is_written_is_listed() => AssertListed(CheckpointFormats.All, format => format.Name);

    private static void AssertListed<T>(IReadOnlyList<T> catalog, Func<T, string> name)
        where T : notnull
    {
        var classes = typeof(T).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(T)) && !type.IsAbstract).Select(type => type.Name).Order(StringComparer.Ordinal);
        Assert.Equal(classes, catalog.Select(entry => entry.GetType().Name).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(catalog.Select(name).Distinct(), catalog.Select(name));
        Assert.All(catalog.Select(name), text => Assert.Equal(text.ToLowerInvariant(), text));
    }
}
