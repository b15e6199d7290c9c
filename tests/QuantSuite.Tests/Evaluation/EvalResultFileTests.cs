using QuantSuite.Evaluation;
using QuantSuite.Tests.Evaluation.Baselines;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

public sealed class EvalResultFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("quantsuite-results-").FullName;

    private const string Odd = "naïve “quote”\n\u0001\U0001F600";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static EvalResult Sample()
    {
        EvalResult result = SampleResults.Texts([-1.0 / 3, double.NaN, double.NegativeInfinity, -double.Epsilon, -0.0], [1, 2, 3, 4, 5]);
        return result with
        {
            Recipe = "smoothquant+gptq-int8-a8[layers.0=fp32]",
            Metrics = [new Metric("bits_per_byte", double.PositiveInfinity, null, false, "bits/byte"), new Metric("acc", 0.1 + 0.2, 1e-300, true)],
            Items = [.. result.Items.Select(item => item with { Answer = Odd, LogLikelihoods = [item.Score, double.MaxValue], Choices = ["a", "b"] })],
        };
    }

    [Fact]
    public void Every_double_survives_to_the_bit()
    {
        EvalResult written = Sample();
        string path = EvalResultFile.Write(_folder, written);
        EvalResult read = EvalResultFile.Read(path);
        Assert.Equal(EvalResultFile.PathOf(_folder, ResultKey.Of(written)), path);
        Assert.Equal(written.Items.Select(Bits), read.Items.Select(Bits));
        Assert.Equal(written.Metrics, read.Metrics);
        Assert.Equal(written.Items.Select(Plain), read.Items.Select(Plain));
        Assert.Equal(written.Items.SelectMany(item => item.LogLikelihoods), read.Items.SelectMany(item => item.LogLikelihoods));
        Assert.Equal((written.Identity, written.Gate, written.Cost, written.Environment), (read.Identity, read.Gate, read.Cost, read.Environment));
        Assert.Equal(written.Settings, read.Settings);
    }

    private static long Bits(ItemOutcome item) => BitConverter.DoubleToInt64Bits(item.Score);

    private static (string, string, char, double) Plain(ItemOutcome item) => (item.Id, item.Answer, item.Code, item.Weight);

    [Fact]
    public void Routers_are_told_where_there_are_any()
    {
        EvalResult sample = Sample();
        Assert.DoesNotContain("routerCount", File.ReadAllText(EvalResultFile.Write(_folder, sample)));
        EvalResult mixture = sample with { Quantization = sample.Quantization with { PackedLinearCount = 14, LinearCount = 14, RouterCount = 2 } };
        QuantizationProof read = EvalResultFile.Read(EvalResultFile.Write(_folder, mixture)).Quantization;
        Assert.Equal((mixture.Quantization, "14 of 14, and 2 routers in full precision"), (read, read.Words));
    }

    [Fact]
    public void Writing_again_replaces_and_leaves_nothing_else()
    {
        EvalResultFile.Write(_folder, Sample());
        string path = EvalResultFile.Write(_folder, Sample() with { TaskVersion = 2 });
        Assert.Equal(2, EvalResultFile.Read(path).TaskVersion);
        Assert.Equal([path], Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Runs_at_once_leave_one_whole_file()
    {
        EvalResult sample = Sample();
        await Task.WhenAll(Enumerable.Range(1, 16).Select(version => Task.Run(() => EvalResultFile.Write(_folder, sample with { TaskVersion = version }))));
        string path = Assert.Single(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
        Assert.InRange(EvalResultFile.Read(path).TaskVersion, 1, 16);
    }

    [Fact]
    public void A_write_that_fails_half_way_keeps_the_old_file()
    {
        string path = Path.Combine(_folder, "file.json");
        AtomicFile.Write(path, "old"u8.ToArray());
        Assert.Throws<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            throw new IOException("No space left on device");
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFiles(_folder));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"model\": \"m\"")]
    public void What_is_no_result_is_named(string text)
    {
        string path = Path.Combine(_folder, "broken.json");
        File.WriteAllText(path, text);
        var error = Assert.Throws<InvalidDataException>(() => EvalResultFile.Read(path));
        Assert.Contains("broken.json is no result of this suite", error.Message);
    }

    [Fact]
    public void A_null_where_a_part_should_be_is_named()
    {
        string path = EvalResultFile.Write(_folder, Sample());
        string text = File.ReadAllText(path);
        File.WriteAllText(path, text.Replace("\"ability\": \"commonsense\"", "\"ability\": null"));
        Assert.Throws<InvalidDataException>(() => EvalResultFile.Read(path));
    }
}
