namespace QuantSuite.Evaluation.Rows;

/// <summary>The traits of a row, by which <c>dotnet test --filter</c> and the command line pick rows.</summary>
public static class RowTraits
{
    /// <summary>All trait names, in the order in which a person narrows down.</summary>
    public static IReadOnlyList<string> Names { get; } = ["Model", "Family", "Task", "Ability", "Recipe", "Method", "Weights", "Bits", "Activations", "KvCache"];

    /// <summary>The traits that make a row's display name: <c>microworld-m · arithmetic · rtn-int4-g32</c>.</summary>
    public static IReadOnlyList<string> DisplayOrder { get; } = ["Model", "Task", "Recipe"];
}
