using QuantSuite.Models.Tokenization;
using QuantSuite.Models.Tokenization.SentencePiece;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>SentencePiece and tiktoken files: what they give, what a folder adds, and that a broken one ends in one exception type.</summary>
public class TokenizerFilesTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ASentencePieceFileGivesItsPieces(bool isBytePair)
    {
        using var folder = new TestFolder();
        PipelineTokenizer tokenizer = Load(folder, SmallSentencePiece.File(isBytePair));
        Assert.Equal(["▁the", "<0x21>"], Tokens(tokenizer, "the!"));
        Assert.Equal(["▁", "x", "<sep>", "▁", "x"], Tokens(tokenizer, "x<sep> x"));
        Assert.Equal("the <sep>!", tokenizer.Decode(tokenizer.Encode("the <sep>!")));
        Assert.DoesNotContain(1, tokenizer.Encode("<s>"));
        Assert.Equal((1, 2), (tokenizer.BosId!.Value, tokenizer.EosId!.Value));
        Assert.True(tokenizer.IsSpecial(1));
    }

    [Fact]
    public void UnknownCharactersInARowAreOneToken()
    {
        using var folder = new TestFolder();
        Assert.Equal(["▁", "<unk>", "x"], Tokens(Load(folder, SmallSentencePiece.File(true, byteFallback: false)), "äöx"));
        Assert.Equal(["▁", "<unk>", "x"], Tokens(Load(folder, SmallSentencePiece.File(false, byteFallback: false)), "äöx"));
    }

    [Fact]
    public void AFolderSaysWhichEndsATextGets()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["tokenizer_config.json"], """
            {"tokenizer_class": "LlamaTokenizer", "added_tokens_decoder": {"1": {"content": "<s>", "special": true}, "2": {"content": "</s>", "special": true}}}
            """);
        PipelineTokenizer tokenizer = Load(folder, SmallSentencePiece.File(true), alone: false);
        Assert.Equal("<s>", tokenizer.TokenOf(tokenizer.Encode("the")[0]));
        Assert.Contains(2, tokenizer.Encode("the</s>"));
    }

    [Fact]
    public void ATiktokenFileIsKnownByItsNameOrItsCount()
    {
        using var folder = new TestFolder();
        string[] lines = Enumerable.Range(0, 256).Select(value => $"{Convert.ToBase64String([(byte)value])} {value}").Append($"{Convert.ToBase64String("th"u8)} 256").ToArray();
        File.WriteAllLines(folder["o200k_base.tiktoken"], lines);
        PipelineTokenizer tokenizer = TokenizerFiles.Load(folder["o200k_base.tiktoken"]);
        Assert.Equal([256, 'e', 199_999], tokenizer.Encode("the<|endoftext|>"));
        File.WriteAllLines(folder["mine.tiktoken"], lines);
        Assert.Contains("257 ranks", Assert.Throws<UnsupportedTokenizerException>(() => TokenizerFiles.Load(folder["mine.tiktoken"])).Message, StringComparison.Ordinal);
        File.WriteAllLines(folder["gpt2.tiktoken"], [.. lines, "AA== x"]);
        Assert.Contains("line 258", Assert.Throws<TokenizerException>(() => TokenizerFiles.Load(folder["gpt2.tiktoken"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ATruncatedOrChangedModelEndsInATokenizerException(bool isBytePair)
    {
        byte[] file = SmallSentencePiece.File(isBytePair);
        var random = new SeededRandom(7);
        for (int i = 0; i < 600; i++)
        {
            byte[] broken = [.. file];
            if (i % 2 == 0)
                broken = broken[..(int)(random.NextDouble() * broken.Length)];
            for (int changes = i % 3; changes > 0 && broken.Length > 0; changes--)
                broken[(int)(random.NextDouble() * broken.Length)] = (byte)(random.NextDouble() * 256);
            Exception? refusal = Record.Exception(() => SentencePieceData.Parse(broken, "m"));
            Assert.True(refusal is null or TokenizerException, refusal?.ToString());
        }
    }

    [Fact]
    public void ACharacterMapThatPointsOutsideIsRefused()
    {
        Assert.Throws<TokenizerException>(() => CharacterMap.Parse([1, 2], "m"));
        Assert.Throws<TokenizerException>(() => CharacterMap.Parse([255, 255, 255, 127, 0, 0, 0, 0], "m"));
        CharacterMap map = CharacterMap.Parse([4, 0, 0, 0, 0, 255, 255, 127], "m");
        Assert.Throws<TokenizerException>(() => map.FindPrefix("a"));
    }

    private static PipelineTokenizer Load(TestFolder folder, byte[] model, bool alone = true)
    {
        File.WriteAllBytes(folder["tokenizer.model"], model);
        return TokenizerFiles.Load(alone ? folder["tokenizer.model"] : folder.Path);
    }

    private static string[] Tokens(PipelineTokenizer tokenizer, string text) => tokenizer.Encode(text).Select(id => tokenizer.TokenOf(id)!).ToArray();
}
