namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// A folder of approved baselines, <c>&lt;model&gt;/&lt;task&gt;/&lt;recipe&gt;.verified.json</c>, those of choice tasks with their log-likelihood
/// margins in <c>&lt;recipe&gt;#margins.verified.json</c>
/// beside them. A run that is anything but equal leaves <c>.received.json</c> files beside them, an equal run removes them, and only <see cref="Accept"/>
/// moves one over the
/// other. Names and encoding are those of VerifyTests/Verify.
/// </summary>
public sealed class BaselineStore
{
    /// <summary>How an approved file's name ends.</summary>
    public const string VerifiedExtension = ".verified.json";

    /// <summary>How the name of a file that waits for a person ends.</summary>
    public const string ReceivedExtension = ".received.json";

    /// <summary>What stands before the ending in the name of a file of margins; no recipe's name can hold it.</summary>
    public const string MarginsSuffix = "#margins";

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

    /// <summary>The approved margins of a row.</summary>
    public string VerifiedMarginsPath(ResultKey key) => Path.Combine(Root, key.RelativePath + MarginsSuffix + VerifiedExtension);

    /// <summary>The margins of a row that wait for a person.</summary>
    public string ReceivedMarginsPath(ResultKey key) => Path.Combine(Root, key.RelativePath + MarginsSuffix + ReceivedExtension);

    /// <summary>The approved baseline of a row, or null where there is none; an empty file is none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or another row's.</exception>
    public Baseline? Read(ResultKey key) => Read(VerifiedPath(key), VerifiedMarginsPath(key), key);

    /// <summary>What waits for a person, or null.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or another row's.</exception>
    public Baseline? ReadReceived(ResultKey key) => Read(ReceivedPath(key), ReceivedMarginsPath(key), key);

    /// <summary>The verdict of a run. Writes nothing.</summary>
    public Verdict Compare(EvalResult now) => Compare(now, out _);

    /// <summary>
    /// The verdict of a run; leaves a received file where it is anything but equal, removes an old one where it is, and shows a person the
    /// difference where it fails. Never touches an approved file. Where the folder cannot be written the verdict's words say so. An equal run leaves
    /// a received file too where the approved one lacks what baselines hold today, so that accepting brings it up to date.
    /// </summary>
    public Verdict Check(EvalResult now)
    {
        Verdict verdict = Compare(now, out Baseline? approved);
        string? unsaved = Save(verdict, now, approved);
        if (verdict.Fails() && unsaved is null)
            _show(ReceivedPath(verdict.Key), VerifiedPath(verdict.Key));
        return unsaved is null ? verdict : verdict with { Words = $"{verdict.Words}\n  not saved: {unsaved}" };
    }

    /// <summary>Leaves a run for a person, with the noise that was measured; the margin grows with it.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void Receive(EvalResult now, NoiseFloor? noise = null)
    {
        var received = Baseline.Of(now);
        if (noise is not null)
            received = received with { Noise = noise, Gate = Gate.For(received.Gate.Kind, received.Scores.Count, noise) };
        Write(ResultKey.Of(now), received, ReceivedPath, ReceivedMarginsPath);
    }

    /// <summary>Rows with an approved file, in the order of their paths.</summary>
    public IReadOnlyList<ResultKey> Verified() => Keys(VerifiedExtension);

    /// <summary>Rows that wait for a person, in the order of their paths.</summary>
    public IReadOnlyList<ResultKey> Received() => Keys(ReceivedExtension);

    /// <summary>Approved rows that are none of <paramref name="rows"/>: their task, model or recipe is gone.</summary>
    public IReadOnlyList<ResultKey> Orphans(IEnumerable<ResultKey> rows) => [.. Verified().Except(rows)];

    /// <summary>
    /// Makes received files the approved ones, row by row: what is not moved is as it was. A limited run never takes the place of a whole one
    /// (<see cref="Shortened"/>), and a worse result only with a reason (<see cref="Loosened"/>). Returns the rows that were moved.
    /// </summary>
    /// <param name="which">The rows to accept; null for all that wait.</param>
    /// <param name="order">When, why and until when; the default is today, without a reason.</param>
    /// <exception cref="InvalidDataException">A received file is damaged; it and the ones after it are not moved.</exception>
    public IReadOnlyList<ResultKey> Accept(Func<ResultKey, bool>? which = null, AcceptOrder? order = null)
    {
        order ??= new AcceptOrder(DateOnly.FromDateTime(DateTimeOffset.UtcNow.UtcDateTime));
        var accepted = new List<ResultKey>();
        foreach (ResultKey key in Received().Where(key => which is null || which(key)))
        {
            if (ReadReceived(key) is not { } received || IsShortened(received))
                continue;
            string? worse = Usable(key) is { } approved ? BaselineChange.Worse(approved, received) : null;
            if (worse is not null && order.Reason.Length == 0)
                continue;
            Write(key, received with { Approval = order.Stamp(received.Approval, worse) }, VerifiedPath, VerifiedMarginsPath);
            Delete(ReceivedPath(key), ReceivedMarginsPath(key));
            accepted.Add(key);
        }
        return accepted;
    }

