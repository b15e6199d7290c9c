namespace QuantSuite.Evaluation.Tasks;

/// <summary>A user's own task: a JSONL file in <see cref="JsonlItems"/>' format, named on the command line. No code.</summary>
public static class JsonlTask
{
    /// <summary>A task named after the file; its shape is what the first line shows.</summary>
    /// <exception cref="EvalDataException">The file is absent, empty, or its first line has no known shape.</exception>
    public static EvalTask FromFile(string path)
    {
        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
            throw new EvalDataException($"The task file '{full}' does not exist. Name a JSONL file in MicroWorld's item format, or a task of 'list tasks'.");
        JsonLine? first = JsonLines.Read(full).Select(line => (JsonLine?)line).FirstOrDefault();
        if (first is not { } line)
            throw new EvalDataException($"The task file '{full}' is empty; expected one item a line.");
        var card = new TaskCard(Name(full), "own", $"items of {Path.GetFileName(full)}", full);
        return line.Has("choices") ? new JsonlChoiceTask(card)
            : line.Has("target") ? new JsonlGenerationTask(card)
            : line.Has("text") ? new JsonlTextTask(card)
            : throw line.Error("expected 'prompt' with 'choices' and 'answer', or 'prompt' with 'target', or 'text'.");
    }

    // As catalog names are: lower case, without blanks or marks.
    private static string Name(string path) =>
        string.Concat(Path.GetFileNameWithoutExtension(path).ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
}
