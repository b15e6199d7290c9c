namespace QuantSuite.Quantization;

/// <summary>The recipes that run where none is named, and lists of recipes.</summary>
public static class Recipes
{
    /// <summary>In a list of recipes, stands for all of <see cref="Default"/>.</summary>
    public const string DefaultWord = "default";

    /// <summary>Weights from 8 bits to 2, the methods and formats that people use, activations and KV cache: one recipe for each axis that a regression may hide in.</summary>
    public static IReadOnlyList<Recipe> Default { get; } =
    [
        .. new[]
        {
            "fp32", "rtn-int8", "rtn-int8-a8", "rtn-int4-g32", "rtn-int4-g128", "rtn-int3-g32", "rtn-int2-g32", "rtn-int4-g32-kv8", "fp32-kv4",
            "gptq-int4-g32", "gptq-int3-g32", "awq-int4-g32", "awq-int3-g32", "smoothquant-int8-a8", "hqq-int3-g32", "spqr-int3", "slimllm-int2-g32", "anyprecision-int4",
            "rtn-mxfp4", "rtn-nvfp4", "rtn-nf4-g64", "rtn-fp8_e4m3-afp8_e4m3",
        }.Select(Recipe.Parse),
    ];

    /// <summary>Reads a list, each recipe once in its first place; an empty list is the default one.</summary>
    /// <exception cref="RecipeException">A text is no recipe.</exception>
    public static IReadOnlyList<Recipe> ParseAll(IReadOnlyList<string> texts) =>
        texts.Count == 0 ? Default : [.. texts.SelectMany(text => text == DefaultWord ? Default : [Recipe.Parse(text)]).Distinct()];

    /// <summary>The recipes of a model that came quantized, where none is named: its codes, its dequantized values, its codes with a cache of 8 bits.</summary>
    public static IReadOnlyList<Recipe> FiledDefault { get; } = [.. new[] { "fp32", "file", "file-kv8" }.Select(Recipe.Parse)];

    /// <summary>
    /// The recipes of a list that apply to a model, as they apply: <c>file</c> only to models that came quantized, so that one list serves models of both kinds. Recipes that round
    /// take a quantized model's dequantized values.
    /// </summary>
    /// <param name="recipes">As <see cref="ParseAll"/> gives them.</param>
    /// <param name="scheme">The scheme of a checkpoint that came quantized, or null.</param>
    /// <exception cref="RecipeException">None applies.</exception>
    public static IReadOnlyList<Recipe> For(IReadOnlyList<Recipe> recipes, string? scheme)
    {
        if (scheme is not null && ReferenceEquals(recipes, Default))
            recipes = FiledDefault;
        Recipe[] applicable = [.. recipes.Where(recipe => recipe.AppliesTo(scheme)).Select(recipe => recipe.For(scheme)).Distinct()];
        return applicable.Length > 0 ? applicable : [recipes[0].For(scheme)];
    }

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
