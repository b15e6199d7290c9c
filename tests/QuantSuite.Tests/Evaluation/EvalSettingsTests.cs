using QuantSuite.Evaluation.Rows;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

public class EvalSettingsTests
{
    private static EvalSettings From(params (string Name, string Value)[] variables) =>
        EvalSettings.From(name => variables.FirstOrDefault(variable => "QUANTSUITE_" + variable.Name == name).Value);

    [Fact]
    public void Nothing_named_means_the_embedded_matrix()
    {
        EvalSettings settings = From(("MODELS", " "), ("LIMIT", ""));
        Assert.Empty(settings.Models);
        Assert.Empty(settings.Recipes);
        Assert.Null(settings.Limit);
        Assert.False(settings.Strict);
        Assert.Equal(Path.Combine(Goldens.RepositoryRoot, "baselines"), settings.Baselines);
    }

    [Fact]
    public void Lists_are_separated_recipes_by_spaces_and_paths_as_in_path()
    {
        EvalSettings settings = From(("RECIPES", "fp32  rtn-int4-g32"), ("MODELS", $"a b{Path.PathSeparator}c"), ("CALLER", Path.GetTempPath()));
        Assert.Equal(["fp32", "rtn-int4-g32"], settings.Recipes);
        Assert.Equal([Path.Combine(Path.GetTempPath(), "a b"), Path.Combine(Path.GetTempPath(), "c")], settings.Models);
    }

    [Fact]
    public void Relative_paths_are_the_callers_then_the_repositorys()
    {
        Assert.Equal(Path.Combine(Goldens.RepositoryRoot, "eng"), EvalSettings.Resolve("eng", Path.GetTempPath()));
        Assert.Equal(Path.Combine(Goldens.RepositoryRoot, "eng"), EvalSettings.Resolve("../eng", Path.Combine(Goldens.RepositoryRoot, "src")));
        Assert.Equal(Path.Combine(Path.GetTempPath(), "not there"), EvalSettings.Resolve("not there", Path.GetTempPath()));
    }

    [Theory]
    [InlineData("LIMIT", "0")]
    [InlineData("LIMIT", "ten")]
    [InlineData("THREADS", "-1")]
    [InlineData("STRICT", "maybe")]
    public void A_value_that_cannot_be_read_is_named(string name, string value)
    {
        var exception = Assert.Throws<SettingsException>(() => From((name, value)));
        Assert.Contains($"QUANTSUITE_{name} is '{value}'", exception.Message);
    }
}
