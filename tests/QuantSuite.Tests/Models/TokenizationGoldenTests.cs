using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using QuantSuite.Models.Tokenization;
using QuantSuite.Models.Tokenization.Decoders;
using QuantSuite.Models.Tokenization.Stages;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Ids, decoded texts and offsets of every case file in the folder, and every component by itself.</summary>
public class TokenizationGoldenTests
{
    private const string FolderName = "tokenizers";

    // "tokenizer.json of X" names the tokenizer of a model under ../shared/models.
    private const string OfModel = "tokenizer.json of ";

    public static TheoryData<string> Files => Goldens.Cases(FolderName, "*.golden.json");

    public static TheoryData<string, int> Components
    {
        get
        {
            var data = new TheoryData<string, int>();
            string file = Path.Combine(Goldens.Root, FolderName, "components.json");
            if (File.Exists(file))
                foreach (string kind in (string[])["normalizers", "pre_tokenizers", "decoders"])
                    for (int i = 0; i < Goldens.Json(file).GetProperty(kind).GetArrayLength(); i++)
                        data.Add(kind, i);
            else
                data.Add("(absent)", 0);
            return data;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void EveryCaseGivesTheReferenceIdsTextAndOffsets(string name)
    {
        string folder = Goldens.Folder(FolderName);
        JsonElement golden = Goldens.Json(Path.Combine(folder, name));
        string file = golden.GetProperty("tokenizer").GetString()!;
        PipelineTokenizer tokenizer = Load(folder, file);
        bool literal = file.EndsWith(".gguf", StringComparison.Ordinal);
        string[] texts = SharedTexts(folder);

        if (golden.TryGetProperty("vocab", out JsonElement vocab))
            Assert.True(vocab.GetInt32() <= tokenizer.VocabularySize);
        var differences = new List<string>();
        int index = 0;
        foreach (JsonElement expected in golden.GetProperty("cases").EnumerateArray())
        {
            if (expected.ValueKind != JsonValueKind.Null && expected.GetProperty("ids").ValueKind != JsonValueKind.Null)
                Compare(tokenizer, literal, expected, Text(expected, "text") ?? texts[index], $"case {index}", differences);
            index++;
        }
        Assert.True(index > 0, $"{name} holds no cases");
        if (golden.TryGetProperty("pair", out JsonElement pair))
        {
            List<string> both = Strings(pair.GetProperty("texts"));
            (int Id, int TypeId)[] expected = Ints(pair.GetProperty("ids")).Zip(Ints(pair.GetProperty("type_ids"))).ToArray();
            Assert.Equal(expected, tokenizer.EncodePair(both[0], both[1]));
        }
        Assert.True(differences.Count == 0, $"{name}: {differences.Count} differences\n{string.Join("\n", differences.Take(20))}");
    }

    [SkippableTheory]
    [MemberData(nameof(Components))]
    public void EveryComponentGivesTheReferenceOutput(string kind, int index)
    {
        JsonElement component = Goldens.Json(Path.Combine(Goldens.Folder(FolderName), "components.json"));
        component = component.GetProperty(kind)[index];
        string name = component.GetProperty("name").GetString()!;
        Func<JsonElement, string> run = Compile(kind, new TokenizerSpec(component.GetProperty("spec"), name));
        foreach (JsonElement example in component.GetProperty("cases").EnumerateArray())
        {
            string expected = kind == "pre_tokenizers" ? string.Join("|", Strings(example[1])) : example[1].GetString()!;
            Assert.True(expected == run(example[0]), $"{name} of {example[0]}: got '{run(example[0])}', expected '{expected}'");
        }
    }

    [SkippableFact]
    public void AllOfWikiTextGivesTheReferenceIds()
    {
        string text = File.ReadAllText(Goldens.RequireShared("data/wikitext2/wiki.test.raw"));
        JsonElement golden = Goldens.Json(Path.Combine(Goldens.Folder("perplexity"), "llama_cpp_style.json"));
        int[] ids = TokenizerFiles.Load(Goldens.RequireShared("models/smollm2-135m-instruct")).Encode(text);

        Assert.Equal(303_415, ids.Length);
        Assert.Equal(golden.GetProperty("ids_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join(',', ids)))));
    }

    public static TheoryData<string> LlamaCppFiles
    {
        get
        {
            var data = new TheoryData<string>();
            string folder = Goldens.Shared("tokenizers");
            if (Directory.Exists(folder))
                foreach (string file in Directory.GetFiles(folder, "*.inp").Order(StringComparer.Ordinal))
                    data.Add(Path.GetFileNameWithoutExtension(file));
            if (data.Count == 0)
                data.Add("(absent)");
            return data;
        }
    }

    // llama.cpp's own test vectors: texts between marker lines, and a line of ids for each.
    [SkippableTheory]
    [MemberData(nameof(LlamaCppFiles))]
    public void EveryLineOfLlamaCppsVectorsGivesItsIds(string name)
    {
        string file = Path.Combine(Goldens.RequireShared("tokenizers"), name);
        Skip.IfNot(File.Exists(file), $"not found: {file}");
        string[] texts = File.ReadAllText(file + ".inp").Split("\n__ggml_vocab_test__\n");
        string[] lines = File.ReadAllLines(file + ".out");
        PipelineTokenizer tokenizer = TokenizerFiles.Load(file);
        Assert.True(lines.Length > 0 && lines.Length <= texts.Length);
        for (int i = 0; i < lines.Length; i++)
            Assert.Equal($"{texts[i]}: {lines[i].Trim()}", $"{texts[i]}: {string.Join(' ', tokenizer.EncodeLiteral(texts[i]))}");
    }

    // The texts of cases that have none of their own, in order.
    private static string[] SharedTexts(string folder)
    {
        string file = Path.Combine(folder, "strings.json");
        return File.Exists(file) ? Goldens.Json(file).EnumerateArray().Select(text => text.GetString()!).ToArray() : [];
    }

    private static PipelineTokenizer Load(string folder, string name)
    {
        string file = Path.Combine(folder, name);
        if (name.StartsWith(OfModel, StringComparison.Ordinal))
            file = Goldens.RequireShared($"models/{name[OfModel.Length..].ToLowerInvariant()}/tokenizer.json");
        else if (!File.Exists(file))
            file = Goldens.RequireShared($"tokenizers/{name}");
        return TokenizerFiles.Load(file);
    }

    private static Func<JsonElement, string> Compile(string kind, TokenizerSpec spec)
    {
        switch (kind)
        {
            case "normalizers":
                Normalizer normalizer = Normalizer.Read(spec);
                return text => normalizer.Apply(AlignedText.Original(text.GetString()!)).Text;
            case "decoders":
                TokenDecoder decoder = TokenDecoder.Read(spec);
                return tokens => string.Concat(decoder.Apply(Strings(tokens)));
            default:
                PreTokenizer preTokenizer = PreTokenizer.Read(spec);
                return text => Pieces(preTokenizer.Apply(SplitText.Whole(AlignedText.Original(text.GetString()!))));
        }
    }

    private static List<string> Strings(JsonElement array) => array.EnumerateArray().Select(item => item.GetString()!).ToList();

    private static string Pieces(SplitText split) => string.Join("|", split.Pieces.Select(piece => split.Text[piece.Start..piece.End]));

    private static void Compare(PipelineTokenizer tokenizer, bool literal, JsonElement expected, string text, string where, List<string> differences)
    {
        int[] ids = Ints(expected.GetProperty("ids"));
        Check("ids", Join(ids), Join(literal ? tokenizer.EncodeLiteral(text) : tokenizer.Encode(text)));
        string decoded = Text(expected, "decoded") ?? text;
        Check("decoded", decoded, tokenizer.Decode(ids, skipSpecial: false));
        if (!literal)
        {
            int[] plain = expected.TryGetProperty("ids_without_special", out JsonElement without) ? Ints(without) : ids;
            Check("ids_without_special", Join(plain), Join(tokenizer.Encode(text, addSpecial: false)));
            Check("decoded_skip_special", Text(expected, "decoded_skip_special") ?? decoded, tokenizer.Decode(ids));
        }
        if (expected.TryGetProperty("offsets", out JsonElement offsets))
            Check("offsets", string.Join(' ', offsets.EnumerateArray().Select(pair => $"{pair[0]}-{pair[1]}")),
                string.Join(' ', tokenizer.EncodeWithOffsets(text).Select(token => $"{CodePoints(text, token.Start)}-{CodePoints(text, token.End)}")));

        void Check(string what, string want, string got)
        {
            if (want != got)
                differences.Add($"{where} {JsonSerializer.Serialize(text)} {what}: got {got}, expected {want}");
        }
    }

    private static string? Text(JsonElement element, string key) => element.TryGetProperty(key, out JsonElement value) ? value.GetString() : null;

    private static string Join(int[] ids) => string.Join(',', ids);

    private static int[] Ints(JsonElement array) => array.EnumerateArray().Select(value => value.GetInt32()).ToArray();

    private static int CodePoints(string text, int units) => text[..units].EnumerateRunes().Count();
}
