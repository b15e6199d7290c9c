namespace QuantSuite.Quantization.Statistics;

/// <summary>Which parts of a model are quantized alone.</summary>
public enum ProbeParts
{
    /// <summary>Each layer.</summary>
    Layer,

    /// <summary>Each kind of linear, in all layers: q_proj, down_proj, …</summary>
    Kind,

    /// <summary>Attention against feed-forward, in all layers.</summary>
    Module,
}

/// <summary>
/// One part of a model in a low format, and all else in full precision: what sensitivity studies measure layer by layer (SliM-LLM, "Evaluating Quantized LLMs"). Every probe is a plain
/// recipe, such as <c>fp32[layers.3=int2]</c>, so its row can be run, filtered and approved like any other.
/// </summary>
/// <param name="Part">Parts of a linear's name, as in a recipe: <c>layers.3</c>, <c>down_proj</c>, <c>mlp</c>.</param>
/// <param name="Recipe">The recipe.</param>
/// <param name="LinearCount">Linears that it rounds.</param>
public sealed record SensitivityProbe(string Part, Recipe Recipe, int LinearCount)
{
    /// <summary>The probes of a model, in the order of its linears.</summary>
    /// <param name="linears">Names such as <c>model.layers.3.self_attn.q_proj</c>.</param>
    /// <param name="parts">What to take apart.</param>
    /// <param name="format">The low format and its granularity, e.g. <c>int3</c> or <c>int3-g32</c>.</param>
    /// <exception cref="RecipeException">The format is none.</exception>
    public static IReadOnlyList<SensitivityProbe> List(IEnumerable<string> linears, ProbeParts parts, string format)
    {
        string[] pieces = format.Split('-', 2);
        string options = pieces.Length > 1 ? $"-{pieces[1]}" : "";
        return [.. linears.GroupBy(name => PartOf(name, parts)).Select(group =>
            new SensitivityProbe(group.Key, Recipe.Parse($"fp32{options}[{group.Key}={pieces[0]}]"), group.Count()))];
    }

    private static string PartOf(string name, ProbeParts parts)
    {
        string[] words = name.Split('.');
        int number = Array.FindIndex(words, word => word.All(char.IsAsciiDigit));
        return parts switch
        {
            ProbeParts.Layer when number > 0 => $"{words[number - 1]}.{words[number]}",
            ProbeParts.Module when number >= 0 && number + 1 < words.Length => words[number + 1],
            _ => words[^1],
        };
    }
}
