using System.Text.Json.Nodes;
using QuantSuite.Models.Tokenization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Definitions from outside: each flaw ends in one exception type whose message names the place.</summary>
public class TokenizationBadInputTests
{
    private const string Template = """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}]}""";

    public static TheoryData<string, string> Flaws => new()
    {
        { "nothing", "" },
        { "half a file", SmallTokenizers.Json().ToJsonString()[..500] },
        { "an array", "[]" },
        { "no model", """{"decoder":{"type":"ByteLevel"}}""" },
        { "nesting", string.Concat(Enumerable.Repeat("{\"model\":", 10_000)) },
        { "no vocabulary", Changed(json => ((JsonObject)json["model"]!).Remove("vocab")) },
        { "no merges", Changed(json => ((JsonObject)json["model"]!).Remove("merges")) },
        { "a merge of an unknown token", Changed(json => json["model"]!["merges"] = new JsonArray("t h", "zz z")) },
        { "a merge to an unknown token", Changed(json => json["model"]!["merges"] = new JsonArray("t h", "x y")) },
        { "a merge of three", Changed(json => json["model"]!["merges"] = new JsonArray("a b c")) },
        { "a merge of numbers", Changed(json => json["model"]!["merges"] = new JsonArray(new JsonArray(1, 2))) },
        { "one id for two tokens", Changed(json => json["model"]!["vocab"]!["the"] = 7) },
        { "a negative id", Changed(json => json["model"]!["vocab"]!["the"] = -1) },
        { "a huge id", Changed(json => json["model"]!["vocab"]!["the"] = 2_000_000_000) },
        { "an id that is a text", Changed(json => json["model"]!["vocab"]!["the"] = "7") },
        { "an added token on another's id", Changed(json => json["added_tokens"]![0]!["id"] = 7) },
        { "an added token without content", Changed(json => ((JsonObject)json["added_tokens"]![0]!).Remove("content")) },
        { "an unknown unknown token", Changed(json => json["model"]!["unk_token"] = "<unk>") },
        { "a flag that is none", Changed(json => json["model"]!["ignore_merges"] = "yes") },
        { "a lone surrogate", Changed(json => json["model"]!["vocab"]!["the"] = 257).Replace("\"th e\"", "\"th \\ud800\"", StringComparison.Ordinal) },
        { "a bad pattern", Changed(json => json["pre_tokenizer"] = JsonNode.Parse(Split("Regex", "(a", "Isolated"))) },
        { "a template without its tokens", Changed(json => json["post_processor"] = JsonNode.Parse(Template)) },
    };

    public static TheoryData<string, string> NotYet => new()
    {
        { "Trigram", Changed(json => json["model"]!["type"] = "Trigram") },
        { "NFX", Changed(json => json["normalizer"] = new JsonObject { ["type"] = "NFX" }) },
        { "Timespace", Changed(json => json["pre_tokenizer"] = new JsonObject { ["type"] = "Timespace" }) },
        { "Sometimes", Changed(json => json["pre_tokenizer"] = JsonNode.Parse(Split("String", "a", "Sometimes"))) },
        { "Diffuse", Changed(json => json["decoder"] = new JsonObject { ["type"] = "Diffuse" }) },
        { "dropout", Changed(json => json["model"]!["dropout"] = 0.1) },
        { "Magic", Changed(json => json["post_processor"] = new JsonObject { ["type"] = "Magic" }) },
    };