    /// <summary>Received files of limited runs whose approved ones hold all items: <see cref="Accept"/> leaves them where they are.</summary>
    public IReadOnlyList<ResultKey> Shortened() => [.. Received().Where(key => ReadReceived(key) is { } received && IsShortened(received))];

    /// <summary>Received rows that are worse than the approved ones, with what is: <see cref="Accept"/> wants a reason for them.</summary>
    public IReadOnlyList<(ResultKey Key, string What)> Loosened() =>
        [.. from key in Received()
            let received = ReadReceived(key)
            let approved = Usable(key)
            where received is not null && approved is not null
            let worse = BaselineChange.Worse(approved, received)
            where worse is not null
            select (key, worse)];

    // A damaged approved file is none: accepting is how it is replaced.
    private Baseline? Usable(ResultKey key)
    {
        try
        {
            return Read(key);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private bool IsShortened(Baseline received)
    {
        var key = new ResultKey(received.Model, received.Task, received.Recipe);
        return received.Settings.ContainsKey("limit") && Usable(key) is { } approved && !approved.Settings.ContainsKey("limit");
    }

    private Verdict Compare(EvalResult now, out Baseline? approved)
    {
        approved = null;
        try
        {
            approved = Read(ResultKey.Of(now));
            return approved is null ? Verdict.Missing(now) : approved.Compare(now);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return Verdict.Refused(now, e.Message);
        }
    }

    private static Baseline? Read(string path, string marginsPath, ResultKey key)
    {
        if (Bytes(path) is not { } bytes)
            return null;
        Baseline baseline = BaselineText.Read(bytes, path);
        var own = new ResultKey(baseline.Model, baseline.Task, baseline.Recipe);
        if (own != key)
            throw new InvalidDataException(
                $"{path} is the baseline of {own}, expected {key}: a copied file, or two names that this file system does not tell apart. Delete it.");
        return Bytes(marginsPath) is { } margins ? baseline with { Margins = MarginText.Read(margins, marginsPath, baseline.BitsHash, baseline.Scores.Count) } : baseline;
    }

    private static byte[]? Bytes(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0)
            return null;
        return file.Length <= MaxBytes ? File.ReadAllBytes(path)
            : throw new InvalidDataException($"{path} is no baseline: it has {file.Length} bytes, expected at most {MaxBytes}. Delete it, accept again.");
    }

    // Margins first: a kill between the two leaves margins of other bits, which are refused, and the received file, which can be accepted again.
    private static void Write(ResultKey key, Baseline baseline, Func<ResultKey, string> path, Func<ResultKey, string> marginsPath)
    {
        if (baseline.Margins is { } margins)
            AtomicFile.Write(marginsPath(key), MarginText.Write(margins, baseline.BitsHash));
        else
            Delete(marginsPath(key));
        AtomicFile.Write(path(key), BaselineText.Write(baseline));
    }

    private static void Delete(params ReadOnlySpan<string> paths)
    {
        foreach (string path in paths)
            if (File.Exists(path))
                File.Delete(path);
    }

    // A folder that cannot be written must not hide the verdict: what went wrong is told with it.
    private string? Save(Verdict verdict, EvalResult now, Baseline? approved)
    {
        try
        {
            if (verdict.Kind != VerdictKind.Equal || BaselineChange.IsOutdated(approved!, now))
                Receive(now, approved?.Noise);
            else
                Delete(ReceivedPath(verdict.Key), ReceivedMarginsPath(verdict.Key));
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
        return [.. Directory.EnumerateFiles(Root, "*" + extension, SearchOption.AllDirectories)
            .Where(path => !path.EndsWith(MarginsSuffix + extension, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(path => ResultKey.Parse(Path.GetRelativePath(Root, path), extension)).OfType<ResultKey>()];
    }
}
