using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using QuantSuite.Models.Tokenization;
using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Tests.Models;

/// <summary>Tokenizers small enough to write out, for tests that need no trained one.</summary>
internal static class SmallTokenizers
{
    /// <summary>The 256 byte letters, then "th" and "the", then one special token.</summary>
    public static PipelineTokenizer Bytes { get; } = Load(Json());

    public static JsonObject Json()
    {
        var vocab = new JsonObject();
        for (int value = 0; value < 256; value++)
            vocab[ByteLevelAlphabet.Letter((byte)value).ToString()] = value;
        vocab["th"] = 256;
        vocab["the"] = 257;
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 258, ["content"] = "<|end|>", ["special"] = true }),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocab, ["merges"] = new JsonArray("t h", "th e") },
        };
    }

    /// <summary>A tokenizer whose ids are these tokens in order, without merges.</summary>
    public static PipelineTokenizer WithTokens(IEnumerable<string> tokens)
    {
        JsonObject json = Json();
        json["added_tokens"] = new JsonArray();
        var vocab = new JsonObject();
        foreach (string token in tokens)
            vocab[token] = vocab.Count;
        json["model"]!["vocab"] = vocab;
        json["model"]!["merges"] = new JsonArray();
        return Load(json);
    }

    public static PipelineTokenizer Load(JsonNode json) => Load(json.ToJsonString());

    public static PipelineTokenizer Load(string json) => new(TokenizerJson.Read(Encoding.UTF8.GetBytes(json), "tokenizer.json"), null, null, "");
}
