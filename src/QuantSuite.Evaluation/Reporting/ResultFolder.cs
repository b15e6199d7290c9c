using QuantSuite.Evaluation.Blaming;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>
/// All results below a folder. Results merge by copying, so any layout of subfolders will do; where two files hold the same
/// model × task × recipe the later run counts. Prompts and choices, which recipes share, are kept in memory once.
/// </summary>
internal sealed class ResultFolder
{
    private readonly Dictionary<string, string> _strings = new(StringComparer.Ordinal);
    private readonly Dictionary<ResultKey, EvalResult> _results = [];
    private readonly List<UnreadableFile> _unreadable = [];
    private readonly Dictionary<(string Model, string Recipe), Diagnosis> _diagnoses = [];

    public IReadOnlyCollection<EvalResult> Results => _results.Values;

    public IReadOnlyList<UnreadableFile> Unreadable => _unreadable;

    public IReadOnlyCollection<Diagnosis> Diagnoses => _diagnoses.Values;

    public static ResultFolder Read(string path)
    {
        ResultFolder folder = new();
        if (!Directory.Exists(path))
            return folder;
        foreach (string file in Directory.EnumerateFiles(path, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            folder.Add(file, Path.GetRelativePath(path, file).Replace('\\', '/'));
        foreach (string file in Directory.EnumerateFiles(path, "*" + BlameFile.Extension, SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            if (BlameFile.Read(file) is { } record)
                folder.Add(record);
        return folder;
    }

    private void Add(string file, string name)
    {
        try
        {
            if (file.EndsWith(DiagnosisFile.Extension, StringComparison.Ordinal))
            {
                Diagnosis diagnosis = DiagnosisFile.Read(file);
                _diagnoses[(diagnosis.Model, diagnosis.Recipe)] = diagnosis;
                return;
            }
            EvalResult result = EvalResultFile.Read(file);
            Keep(result with { Items = [.. result.Items.Select(Pooled)] });
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _unreadable.Add(new UnreadableFile(name, e.Message.Replace(file, name, StringComparison.Ordinal)));
        }
    }

    private void Add(BlameRecord record)
    {
        (string, string) key = (record.Header.Model, record.Header.Recipe);
        Diagnosis before = _diagnoses.GetValueOrDefault(key) ?? new Diagnosis { Model = record.Header.Model, Recipe = record.Header.Recipe };
        _diagnoses[key] = before with { Blames = [.. before.Blames, record] };
    }

    private void Keep(EvalResult result)
    {
        ResultKey key = ResultKey.Of(result);
        if (!_results.TryGetValue(key, out EvalResult? other) || result.Environment.FinishedAt > other.Environment.FinishedAt)
            _results[key] = result;
    }

    private ItemOutcome Pooled(ItemOutcome item) => item with
    {
        Id = Pooled(item.Id),
        Prompt = Pooled(item.Prompt),
        Choices = [.. item.Choices.Select(Pooled)],
        Expected = Pooled(item.Expected),
        Answer = Pooled(item.Answer),
    };

    private string Pooled(string text)
    {
        if (_strings.TryGetValue(text, out string? kept))
            return kept;
        _strings.Add(text, text);
        return text;
    }
}
