using System.Text.Json;
using QuantSuite.Models.Tokenization;
using QuantSuite.Numerics;

namespace QuantSuite.Quantization.Calibration;

/// <summary>
/// The catalog of calibration texts, read in place from data folders: <c>microworld</c> (its calibration text), <c>wikitext2</c> (the train file; where only the test file is there, its
/// tokens from 200,000 on, which no evaluation here scores in its first chunks), and any text file. Sequences are windows of the stream of ids with seeded random starts, as GPTQ draws them.
/// The text that was read last is kept with its ids: the recipes of a model draw from the same.
/// </summary>
/// <param name="folders">Data folders, the first that has a file wins.</param>
public sealed class CalibrationTexts(IReadOnlyList<string> folders)
{
    /// <summary>Sequences, unless said otherwise.</summary>
    public const int DefaultSequenceCount = 128;

    /// <summary>Tokens of a sequence, unless the model takes fewer.</summary>
    public const int DefaultLength = 512;

    private const int TestTokensLeftOut = 200_000;
    private const ulong Seed = 20240216;

    private (string Name, string Tokenizer, (string Source, int[] Ids, string Text) Read)? last;

    /// <summary>The names that need no file of the user's.</summary>
    public static IReadOnlyList<string> Names { get; } = ["microworld", "wikitext2"];

    /// <summary>The text for a recipe that names none: WikiText-2 where a data folder has it, else MicroWorld's.</summary>
    public string Default => FindWikiText() is not null ? "wikitext2" : "microworld";

    /// <summary>Draws sequences from a text.</summary>
    /// <param name="name">A catalog name, or the path of a text file.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="length">Tokens of each sequence.</param>
    /// <param name="count">Sequences.</param>
    /// <exception cref="CalibrationException">There is no such text, or it is too short.</exception>
    public CalibrationTokens Draw(string name, Tokenizer tokenizer, int length = DefaultLength, int count = DefaultSequenceCount)
    {
        (string source, int[] ids, string text) = ReadOnce(name, tokenizer);
        if (ids.Length < length)
            throw new CalibrationException($"Calibration text {source} has {ids.Length} tokens; expected at least one sequence of {length}. Name a longer text.");
        var random = new SeededRandom(Seed);
        var sequences = new int[count][];
        for (int i = 0; i < count; i++)
        {
            int first = random.NextInt(ids.Length - length + 1);
            sequences[i] = ids[first..(first + length)];
        }
        return new CalibrationTokens($"{source}, {count} x {length}", sequences) { Text = text };
    }

    private (string Source, int[] Ids, string Text) ReadOnce(string name, Tokenizer tokenizer)
    {
        if (last is not { } known || known.Name != name || known.Tokenizer != tokenizer.ContentHash)
            last = known = (name, tokenizer.ContentHash, Read(name, tokenizer));
        return known.Read;
    }

    private (string Source, int[] Ids, string Text) Read(string name, Tokenizer tokenizer) => name switch
    {
        "microworld" => ReadLines(Find(Path.Combine("microworld", "calibration.jsonl")) ?? throw Absent(name, "microworld/calibration.jsonl"), tokenizer),
        "wikitext2" => ReadWikiText(FindWikiText() ?? throw Absent(name, "wikitext2/wiki.train.raw (or wiki.test.raw)"), tokenizer),
        _ => ReadFile(name, tokenizer),
    };

    private static (string Source, int[] Ids, string Text) ReadLines(string path, Tokenizer tokenizer)
    {
        var ids = new List<int>();
        string[] texts = [.. File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!)];
        foreach (string text in texts)
        {
            if ((tokenizer.BosId ?? tokenizer.EosId) is { } separator)
                ids.Add(separator);
            ids.AddRange(tokenizer.Encode(text, addSpecial: false));
        }
        return ("microworld", [.. ids], string.Join('\n', texts));
    }

    private static (string Source, int[] Ids, string Text) ReadWikiText(string path, Tokenizer tokenizer)
    {
        string text = File.ReadAllText(path);
        int[] ids = tokenizer.Encode(text, addSpecial: false);
        if (!path.EndsWith("test.raw", StringComparison.Ordinal))
            return ("wikitext2 (train)", ids, text);
        ids = ids[Math.Min(ids.Length, TestTokensLeftOut)..];
        return ($"wikitext2 (test, from token {TestTokensLeftOut})", ids, tokenizer.Decode(ids));
    }

    private static (string Source, int[] Ids, string Text) ReadFile(string path, Tokenizer tokenizer)
    {
        if (!File.Exists(path))
            throw new CalibrationException($"Calibration text '{path}': no such file, and the catalog has {string.Join(", ", Names)}.");
        string text = File.ReadAllText(path);
        return (Path.GetFileName(path), tokenizer.Encode(text, addSpecial: false), text);
    }

    private string? FindWikiText() => Find(Path.Combine("wikitext2", "wiki.train.raw")) ?? Find(Path.Combine("wikitext2", "wiki.test.raw"));

    private string? Find(string file) => folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    private CalibrationException Absent(string name, string file) => new($"Calibration text '{name}': {file} not found in {(folders.Count == 0 ? "any folder: none is named" : string.Join(", ", folders))}. " +
        "Name the data folder that holds it, or another text.");
}
