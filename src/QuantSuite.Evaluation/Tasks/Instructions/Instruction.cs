using System.Text.Json;
using System.Text.RegularExpressions;

namespace QuantSuite.Evaluation.Tasks.Instructions;

/// <summary>One of IFEval's verifiable instructions as an item states it: its name, and the arguments that its checker takes.</summary>
/// <param name="Name">e.g. <c>length_constraints:number_words</c>.</param>
/// <param name="Arguments">An object; absent, null, empty and zero arguments are the same.</param>
public sealed record Instruction(string Name, JsonElement Arguments)
{
    private static readonly TimeSpan PatternLimit = TimeSpan.FromSeconds(2);

    /// <summary>Whether a response follows the instruction; a blank one never does.</summary>
    /// <exception cref="EvalDataException">There is no such instruction, or an argument is missing.</exception>
    public bool IsFollowed(string response) => PythonText.Strip(response).Length > 0 && InstructionChecks.Find(Name)(this, response);

    /// <summary>
    /// Whether a response follows it when read generously: without its first line, its last, both, and each of these with the asterisks taken out.
    /// </summary>
    public bool IsFollowedLoosely(string response)
    {
        string[] lines = response.Split('\n');
        string[] cuts = [response, Join(lines[1..]), Join(lines[..^1]), lines.Length > 1 ? Join(lines[1..^1]) : ""];
        return cuts.Concat(cuts.Select(cut => cut.Replace("*", "", StringComparison.Ordinal))).Any(IsFollowed);
    }

    /// <summary>A text argument, stripped.</summary>
    internal string Text(string argument) => Arguments.TryGetProperty(argument, out JsonElement value) && value.ValueKind == JsonValueKind.String
        ? PythonText.Strip(value.GetString()!)
        : throw Missing(argument, "a text");

    /// <summary>A count.</summary>
    internal int Count(string argument) => Arguments.TryGetProperty(argument, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double count)
        ? (int)count
        : throw Missing(argument, "a number");

    /// <summary>A list of texts.</summary>
    internal IReadOnlyList<string> Texts(string argument) => Arguments.TryGetProperty(argument, out JsonElement value) && value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().Select(text => text.ToString())]
        : throw Missing(argument, "a list of texts");

    /// <summary>Whether a number stands in the relation that the item asks for, <c>less than</c> or <c>at least</c>.</summary>
    internal bool Relates(int number, string relation, string threshold) => Text(relation) switch
    {
        "less than" => number < Count(threshold),
        "at least" => number >= Count(threshold),
        var other => throw new EvalDataException($"Instruction {Name}: '{relation}' is '{other}', expected 'less than' or 'at least'."),
    };

    /// <summary>A pattern that an item gives; the reference reads words of items as patterns too.</summary>
    internal static Regex Pattern(string pattern)
    {
        const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;
        try
        {
            return new Regex(pattern, Options, PatternLimit);
        }
        catch (ArgumentException)
        {
            return new Regex(Regex.Escape(pattern), Options, PatternLimit);
        }
    }

    private static string Join(string[] lines) => PythonText.Strip(string.Join('\n', lines));

    private EvalDataException Missing(string argument, string expected) =>
        new($"Instruction {Name}: the argument '{argument}' is missing, expected {expected}; found: {Arguments.GetRawText()}.");
}
