namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// A folder of approved baselines, <c>&lt;model&gt;/&lt;task&gt;/&lt;recipe&gt;.verified.json</c>. A run that is anything but equal leaves a
/// <c>.received.json</c> beside it, an equal run removes it, and only <see cref="Accept"/> moves one over the other. Names and encoding are those of VerifyTests/Verify.
/// </summary>
public sealed class BaselineStore
{
    /// <summary>How an approved file's name ends.</summary>
    public const string VerifiedExtension = ".verified.json";

    /// <summary>How the name of a file that waits for a person ends.</summary>
    public const string ReceivedExtension = ".received.json";

    private const long MaxBytes = 64 << 20;

    private readonly Action<string, string> _show;

    /// <summary>A folder of baselines; it need not exist.</summary>
    /// <param name="show">Shows a person received against verified, when a row fails; the default is <see cref="DiffTool.Show"/>.</param>
    public BaselineStore(string root, Action<string, string>? show = null)
    {
        Root = Path.GetFullPath(root);
        _show = show ?? DiffTool.Show;
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The approved file of a row.</summary>
    public string VerifiedPath(ResultKey key) => Path.Combine(Root, key.RelativePath + VerifiedExtension);

    /// <summary>The file of a row that waits for a person.</summary>
    public string ReceivedPath(ResultKey key) => Path.Combine(Root, key.RelativePath + ReceivedExtension);

    /// <summary>The approved baseline of a row, or null where there is none; an empty file is none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or another row's.</exception>
    public Baseline? Read(ResultKey key) => Read(VerifiedPath(key), key);

    /// <summary>The verdict of a run. Writes nothing.</summary>
    public Verdict Compare(EvalResult now)
    {
        try
        {
            return Read(ResultKey.Of(now)) is { } approved ? approved.Compare(now) : Verdict.Missing(now);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return Verdict.Refused(now, e.Message);
        }
    }

    /// <summary>
    /// The verdict of a run; leaves a received file where it is anything but equal, removes an old one where it is, and shows a person the
    /// difference where it fails. Never touches an approved file. Where the folder cannot be written the verdict's words say so.
    /// </summary>
    public Verdict Check(EvalResult now)
    {
        Verdict verdict = Compare(now);
        string? unsaved = Save(verdict, now);
        if (verdict.Fails() && unsaved is null)
            _show(ReceivedPath(verdict.Key), VerifiedPath(verdict.Key));
        return unsaved is null ? verdict : verdict with { Words = $"{verdict.Words}\n  not saved: {unsaved}" };
    }

    /// <summary>Rows with an approved file, in the order of their paths.</summary>
    public IReadOnlyList<ResultKey> Verified() => Keys(VerifiedExtension);

    /// <summary>Rows that wait for a person, in the order of their paths.</summary>
    public IReadOnlyList<ResultKey> Received() => Keys(ReceivedExtension);

    /// <summary>Approved rows that are none of <paramref name="rows"/>: their task, model or recipe is gone.</summary>
    public IReadOnlyList<ResultKey> Orphans(IEnumerable<ResultKey> rows) => [.. Verified().Except(rows)];

    /// <summary>
    /// Moves received files over approved ones, each in one step that needs no room on the disk: what is not moved is as it was. A limited run
    /// never takes the place of a whole one (<see cref="Shortened"/>). Returns the rows that were moved.
    /// </summary>
    /// <param name="which">The rows to accept; null for all that wait.</param>
    /// <exception cref="InvalidDataException">A received file is damaged; it and the ones after it are not moved.</exception>
    public IReadOnlyList<ResultKey> Accept(Func<ResultKey, bool>? which = null)
    {
        var accepted = new List<ResultKey>();
        foreach (ResultKey key in Received().Where(key => which is null || which(key)))
        {
            if (Read(ReceivedPath(key), key) is not { } received || IsShortened(received))
                continue;
            File.Move(ReceivedPath(key), VerifiedPath(key), overwrite: true);
            accepted.Add(key);
        }
        return accepted;
    }

    /// <summary>Received files of limited runs whose approved ones hold all items: <see cref="Accept"/> leaves them where they are.</summary>
    public IReadOnlyList<ResultKey> Shortened() => [.. Received().Where(key => Read(ReceivedPath(key), key) is { } received && IsShortened(received))];

    private bool IsShortened(Baseline received)
    {
        var key = new ResultKey(received.Model, received.Task, received.Recipe);
        return received.Settings.ContainsKey("limit") && Read(VerifiedPath(key), key) is { } approved && !approved.Settings.ContainsKey("limit");
    }

    private static Baseline? Read(string path, ResultKey key)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0)
            return null;
        if (file.Length > MaxBytes)
            throw new InvalidDataException($"{path} is no baseline: it has {file.Length} bytes, expected at most {MaxBytes}. Delete it, accept again.");
        Baseline baseline = BaselineText.Read(File.ReadAllBytes(path), path);
        var own = new ResultKey(baseline.Model, baseline.Task, baseline.Recipe);
        return own == key ? baseline
            : throw new InvalidDataException(
                $"{path} is the baseline of {own}, expected {key}: a copied file, or two names that this file system does not tell apart. Delete it.");
    }

    // A folder that cannot be written must not hide the verdict: what went wrong is told with it.
    private string? Save(Verdict verdict, EvalResult now)
    {
        try
        {
            if (verdict.Kind != VerdictKind.Equal)
                AtomicFile.Write(ReceivedPath(verdict.Key), BaselineText.Write(Baseline.Of(now)));
            else if (File.Exists(ReceivedPath(verdict.Key)))
                File.Delete(ReceivedPath(verdict.Key));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private IReadOnlyList<ResultKey> Keys(string extension)
    {
        if (!Directory.Exists(Root))
            return [];
        return [.. Directory.EnumerateFiles(Root, "*" + extension, SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => ResultKey.Parse(Path.GetRelativePath(Root, path), extension)).OfType<ResultKey>()];
    }
}
