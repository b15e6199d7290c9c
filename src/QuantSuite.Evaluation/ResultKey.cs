namespace QuantSuite.Evaluation;

/// <summary>The names of one row: model × task × recipe. They make its path, its display name and its filter expression.</summary>
public readonly record struct ResultKey(string Model, string Task, string Recipe)
{
    /// <summary>The row that a result belongs to.</summary>
    public static ResultKey Of(EvalResult result) => new(result.Model, result.Task, result.Recipe);

    /// <summary><c>model/task/recipe</c> in names that every file system takes (<see cref="PathName"/>), with the platform's separator, no extension.</summary>
    public string RelativePath => Path.Combine(PathName.Encode(Model), PathName.Encode(Task), PathName.Encode(Recipe));

    /// <summary>An expression for <c>dotnet test --filter</c> that picks this row alone.</summary>
    public string Filter => $"Model={Escape(Model)}&Task={Escape(Task)}&Recipe={Escape(Recipe)}";

    /// <summary>The row whose file is <paramref name="relativePath"/> (model/task/recipe + <paramref name="extension"/>); null for any other path.</summary>
    public static ResultKey? Parse(string relativePath, string extension)
    {
        string[] parts = relativePath.Split('/', '\\');
        if (parts.Length != 3 || !parts[2].EndsWith(extension, StringComparison.Ordinal))
            return null;
        return new ResultKey(PathName.Decode(parts[0]), PathName.Decode(parts[1]), PathName.Decode(parts[2][..^extension.Length]));
    }

    /// <summary>The name that people read: <c>microworld-m · arithmetic · rtn-int4-g32</c>.</summary>
    public override string ToString() => $"{Model} · {Task} · {Recipe}";

    // The characters that VSTest's filter language gives a meaning.
    private static string Escape(string value) => string.Concat(value.Select(c => @"\()&|=!~".Contains(c) ? $@"\{c}" : $"{c}"));
}
