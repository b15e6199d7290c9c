namespace QuantSuite.Quantization;

/// <summary>The recipes that run where none is named, and lists of recipes.</summary>
public static class Recipes
{
    /// <summary>In a list of recipes, stands for all of <see cref="Default"/>.</summary>
    public const string DefaultWord = "default";

    /// <summary>Weights from 8 bits to 2, activations and KV cache: one recipe for each axis that a regression may hide in.</summary>
    public static IReadOnlyList<Recipe> Default { get; } =
    [
        .. new[] { "fp32", "rtn-int8", "rtn-int8-a8", "rtn-int4-g32", "rtn-int4-g128", "rtn-int3-g32", "rtn-int2-g32", "rtn-int4-g32-kv8", "fp32-kv4" }.Select(Recipe.Parse),
    ];

    /// <summary>Reads a list, each recipe once in its first place; an empty list is the default one.</summary>
    /// <exception cref="RecipeException">A text is no recipe.</exception>
    public static IReadOnlyList<Recipe> ParseAll(IReadOnlyList<string> texts) =>
        texts.Count == 0 ? Default : [.. texts.SelectMany(text => text == DefaultWord ? Default : [Recipe.Parse(text)]).Distinct()];

    /// <summary>The traits by which a test filter picks a recipe.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Traits(this Recipe recipe) =>
    [
        new("Method", recipe.Method),
        new("Weights", recipe.WeightsText),
        new("Bits", $"{recipe.Bits}"),
        new("Activations", recipe.ActivationsText),
        new("KvCache", recipe.KvCacheText),
    ];
}