    [Theory]
    [MemberData(nameof(Flaws))]
    public void AFlawIsNamed(string flaw, string json)
    {
        Exception refusal = Record.Exception(() => SmallTokenizers.Load(json));
        Assert.True(refusal is TokenizerException and not UnsupportedTokenizerException, $"{flaw}: {refusal}");
        Assert.StartsWith("tokenizer.json", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(NotYet))]
    public void WhatIsNotSupportedYetIsRefusedByName(string name, string json) =>
        Assert.Contains(name, Assert.Throws<UnsupportedTokenizerException>(() => SmallTokenizers.Load(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void FilesAreFoundOrTheMessageSaysWhatIsMissing()
    {
        using var folder = new TestFolder();
        Assert.Contains("does not exist", Assert.Throws<TokenizerException>(() => TokenizerFiles.Load(folder["none"])).Message, StringComparison.Ordinal);
        Assert.Contains("has no tokenizer.json", Assert.Throws<TokenizerException>(() => TokenizerFiles.Load(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder["tokenizer.model"], "x");
        Assert.Contains("not a SentencePiece model", Assert.Throws<TokenizerException>(() => TokenizerFiles.Load(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder["tokenizer.json"], SmallTokenizers.Json().ToJsonString());
        Assert.Null(TokenizerFiles.Load(folder.Path).BosId);
    }

    [Theory]
    [InlineData("""{"bos_token":"the"}""", """{"bos_token_id":3,"eos_token_id":[5,6]}""", 257, 5)]
    [InlineData("""{"bos_token":{"content":"<|end|>"},"eos_token":null}""", """{"eos_token_id":[]}""", 258, null)]
    [InlineData("{}", """{"bos_token_id":null,"eos_token_id":7}""", null, 7)]
    public void TheNamesOfTokenizerConfigComeBeforeTheIdsOfConfig(string tokenizerConfig, string config, int? bosId, int? eosId)
    {
        using TestFolder folder = ModelFolder(tokenizerConfig, config);
        PipelineTokenizer tokenizer = TokenizerFiles.Load(folder.Path);
        Assert.Equal((bosId, eosId), (tokenizer.BosId, tokenizer.EosId));
        Assert.Equal(64, tokenizer.ContentHash.Length);
    }

    [Theory]
    [InlineData("""{"bos_token":"<s>"}""", "{}")]
    [InlineData("{}", """{"bos_token_id":300}""")]
    [InlineData("{}", """{"bos_token_id":"one"}""")]
    [InlineData("{", "{}")]
    public void ADeclaredTokenThatIsNoneIsRefused(string tokenizerConfig, string config)
    {
        using TestFolder folder = ModelFolder(tokenizerConfig, config);
        Assert.Throws<TokenizerException>(() => TokenizerFiles.Load(folder.Path));
    }

    [Fact]
    public void GgufMetadataIsChecked()
    {
        Assert.Contains("no tokenizer", Refusal(_ => { }, "tokenizer.ggml.model").Message, StringComparison.Ordinal);
        Assert.IsType<UnsupportedTokenizerException>(Refusal(metadata => metadata["tokenizer.ggml.model"] = "rwkv"));
        Assert.IsType<UnsupportedTokenizerException>(Refusal(metadata => metadata["tokenizer.ggml.pre"] = "brand-new"));
        Refusal(_ => { }, "tokenizer.ggml.tokens");
        Refusal(metadata => metadata["tokenizer.ggml.tokens"] = 3u);
        Refusal(metadata => metadata["tokenizer.ggml.token_type"] = new[] { 1 });
        Refusal(metadata => metadata["tokenizer.ggml.token_type"] = "many");
        Refusal(metadata => metadata["tokenizer.ggml.merges"] = new[] { "a" });
        Refusal(metadata => metadata["tokenizer.ggml.merges"] = new[] { "b a" });
        Refusal(metadata => metadata["tokenizer.ggml.tokens"] = new[] { "a", "a", "ab" });
        Refusal(metadata => metadata["tokenizer.ggml.bos_token_id"] = 9u);
        Refusal(metadata => metadata["tokenizer.ggml.eos_token_id"] = ulong.MaxValue);
        Refusal(metadata => metadata["tokenizer.ggml.add_bos_token"] = "yes");
    }

    [Fact]
    public void GgufMetadataGivesATokenizerWithItsBos()
    {
        Dictionary<string, object> metadata = Metadata();
        metadata["tokenizer.ggml.add_bos_token"] = true;
        PipelineTokenizer tokenizer = GgufTokenizer.Read(metadata, "file.gguf");
        Assert.Equal([3, 2, 1], tokenizer.Encode("abb"));
        Assert.Equal([2, 1], tokenizer.Encode("abb", addSpecial: false));
        Assert.NotEqual(tokenizer.ContentHash, GgufTokenizer.Read(Metadata(), "file.gguf").ContentHash);
    }

    [Fact]
    public void EveryKnownPreTokenizerOfGgufRuns() => Assert.All(GgufTokenizer.PreTokenizers, name =>
    {
        Dictionary<string, object> metadata = Metadata();
        metadata["tokenizer.ggml.pre"] = name;
        Assert.Equal("ab", GgufTokenizer.Read(metadata, "file.gguf").Decode(GgufTokenizer.Read(metadata, "file.gguf").Encode("ab")));
    });

    private static Dictionary<string, object> Metadata() => new()
    {
        ["tokenizer.ggml.model"] = "gpt2",
        ["tokenizer.ggml.pre"] = "gpt-2",
        ["tokenizer.ggml.tokens"] = new[] { "a", "b", "ab", "<s>" },
        ["tokenizer.ggml.token_type"] = new[] { 1, 1, 1, 3 },
        ["tokenizer.ggml.merges"] = new[] { "a b" },
        ["tokenizer.ggml.bos_token_id"] = 3u,
    };

    private static TokenizerException Refusal(Action<Dictionary<string, object>> change, string? without = null)
    {
        Dictionary<string, object> metadata = Metadata();
        change(metadata);
        metadata.Remove(without ?? "");
        return Assert.ThrowsAny<TokenizerException>(() => GgufTokenizer.Read(metadata, "file.gguf"));
    }

    private static TestFolder ModelFolder(string tokenizerConfig, string config)
    {
        var folder = new TestFolder();
        File.WriteAllText(folder["tokenizer.json"], SmallTokenizers.Json().ToJsonString());
        File.WriteAllText(folder["tokenizer_config.json"], tokenizerConfig);
        File.WriteAllText(folder["config.json"], config);
        return folder;
    }

    private static string Split(string kind, string pattern, string behavior) =>
        $$"""{"type":"Split","pattern":{"{{kind}}":"{{pattern}}"},"behavior":"{{behavior}}","invert":false}""";

    private static string Changed(Action<JsonObject> change)
    {
        JsonObject json = SmallTokenizers.Json();
        change(json);
        return json.ToJsonString();
    }
}
