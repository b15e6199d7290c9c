using System.CommandLine;
using System.Globalization;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models.Checkpoints;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>inspect</c>: what a checkpoint is, without reading a weight. Takes a model, or a lone tensor file.</summary>
public sealed class InspectVerb : Verb
{
    private readonly Argument<string> path = new("checkpoint") { Description = "A model folder, a .gguf or .safetensors file, or an embedded model's name." };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON." };

    /// <summary>The verb.</summary>
    public InspectVerb()
        : base("inspect", "Show architecture, tensors, bits and tokenizer of a checkpoint.", "inspect microworld-m", "inspect model.safetensors --json", "inspect model.Q4_1.gguf")
    {
        Add(path);
        Add(json);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        using Checkpoint checkpoint = CheckpointFiles.Open(EvalSettings.ResolveModel(arguments.GetRequiredValue(path)));
        CheckpointSummary summary = CheckpointSummary.Of(checkpoint);
        if (arguments.GetValue(json))
            terminal.WriteJson(Whole(summary));
        else
            Print(summary, terminal);
        return ExitCode.Done;
    }

    private static object Whole(CheckpointSummary summary) => new
    {
        path = summary.Path,
        format = summary.Format,
        architecture = summary.Architecture,
        tokenizer = summary.Tokenizer,
        parameters = summary.ParameterCount,
        bytes = summary.ByteCount,
        bits_per_weight = summary.BitsPerWeight,
        types = summary.Types.Select(share => new { type = share.Type, tensors = share.TensorCount, parameters = share.ParameterCount, bytes = share.ByteCount }),
        tensors = summary.Tensors.Select(tensor => new { name = tensor.Name, type = tensor.Type, shape = tensor.Shape, bytes = tensor.ByteCount }),
    };

    private static void Print(CheckpointSummary summary, Terminal terminal)
    {
        terminal.Out.WriteLine($"{summary.Path}: {summary.Format}");
        terminal.Out.WriteLine($"architecture  {summary.Architecture ?? "(no config.json)"}");
        terminal.Out.WriteLine($"tokenizer     {summary.Tokenizer ?? "(none)"}");
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"parameters    {summary.ParameterCount:#,0} in {summary.ByteCount:#,0} bytes, {summary.BitsPerWeight:0.###} bits a weight"));
        terminal.WriteTable(["Type", ">Tensors", ">Parameters", ">Bytes"],
            summary.Types.Select(share => (string[])[share.Type, Text(share.TensorCount), Text(share.ParameterCount), Text(share.ByteCount)]));
        terminal.WriteTable(["Tensor", "Type", ">Shape", ">Bytes"],
            summary.Tensors.Select(tensor => (string[])[tensor.Name, tensor.Type, tensor.ShapeText, Text(tensor.ByteCount)]));
    }

    private static string Text(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
