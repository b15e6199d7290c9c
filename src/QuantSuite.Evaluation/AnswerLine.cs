using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using QuantSuite.Models;

namespace QuantSuite.Evaluation;

/// <summary>
/// An answer as one line of JSON. Real numbers stand as the 16 hexadecimal digits of their bits: exact, NaN and −0 included, in every reader.
/// The key comes first, so that a folder of lines is indexed without parsing.
/// </summary>
internal static class AnswerLine
{
    public const int KeyLength = 64;
    private const string Head = "{\"key\":\"";

    /// <summary>The key of a whole line, or null where the line is torn or strange.</summary>
    public static string? Key(string line) =>
        line.Length > Head.Length + KeyLength && line.StartsWith(Head, StringComparison.Ordinal) && line[^1] == '}'
            ? line.Substring(Head.Length, KeyLength)
            : null;

    public static string Write(string key, ScoreAnswer answer) =>
        new JsonObject { ["key"] = key, ["lnp"] = Bits(answer.LogLikelihood), ["greedy"] = answer.IsGreedy, ["tokens"] = answer.TokenCount }.ToJsonString();

    public static string Write(string key, RollingAnswer answer) => new JsonObject
    {
        ["key"] = key,
        ["windows"] = new JsonArray([.. answer.Windows.Select(w => new JsonArray(Bits(w.LogLikelihood), Bits(w.SumOfSquares), w.TokenCount))]),
    }.ToJsonString();

    public static string Write(string key, GenerateAnswer answer) =>
        new JsonObject { ["key"] = key, ["text"] = answer.Text, ["tokens"] = answer.TokenCount, ["gap"] = Bits(answer.MinGap), ["lnp"] = Bits(answer.LogLikelihood) }
            .ToJsonString();

    public static bool TryRead(string line, out ScoreAnswer answer) =>
        TryRead(line, static json => new ScoreAnswer(Number(json, "lnp"), json.GetProperty("greedy").GetBoolean(), json.GetProperty("tokens").GetInt32()), out answer);

    public static bool TryRead(string line, out RollingAnswer answer) =>
        TryRead(line, static json => new RollingAnswer([.. json.GetProperty("windows").EnumerateArray().Select(Window)]), out answer);

    public static bool TryRead(string line, out GenerateAnswer answer) =>
        TryRead(line, static json => new GenerateAnswer(
            json.GetProperty("text").GetString()!, json.GetProperty("tokens").GetInt32(), Number(json, "gap"), Number(json, "lnp")), out answer);

    // A line that does not read as an answer (a torn one, another version's) is as good as absent: the answer is computed again.
    private static bool TryRead<TAnswer>(string line, Func<JsonElement, TAnswer> read, out TAnswer answer)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            answer = read(document.RootElement);
            return true;
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            answer = default!;
            return false;
        }
    }

    private static string Bits(double number) => BitConverter.DoubleToUInt64Bits(number).ToString("x16", CultureInfo.InvariantCulture);

    private static double Number(JsonElement json, string name) => Number(json.GetProperty(name));

    private static double Number(JsonElement bits) =>
        BitConverter.UInt64BitsToDouble(ulong.Parse(bits.GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    private static WindowScore Window(JsonElement window) => new(Number(window[0]), Number(window[1]), window[2].GetInt32());
}
