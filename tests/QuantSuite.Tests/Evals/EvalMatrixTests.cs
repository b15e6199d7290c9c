using QuantSuite.Evals;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Evals;

public class EvalMatrixTests
{
    private static readonly EvalMatrix Embedded = new(new EvalSettings());

    [Fact]
    public void Nothing_named_is_embedded_models_by_default_recipes_by_microworld()
    {
        Assert.Equal(2 * Recipes.Default.Count * 27, Embedded.Rows.Count);
        Assert.Equal(["microworld-m", "microworld-s"], Embedded.Rows.Select(row => row.Model.Name).Distinct());
        Assert.Equal(Recipes.Default.Select(recipe => recipe.ToString()), Embedded.Rows.Select(row => row.Recipe).Distinct());
    }

    [Fact]
    public void Rows_of_one_model_and_recipe_stand_together()
    {
        var groups = Embedded.Rows.Select(row => (row.Model.Name, row.Recipe)).ToList();
        int changes = groups.Zip(groups.Skip(1)).Count(pair => pair.First != pair.Second);
        Assert.Equal(groups.Distinct().Count() - 1, changes);
    }

    [Fact]
    public void A_row_has_its_own_traits()
    {
        var traits = Embedded.Traits(new ResultKey("microworld-m", "arithmetic", "rtn-int4-g32-kv8"));
        Assert.Equal(RowTraits.Names.Order(), traits.Keys.Order());
        string[] values = ["microworld-m", "llama", "arithmetic", "reasoning", "rtn-int4-g32-kv8", "rtn", "int4-g32", "4", "fp32", "int8"];
        Assert.Equal(values, RowTraits.Names.Select(name => traits[name]));
    }

    [Fact]
    public void Ten_thousand_rows_are_listed_without_loading_a_model()
    {
        string[] recipes = [.. from bits in Enumerable.Range(2, 7) from size in Enumerable.Range(1, 27) select $"rtn-int{bits}-g{8 * size}"];
        var matrix = new EvalMatrix(new EvalSettings { Recipes = recipes });
        Assert.Equal(2 * 189 * 27, matrix.Rows.Count);
        Assert.All(matrix.Rows, row => Assert.Equal("rtn", matrix.Traits(row.Key)["Method"]));
    }

    [Fact]
    public void Named_models_answer_the_users_data_and_tasks()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["mine.jsonl"], "{\"id\": \"1\", \"prompt\": \"a\", \"target\": \"b\"}\n");
        string model = Path.Combine(SuiteFolders.EmbeddedModels, "microworld-s");
        var own = new EvalMatrix(new EvalSettings { Models = [model], Tasks = [folder["mine.jsonl"]], Recipes = ["fp32"] });
        Assert.Equal(["microworld-s · mine · fp32"], own.Rows.Select(row => row.ToString()));
        var neither = new EvalMatrix(new EvalSettings { Models = [model], Recipes = ["fp32", "default"] });
        Assert.Equal(Recipes.Default.Count * 27, neither.Rows.Count);
    }

    [Fact]
    public void Two_models_of_one_name_are_refused()
    {
        using var folder = new TestFolder();
        string model = Path.Combine(SuiteFolders.EmbeddedModels, "microworld-s");
        Directory.CreateDirectory(folder["microworld-s"]);
        File.Copy(Path.Combine(model, "config.json"), Path.Combine(folder["microworld-s"], "config.json"));
        var exception = Assert.Throws<SettingsException>(() => new EvalMatrix(new EvalSettings { Models = [model, folder.Path] }));
        Assert.Contains("2 models are named 'microworld-s'", exception.Message);
    }
}
