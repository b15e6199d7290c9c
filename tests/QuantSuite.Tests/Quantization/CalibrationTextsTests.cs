using QuantSuite.Models.Tokenization;
using QuantSuite.Quantization.Calibration;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>The recipes of a model draw from one reading of their text.</summary>
public sealed class CalibrationTextsTests
{
    [Fact]
    public void A_text_is_read_once_for_a_tokenizer()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["text.txt"], string.Join(' ', Enumerable.Range(0, 200).Select(i => $"{i} boxes and {i * 7} jars")));
        var texts = new CalibrationTexts([]);
        Tokenizer tokenizer = TokenizerFiles.Load(QuantizedMicroWorld.Folder);
        CalibrationTokens first = texts.Draw(folder["text.txt"], tokenizer, 32, 4);
        File.WriteAllText(folder["other.txt"], File.ReadAllText(folder["text.txt"]).ToUpperInvariant());
        File.Delete(folder["text.txt"]);
        Assert.Equal(first.ContentHash, texts.Draw(folder["text.txt"], TokenizerFiles.Load(QuantizedMicroWorld.Folder), 32, 4).ContentHash);
        Assert.NotEqual(first.ContentHash, texts.Draw(folder["other.txt"], tokenizer, 32, 4).ContentHash);
        Assert.Throws<CalibrationException>(() => texts.Draw(folder["text.txt"], tokenizer, 32, 4));
    }
}
