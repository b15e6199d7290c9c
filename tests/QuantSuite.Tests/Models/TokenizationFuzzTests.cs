using System.Text;
using QuantSuite.Models.Tokenization;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Random Unicode through every kind of tokenizer: no crash, ids with and without offsets agree, and nothing is lost where nothing may be.</summary>
public class TokenizationFuzzTests
{
    private const int TextCount = 400;
    private static readonly string[] Fragments =
        ["the", " the", " ", "  ", "\n", "\r\n", "\t", "'s", "12", "<sep>", "<|end|>", "▁", "é", "e\u0301", "한국", "日本語", "ß", "İ", "ſ", "ﬁ", "\u200D", "\u00A0",
            "\u0085", "\uFEFF", "👩‍👩‍👧", "🇩🇪", "a\u0328\u0301", "\u1100\u1161\u11A8", "Ⅷ", "½", "<0x41>", "\uFFFD"];

    public static TheoryData<string, bool> Kinds => new()
    {
        { "bytes", true }, { "sentencepiece-bpe", true }, { "sentencepiece-unigram", true }, { "tiktoken", true }, { "sentencepiece-unknown", false },
    };

    public static TheoryData<string> GoldenTokenizers => Goldens.Cases("tokenizers", "*.tokenizer.json");

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RandomTextsSurvive(string kind, bool lossless)
    {
        using var folder = new TestFolder();
        Check(Load(kind, folder), lossless, skipsPrefix: false);
    }

    // Byte-level BPE without a normalizer loses nothing; the others are run for crashes and for agreement of the two ways to encode.
    [SkippableTheory]
    [MemberData(nameof(GoldenTokenizers))]
    public void RandomTextsSurviveTheGoldenTokenizers(string name)
    {
        string[] lossless = ["llama3_bpe", "o200k_bpe", "deepseek_v3_bpe", "falcon_bpe", "starcoder_bpe", "llama2_bpe", "gemma_bpe"];
        string file = Path.Combine(Goldens.Folder("tokenizers"), name);
        Check(TokenizerFiles.Load(file), lossless.Contains(name.Split('.')[0]), skipsPrefix: name.StartsWith("llama2", StringComparison.Ordinal));
    }

    private static PipelineTokenizer Load(string kind, TestFolder folder)
    {
        switch (kind)
        {
            case "bytes":
                return SmallTokenizers.Bytes;
            case "tiktoken":
                IEnumerable<byte[]> tokens = Enumerable.Range(0, 256).Select(value => new[] { (byte)value }).Concat(["th"u8.ToArray(), "the"u8.ToArray()]);
                File.WriteAllLines(folder["cl100k_base.tiktoken"], tokens.Select((token, rank) => $"{Convert.ToBase64String(token)} {rank}"));
                return TokenizerFiles.Load(folder["cl100k_base.tiktoken"]);
            default:
                File.WriteAllBytes(folder["tokenizer.model"], SmallSentencePiece.File(kind == "sentencepiece-bpe", kind != "sentencepiece-unknown"));
                return TokenizerFiles.Load(folder["tokenizer.model"]);
        }
    }

    private static void Check(PipelineTokenizer tokenizer, bool lossless, bool skipsPrefix)
    {
        var random = new SeededRandom(20261123);
        for (int i = 0; i < TextCount; i++)
        {
            string text = RandomText(random);
            int[] ids = tokenizer.Encode(text, addSpecial: false);
            IReadOnlyList<Token> tokens = tokenizer.EncodeWithOffsets(text, addSpecial: false);
            Assert.Equal(ids, tokens.Select(token => token.Id));
            Assert.All(tokens, token => Assert.True(token.Start >= 0 && token.Start <= token.End && token.End <= text.Length));
            string decoded = tokenizer.Decode(ids, skipSpecial: false);
            // ▁ and the space that it stands for are one to such tokenizers.
            if (lossless && !(text.Contains('▁') || (skipsPrefix && text.Contains("<s>"))))
                Assert.Equal(text, decoded);
        }
    }

    private static string RandomText(SeededRandom random)
    {
        var text = new StringBuilder();
        for (int count = (int)(random.NextDouble() * 20); count > 0; count--)
        {
            double choice = random.NextDouble();
            int point = (int)(random.NextDouble() * (choice < 0.7 ? 0x250 : choice < 0.85 ? 0x10000 : 0x110000));
            if (choice < 0.4)
                text.Append(Fragments[(int)(random.NextDouble() * Fragments.Length)]);
            else if (Rune.IsValid(point))
                text.Append(new Rune(point));
        }
        return text.ToString();
    }
}
