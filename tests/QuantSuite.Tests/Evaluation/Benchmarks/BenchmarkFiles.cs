using System.IO.Compression;
using System.Text;
using QuantSuite.Evaluation;
using QuantSuite.Models;

namespace QuantSuite.Tests.Evaluation.Benchmarks;

/// <summary>A data folder of a few hand-written records in the layout of a benchmark's publisher.</summary>
internal sealed class BenchmarkFiles : IDisposable
{
    private readonly TestFolder folder = new();

    public EvalData Data => new(folder.Path);

    public void Dispose() => folder.Dispose();

    /// <summary>Writes a file below the data folder; a name in .gz is compressed.</summary>
    public BenchmarkFiles With(string source, string content)
    {
        string path = folder[source];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using Stream file = File.Create(path);
        using Stream stream = source.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file;
        stream.Write(Encoding.UTF8.GetBytes(content));
        return this;
    }

    /// <summary>Writes a zip archive of text files.</summary>
    public BenchmarkFiles WithZip(string source, params (string Name, string Content)[] entries)
    {
        With(source, "");
        using ZipArchive archive = ZipFile.Open(folder[source], ZipArchiveMode.Update);
        foreach ((string name, string content) in entries)
        {
            using var writer = new StreamWriter(archive.CreateEntry(name).Open());
            writer.Write(content);
        }
        return this;
    }

    public IReadOnlyList<EvalItem> Items(string task) => EvalTasks.Get(task).Load(Data);

    public IReadOnlyList<ChoiceItem> Choices(string task) => [.. Items(task).Cast<ChoiceItem>()];

    public IReadOnlyList<GenerationItem> Generations(string task) => [.. Items(task).Cast<GenerationItem>()];

    /// <summary>Runs a task with log-likelihoods by choice.</summary>
    public IReadOnlyList<ItemOutcome> Score(string task, Func<ScoreRequest, double> logLikelihood, int tokenCount = 1) =>
        EvalTasks.Get(task).Run(new ScriptedModel { OnScore = request => new ScoreAnswer(logLikelihood(request), false, tokenCount) }, Items(task));

    /// <summary>Runs a task with written answers.</summary>
    public IReadOnlyList<ItemOutcome> Answer(string task, Func<GenerateRequest, string> text) =>
        EvalTasks.Get(task).Run(new ScriptedModel { OnGenerate = request => new GenerateAnswer(text(request), 1, 1) }, Items(task));
}
