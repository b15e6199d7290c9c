using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Quantization;
using Spectre.Console;

namespace QuantSuite.Cli;

/// <summary>Where a verb writes: results to the standard output, progress and complaints to the standard error.</summary>
public sealed class Terminal(InvocationConfiguration configuration)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Stopwatch sinceProgress = new();
    private bool lineIsOpen;

    /// <summary>Results.</summary>
    public TextWriter Out => configuration.Output;

    /// <summary>Progress and complaints.</summary>
    public TextWriter Error => configuration.Error;

    /// <summary>Shows how far quantization is.</summary>
    public IProgress<QuantizationProgress> Blocks => new ImmediateProgress<QuantizationProgress>(done => Progress($"block {done.DoneBlockCount} of {done.BlockCount} quantized"));

    /// <summary>Shows how far the work is: one line that is written over on a terminal, a line every ten seconds elsewhere.</summary>
    public void Progress(string text)
    {
        bool live = ReferenceEquals(Error, Console.Error) && !Console.IsErrorRedirected;
        if (sinceProgress.IsRunning && sinceProgress.Elapsed < (live ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(10)))
            return;
        sinceProgress.Restart();
        if (live)
            Error.Write($"\r\e[K{text}");
        else
            Error.WriteLine(text);
        lineIsOpen = live;
    }

    /// <summary>Writes a line to the standard error, below the progress.</summary>
    public void Say(string text)
    {
        if (lineIsOpen)
            Error.Write("\r\e[K");
        lineIsOpen = false;
        Error.WriteLine(text);
    }

    /// <summary>Writes an object as JSON for a machine to read.</summary>
    public void WriteJson(object value) => Out.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>Writes a table: as wide as the terminal, or as wide as it needs where the output is no terminal.</summary>
    /// <param name="columns">Headings; one that begins with <c>&gt;</c> is aligned to the right.</param>
    public void WriteTable(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (string column in columns)
        {
            bool right = column.StartsWith('>');
            table.AddColumn(new TableColumn(Markup.Escape(right ? column[1..] : column)) { Alignment = right ? Justify.Right : Justify.Left, NoWrap = true });
        }
        foreach (IReadOnlyList<string> row in rows)
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Out), Interactive = InteractionSupport.No });
        if (Console.IsOutputRedirected || !ReferenceEquals(Out, Console.Out))
            console.Profile.Width = 1000;
        console.Write(table);
    }
}
