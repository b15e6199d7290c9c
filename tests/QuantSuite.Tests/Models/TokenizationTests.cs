using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using QuantSuite.Models.Tokenization;
using QuantSuite.Models.Tokenization.Patterns;
using QuantSuite.Models.Tokenization.Stages;
using Xunit;

namespace QuantSuite.Tests.Models;

public class TokenizationTests
{
    [Fact]
    public void DecodingWhatWasEncodedGivesTheText()
    {
        Gen<string> texts = Gen.ArrayOf(Gen.Frequency(
                (4, Gen.Elements("the", " the", " ", "  ", "\n", "<|end|>", "'s", "12")),
                (2, Gen.Choose(0x20, 0x7E).Select(char.ConvertFromUtf32)),
                (1, Gen.Choose(0, 0x10FFFF).Where(point => point is < 0xD800 or > 0xDFFF).Select(char.ConvertFromUtf32))))
            .Select(string.Concat);
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            IReadOnlyList<Token> tokens = SmallTokenizers.Bytes.EncodeWithOffsets(text);
            return SmallTokenizers.Bytes.Decode(tokens.Select(token => token.Id).ToArray(), skipSpecial: false) == text && CoverInOrder(tokens, text);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(20261122, 1));
    }

    [Fact]
    public void TheEarliestMergeWinsAndTheLeftmostOfEquals()
    {
        PipelineTokenizer tokenizer = SmallTokenizers.Bytes;
        Assert.Equal([257, 257], tokenizer.Encode("thethe"));
        Assert.Equal(["t", "th"], tokenizer.Encode("tth").Select(id => tokenizer.TokenOf(id)));
    }

    [Fact]
    public void ALongWordIsNotQuadratic()
    {
        int[] ids = SmallTokenizers.Bytes.Encode(string.Concat(Enumerable.Repeat("the", 100_000)));
        Assert.Equal(100_000, ids.Length);
        Assert.All(ids, id => Assert.Equal(257, id));
    }

    [Fact]
    public void SpecialTokensAreRecognizedUnlessTheTextIsLiteral()
    {
        PipelineTokenizer tokenizer = SmallTokenizers.Bytes;
        Assert.Equal([257, 258], tokenizer.Encode("the<|end|>"));
        Assert.DoesNotContain(258, tokenizer.EncodeLiteral("the<|end|>"));
        Assert.True(tokenizer.IsSpecial(258));
        Assert.Equal("the", tokenizer.Decode([257, 258]));
        Assert.Equal("the<|end|>", tokenizer.Decode([257, 258], skipSpecial: false));
    }

    [Fact]
    public void IncompleteUtf8BecomesReplacementCharactersAndUnknownIdsNothing()
    {
        Assert.Equal("\uFFFD\uFFFDa", SmallTokenizers.Bytes.Decode([0xF0, 0x9F, 0xC3, 'a']));
        Assert.Equal("a", SmallTokenizers.Bytes.Decode([-1, 'a', 99_999]));
    }

    [Fact]
    public void ALoneSurrogateCountsAsTheReplacementCharacter() =>
        Assert.Equal("a\uFFFDb", SmallTokenizers.Bytes.Decode(SmallTokenizers.Bytes.Encode("a\uD83Db")));

    [Fact]
    public void OffsetsOfAByteTokenCoverItsWholeCharacter()
    {
        Token[] expected = [new('a', 0, 1), new(0xF0, 1, 3), new(0x9F, 1, 3), new(0x98, 1, 3), new(0x80, 1, 3)];
        Assert.Equal(expected, SmallTokenizers.Bytes.EncodeWithOffsets("a😀"));
    }

    [Theory]
    [InlineData(SplitBehavior.Isolated, "a|-|-|b|-")]
    [InlineData(SplitBehavior.Removed, "a|b")]
    [InlineData(SplitBehavior.MergedWithPrevious, "a-|-|b-")]
    [InlineData(SplitBehavior.MergedWithNext, "a|-|-b|-")]
    [InlineData(SplitBehavior.Contiguous, "a|--|b|-")]
    internal void SplitBehavioursAreTheReferences(SplitBehavior behavior, string expected) =>
        Assert.Equal(expected, Pieces(new SplitPreTokenizer(UnicodePattern.Literal("-"), behavior), "a--b-"));

    [Fact]
    public void AWordLevelModelKnowsWholeWords()
    {
        JsonObject json = SmallTokenizers.Json();
        json["pre_tokenizer"] = new JsonObject { ["type"] = "Whitespace" };
        json["model"] = new JsonObject { ["type"] = "WordLevel", ["unk_token"] = "?", ["vocab"] = new JsonObject { ["?"] = 0, ["cat"] = 1, ["!"] = 2 } };
        json["decoder"] = null;
        Assert.Equal([1, 2, 0], SmallTokenizers.Load(json).Encode("cat! dog"));
        Assert.Equal("cat !", SmallTokenizers.Load(json).Decode([1, 2]));
    }

    [Fact]
    public void BytePairsMayMarkTheEndsOfWords()
    {
        JsonObject json = SmallTokenizers.Json();
        json["pre_tokenizer"] = new JsonObject { ["type"] = "WhitespaceSplit" };
        json["decoder"] = new JsonObject { ["type"] = "BPEDecoder", ["suffix"] = "</w>" };
        JsonObject model = json["model"]!.AsObject();
        (model["end_of_word_suffix"], model["merges"]) = ("</w>", new JsonArray("a b", "ab c</w>"));
        model["vocab"] = new JsonObject { ["a"] = 0, ["b"] = 1, ["c"] = 2, ["c</w>"] = 3, ["ab"] = 4, ["abc</w>"] = 5, ["a</w>"] = 6 };
        PipelineTokenizer tokenizer = SmallTokenizers.Load(json);
        Assert.Equal([5, 4, 2, 6], tokenizer.Encode("abc abca"));
        Assert.Equal("abc abca", tokenizer.Decode([5, 4, 2, 6]));
    }

    [Fact]
    public void AnInvertedSplitSwapsMatchesAndTheRest() =>
        Assert.Equal("-|-|-", Pieces(new SplitPreTokenizer(UnicodePattern.Literal("-"), SplitBehavior.Removed, invert: true), "a--b-"));

    [Fact]
    public void APrefixSpaceIsAddedOnceAndTakesNoRangeFromTheWord()
    {
        JsonObject json = SmallTokenizers.Json();
        json["pre_tokenizer"]!["add_prefix_space"] = true;
        json["post_processor"] = new JsonObject { ["type"] = "ByteLevel", ["trim_offsets"] = true, ["add_prefix_space"] = true };
        PipelineTokenizer tokenizer = SmallTokenizers.Load(json);
        Assert.Equal(" the", tokenizer.Decode(tokenizer.Encode("the")));
        Assert.Equal(" the", tokenizer.Decode(tokenizer.Encode(" the")));
        Assert.Equal([new Token(' ', 0, 0), new Token(257, 0, 3)], tokenizer.EncodeWithOffsets("the"));
        Assert.Empty(tokenizer.Encode(""));
    }

    [Fact]
    public void CompositionKeepsTheRangeOfTheBaseCharacter()
    {
        AlignedText composed = UnicodeNormalizer.Nfc.Apply(AlignedText.Original("xe\u0301y", 10));
        Assert.Equal("xéy", composed.Text);
        Assert.Equal([(10, 11), (11, 12), (13, 14)], Enumerable.Range(0, 3).Select(i => (composed.Start(i), composed.End(i))));
    }

    [Theory]
    [InlineData("\u1100\u1161\u11A8", "각")]
    [InlineData("가\u11A8", "각")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("\u0344", "\u0308\u0301")]
    [InlineData("\u212B\u2126", "ÅΩ")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "à\u05AE\u0300\u0315b")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    public void FormCIsUnicodes(string text, string expected) => Assert.Equal(expected, UnicodeNormalizer.Nfc.Apply(AlignedText.Original(text)).Text);

    [SkippableFact]
    public void AGgufFileAndItsTokenizerJsonGiveTheSameIds()
    {
        string folder = Goldens.RequireShared("models/smollm2-135m-instruct");
        PipelineTokenizer json = TokenizerFiles.Load(folder), gguf = TokenizerFiles.Load(Directory.GetFiles(folder, "*.gguf").Single());
        Assert.Equal((1, 2, 49_152), (gguf.BosId!.Value, gguf.EosId!.Value, gguf.VocabularySize));
        Assert.Equal((1, 2, 49_152), (json.BosId!.Value, json.EosId!.Value, json.VocabularySize));
        string text = "<|im_start|>user\nWhat's 12 × 𝟘½?  Straße…😀<|im_end|>\n";
        Assert.Equal(json.Encode(text), gguf.Encode(text));
    }

    private static string Pieces(PreTokenizer preTokenizer, string text)
    {
        SplitText split = preTokenizer.Apply(SplitText.Whole(AlignedText.Original(text)));
        return string.Join('|', split.Pieces.Select(piece => split.Text[piece.Start..piece.End]));
    }

    private static bool CoverInOrder(IReadOnlyList<Token> tokens, string text)
    {
        int end = 0;
        foreach (Token token in tokens)
        {
            if (token.Start > end || token.End < end || token.End <= token.Start)
                return false;
            end = token.End;
        }
        return end == text.Length;
    }
}
