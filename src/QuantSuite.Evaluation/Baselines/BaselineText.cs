using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// The text of a baseline: indented JSON in a fixed order, UTF-8 without BOM, LF, no line end at the end (Verify's convention), so that a diff shows what
/// changed and nothing else. Items stand 50 a line behind the number of the line's first (one character each), numbers 10 a line. Schema: docs/baselines.md.
/// </summary>
public static class BaselineText
{
    /// <summary>The version of the schema that this writes; it reads the first one too, which had no approval and no number contract.</summary>
    public const int Schema = 2;

    private const int CodesPerLine = 50;
    private const int ScoresPerLine = 10;

    private static readonly JsonWriterOptions Layout = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes of the file.</summary>
    public static byte[] Write(Baseline baseline)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Layout))
            Write(baseline, json);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="Write(Baseline)"/> wrote. A BOM, CRLF and one line end at the end are taken too.</summary>
    /// <param name="name">What the bytes are, for messages.</param>
    /// <exception cref="InvalidDataException">The bytes are no baseline; the message says what is wrong and what to do.</exception>
    public static Baseline Read(ReadOnlyMemory<byte> bytes, string name)
    {
        if (bytes.Span.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return Read(new JsonPart(document.RootElement, "$"));
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new InvalidDataException(
                $"{name} is no approved baseline: {e.Message} Restore it from version control, or delete it and accept the row again.", e);
        }
    }

    private static void Write(Baseline baseline, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("schema", Schema);
        json.WriteString("model", baseline.Model);
        json.WriteString("task", baseline.Task);
        json.WriteNumber("taskVersion", baseline.TaskVersion);
        json.WriteString("recipe", baseline.Recipe);
        json.WriteStartObject("gate");
        json.WriteString("kind", baseline.Gate.Kind.ToString());
        WriteNumber(json, "margin", baseline.Gate.Margin);
        json.WriteEndObject();
        WriteStrings(json, "settings", baseline.Settings.OrderBy(pair => pair.Key, StringComparer.Ordinal));
        WriteStrings(json, "hashes", Hashes(baseline));
        json.WriteString("numbers", baseline.NumberContract);
        if (baseline.Noise is { } noise)
            Write(noise, json);
        Write(baseline.Approval ?? new Approval("", "", ""), json);
        json.WriteStartArray("metrics");
        foreach (Metric metric in baseline.Metrics)
            Write(metric, json);
        json.WriteEndArray();
        json.WriteNumber("itemCount", baseline.Scores.Count);
        json.WriteStartArray("items");
        foreach (string line in Lines(baseline))
            json.WriteStringValue(line);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(NoiseFloor noise, Utf8JsonWriter json)
    {
        json.WriteStartObject("noise");
        json.WriteNumber("runs", noise.RunCount);
        WriteNumber(json, "flipRate", noise.FlipRate);
        WriteNumber(json, "scoreSpread", noise.ScoreSpread);
        WriteNumber(json, "natsSpread", noise.NatsSpread);
        json.WriteBoolean("equalBits", noise.EqualBits);
        json.WriteEndObject();
    }

    private static void Write(Approval approval, Utf8JsonWriter json)
    {
        json.WriteStartObject("approved");
        json.WriteString("when", approval.When);
        json.WriteString("commit", approval.Commit);
        json.WriteString("processor", approval.Processor);
        json.WriteString("reason", approval.Reason);
        if (approval.Loosening is { } loosening)
        {
            json.WriteString("loosened", loosening.What);
            json.WriteString("expires", loosening.Expires);
        }
        json.WriteEndObject();
    }

    private static void Write(Metric metric, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", metric.Name);
        WriteNumber(json, "value", metric.Value);
        if (metric.StandardError is { } error)
            WriteNumber(json, "standardError", error);
        json.WriteBoolean("higherIsBetter", metric.HigherIsBetter);
        if (metric.Unit.Length > 0)
            json.WriteString("unit", metric.Unit);
        json.WriteEndObject();
    }

    private static IEnumerable<KeyValuePair<string, string>> Hashes(Baseline baseline) =>
    [
        new("bits", baseline.BitsHash),
        new("weights", baseline.Identity.Weights),
        new("tokenizer", baseline.Identity.Tokenizer),
        new("recipe", baseline.Identity.Recipe),
        new("calibration", baseline.Identity.Calibration),
        new("items", baseline.Identity.Items),
        new("prompts", baseline.Identity.Prompts),
    ];

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        json.WriteStartObject(name);
        foreach ((string key, string value) in pairs)
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
    }

    private static IEnumerable<string> Lines(Baseline baseline)
    {
        int width = Math.Max(4, baseline.Scores.Count.ToString(CultureInfo.InvariantCulture).Length);
        int first = 1;
        IEnumerable<string> parts = baseline.Gate.Kind == GateKind.RightOrWrong
            ? baseline.Codes.Chunk(CodesPerLine).Select(codes => new string(codes))
            : baseline.Scores.Chunk(ScoresPerLine).Select(scores => string.Join(' ', scores.Select(OutcomeScore.Text)));
        foreach (string part in parts)
        {
            yield return $"{first.ToString(CultureInfo.InvariantCulture).PadLeft(width)} {part}";
            first += baseline.Gate.Kind == GateKind.RightOrWrong ? CodesPerLine : ScoresPerLine;
        }
    }

    private static Baseline Read(JsonPart root)
    {
        int schema = root["schema"].Int32();
        if (schema is < 1 or > Schema)
            throw new FormatException($"its schema is {schema}, expected {Schema}.");
        JsonPart gate = root["gate"], hashes = root["hashes"];
        GateKind kind = gate["kind"].Name<GateKind>();
        int count = root["itemCount"].Int32();
        string[] outcomes = [.. Outcomes(root["items"], kind == GateKind.RightOrWrong ? CodesPerLine : ScoresPerLine, kind)];
        if (outcomes.Length != count)
            throw new FormatException($"$.items holds {outcomes.Length} items, expected {count} as $.itemCount says.");
        return new Baseline
        {
            Model = root["model"].Text(),
            Task = root["task"].Text(),
            TaskVersion = root["taskVersion"].Int32(),
            Recipe = root["recipe"].Text(),
            Gate = new Gate(kind, gate["margin"].Double()),
            Settings = root["settings"].Texts(),
            BitsHash = hashes["bits"].Text(),
            Identity = new ResultIdentity(hashes["weights"].Text(), hashes["tokenizer"].Text(), hashes["recipe"].Text(), hashes["calibration"].Text(),
                hashes["items"].Text(), hashes["prompts"].Text(), Engine: ""),
            Metrics = [.. root["metrics"].Elements().Select(ReadMetric)],
            Codes = kind == GateKind.RightOrWrong ? string.Concat(outcomes) : "",
            Scores = [.. outcomes.Select(outcome => Score(outcome, kind))],
            NumberContract = root.Optional("numbers")?.Text() ?? "",
            Noise = root.Optional("noise") is { } noise ? ReadNoise(noise) : null,
            Approval = schema == 1 ? null : ReadApproval(root["approved"]),
        };
    }

    private static NoiseFloor ReadNoise(JsonPart noise) =>
        new(noise["runs"].Int32(), noise["flipRate"].Double(), noise["scoreSpread"].Double(), noise["natsSpread"].Double(), noise["equalBits"].Boolean());

    private static Approval ReadApproval(JsonPart approved) => new(
        approved["when"].Text(), approved["commit"].Text(), approved["processor"].Text(), approved["reason"].Text(),
        approved.Optional("loosened") is { } what ? new Loosening(what.Text(), approved["expires"].Text()) : null);

    private static Metric ReadMetric(JsonPart metric) => new(
        metric["name"].Text(),
        metric["value"].Double(),
        metric.Optional("standardError")?.Double(),
        metric["higherIsBetter"].Boolean(),
        metric.Optional("unit")?.Text() ?? "");

    private static IEnumerable<string> Outcomes(JsonPart items, int perLine, GateKind kind)
    {
        int expected = 1;
        int left = 0;
        foreach (JsonPart line in items.Elements())
        {
            string[] parts = line.Text().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (expected > 1 && left != perLine || parts.Length < 2 || parts[0] != expected.ToString(CultureInfo.InvariantCulture))
                throw new FormatException($"{line.Path} is '{line.Text()}', expected item number {expected} and up to {perLine} outcomes after full lines.");
            string[] outcomes = kind == GateKind.RightOrWrong && parts.Length == 2 ? [.. parts[1].Select(c => $"{c}")] : parts[1..];
            foreach (string outcome in outcomes)
                yield return outcome;
            left = outcomes.Length;
            expected += perLine;
        }
    }

    private static double Score(string outcome, GateKind kind)
    {
        if (kind == GateKind.RightOrWrong)
            return outcome.Length == 1 && OutcomeScore.IsRight(outcome[0]) is { } right ? right ? 1 : 0
                : throw new FormatException($"$.items holds '{outcome}', expected letters, +, - and !.");
        return double.TryParse(outcome, NumberStyles.Float, CultureInfo.InvariantCulture, out double score) ? score
            : throw new FormatException($"$.items holds '{outcome}', expected a number.");
    }
}
