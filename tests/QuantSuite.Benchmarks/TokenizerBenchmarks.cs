using System.Text;
using BenchmarkDotNet.Attributes;
using QuantSuite.Models.Tokenization;

namespace QuantSuite.Benchmarks;

/// <summary>
/// English text to ids on one thread: 1 MB of the file that QUANTSUITE_TEXT names, by each tokenizer (a path each) in QUANTSUITE_TOKENIZERS. The aim is at least
/// 10 MB/s: at most 100 ms an operation.
/// </summary>
[ShortRunJob]
public class TokenizerBenchmarks
{
    private const int MostCharacters = 1_000_000;

    private PipelineTokenizer tokenizer = null!;
    private string text = "";

    /// <summary>The tokenizers to measure.</summary>
    public static IEnumerable<string> Paths =>
        (Environment.GetEnvironmentVariable("QUANTSUITE_TOKENIZERS") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The tokenizer's file or folder.</summary>
    [ParamsSource(nameof(Paths))]
    public string Tokenizer { get; set; } = "";

    /// <summary>Reads tokenizer and text.</summary>
    [GlobalSetup]
    public void Setup()
    {
        tokenizer = TokenizerFiles.Load(Tokenizer);
        text = File.ReadAllText(Environment.GetEnvironmentVariable("QUANTSUITE_TEXT")!, Encoding.UTF8);
        text = text[..Math.Min(text.Length, MostCharacters)];
    }

    /// <summary>All ids of the text.</summary>
    [Benchmark]
    public int Encode() => tokenizer.Encode(text).Length;
}
