using QuantSuite.Evaluation;
using QuantSuite.Models;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

public sealed class AnswerCacheTests : IDisposable
{
    private static readonly string Key = new('a', 64), OtherKey = new('b', 64);
    private readonly string folder = Path.Combine(Path.GetTempPath(), "quantsuite-" + Guid.NewGuid().ToString("n"));

    public void Dispose()
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(-0.0)]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(5e-324)]
    public void Numbers_come_back_to_the_bit(double number)
    {
        Assert.True(AnswerLine.TryRead(AnswerLine.Write(Key, new ScoreAnswer(number, true, 3)), out ScoreAnswer score));
        Assert.Equal(BitConverter.DoubleToInt64Bits(number), BitConverter.DoubleToInt64Bits(score.LogLikelihood));
        Assert.True(AnswerLine.TryRead(AnswerLine.Write(Key, new RollingAnswer([new WindowScore(-1, number, 7), new WindowScore(-2, 4, 8)])), out RollingAnswer rolling));
        Assert.Equal([new WindowScore(-1, number, 7), new WindowScore(-2, 4, 8)], rolling.Windows);
        Assert.True(AnswerLine.TryRead(AnswerLine.Write(Key, new GenerateAnswer("\n\"ä\uFFFD\u0001", 2, number, -number)), out GenerateAnswer text));
        Assert.Equal(new GenerateAnswer("\n\"ä\uFFFD\u0001", 2, number, -number), text);
    }

    [Fact]
    public void A_torn_last_line_is_as_good_as_absent_and_the_lines_before_it_count()
    {
        using (AnswerCache cache = Open())
        {
            cache.Save(AnswerLine.Write(Key, new ScoreAnswer(-1, true, 1)));
            cache.Save(AnswerLine.Write(OtherKey, new ScoreAnswer(-2, true, 1)));
        }
        string file = Assert.Single(Directory.GetFiles(folder, "*.jsonl", SearchOption.AllDirectories));
        byte[] whole = File.ReadAllBytes(file);
        int first = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int length = first; length < whole.Length - 1; length++)
        {
            File.WriteAllBytes(file, whole[..length]);
            using AnswerCache torn = Open();
            Assert.NotNull(torn.Find(Key));
            Assert.True(torn.Find(OtherKey) is not { } line || !AnswerLine.TryRead(line, out ScoreAnswer _));
        }
    }

    [Fact]
    public void Two_runs_at_once_write_two_files_and_the_next_run_finds_both()
    {
        using (AnswerCache one = Open())
        using (AnswerCache two = Open())
        {
            one.Save(AnswerLine.Write(Key, new ScoreAnswer(-1, true, 1)));
            two.Save(AnswerLine.Write(OtherKey, new ScoreAnswer(-2, true, 1)));
            one.Save(AnswerLine.Write(OtherKey, new ScoreAnswer(-2, true, 1)));
        }
        using AnswerCache next = Open();
        Assert.NotNull(next.Find(Key));
        Assert.NotNull(next.Find(OtherKey));
        CacheEntry entry = Assert.Single(AnswerCache.Show(folder));
        Assert.Equal(2, entry.FileCount);
        Assert.StartsWith("scripted.fp32.", entry.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_ends_in_a_message_and_leaves_whole_lines()
    {
        var disk = new FullDisk(capacity: 200);
        using AnswerCache cache = AnswerCache.Open(folder, new ScriptedModel(), _ => disk);
        cache.Save(AnswerLine.Write(Key, new ScoreAnswer(-1, true, 1)));
        var error = Assert.Throws<IOException>(() => cache.Save(AnswerLine.Write(OtherKey, new ScoreAnswer(-2, true, 1))));
        Assert.Contains("No space left on device", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 answers of this run are saved", error.Message, StringComparison.Ordinal);
        Assert.Equal((byte)'\n', disk.ToArray()[^1]);
    }

    [Fact]
    public void Clear_deletes_answers_and_nothing_else()
    {
        using (AnswerCache cache = Open())
            cache.Save(AnswerLine.Write(Key, new ScoreAnswer(-1, true, 1)));
        string other = Path.Combine(folder, "notes.txt");
        File.WriteAllText(other, "mine");
        Assert.True(AnswerCache.Clear(folder) > 0);
        Assert.Empty(AnswerCache.Show(folder));
        Assert.Equal([other], Directory.GetFileSystemEntries(folder));
        Assert.Equal(0, AnswerCache.Clear(Path.Combine(folder, "absent")));
    }

    private AnswerCache Open() => AnswerCache.Open(folder, new ScriptedModel());

    /// <summary>A disk that takes a part of the write that overfills it, as disks do.</summary>
    private sealed class FullDisk(int capacity) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            int fits = (int)Math.Min(buffer.Length, capacity - Position);
            base.Write(buffer[..fits].ToArray(), 0, fits);
            if (fits < buffer.Length)
                throw new IOException("No space left on device.");
        }
    }
}
