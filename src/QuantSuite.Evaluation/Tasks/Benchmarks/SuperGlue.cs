namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>The archives of SuperGLUE as published (Wang et al. 2019, 1905.00537): <c>COPA.zip</c> holds <c>COPA/val.jsonl</c>, the split with answers.</summary>
internal static class SuperGlue
{
    /// <summary>The records of an archive's validation split.</summary>
    /// <param name="columns">Names that every record must have.</param>
    /// <exception cref="EvalDataException">The archive is not the published one.</exception>
    public static IReadOnlyList<JsonLine> Validation(string archive, params IReadOnlyList<string> columns) =>
        JsonLines.ReadZipped(archive, $"{Path.GetFileNameWithoutExtension(archive)}/val.jsonl", columns);
}
