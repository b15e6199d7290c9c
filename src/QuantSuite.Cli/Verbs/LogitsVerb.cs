using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Rows;
using QuantSuite.Models;
using QuantSuite.Numerics;

namespace QuantSuite.Cli.Verbs;

/// <summary><c>logits</c>: the raw output of a model for some ids, little-endian float32 [T, vocab].</summary>
public sealed class LogitsVerb : Verb
{
    private readonly ModelOptions model = new();
    private readonly Option<string?> ids = new("--ids") { Description = "Token ids, separated by commas." };
    private readonly Option<string?> text = new("--text") { Description = "Text; special tokens in it are recognized, and what the tokenizer itself adds is added." };
    private readonly Option<bool> steps = new("--steps") { Description = "One token at a time with the cache, instead of all at once. The same bits." };
    private readonly Option<string> output = new("--output", "-o") { Description = "The file of little-endian float32.", Required = true };
    private readonly Option<bool> json = new("--json") { Description = "Print shape and ids as JSON." };

    /// <summary>The verb.</summary>
    public LogitsVerb()
        : base("logits", "Write the logits of a model for token ids or a text.", "logits microworld-m --ids 0,5,17 -o out.bin", "logits microworld-m --recipe rtn-int4-g32 --text \"Once\" --steps -o out.bin")
    {
        model.AddTo(this);
        foreach (Option option in (Option[])[ids, text, steps, output, json])
            Add(option);
        Validators.Add(result =>
        {
            if (result.GetValue(ids) is null == result.GetValue(text) is null)
                result.AddError("logits takes either --ids or --text.");
        });
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Terminal terminal, CancellationToken cancellation)
    {
        int[]? given = arguments.GetValue(ids) is { } list ? ReadIds(list) : null;
        return model.With(arguments, terminal, cancellation, loaded =>
        {
            int[] tokens = given ?? loaded.Tokenizer.Encode(arguments.GetValue(text)!);
            Check(tokens, loaded);
            using Matrix logits = loaded.Logits(tokens, arguments.GetValue(steps));
            AtomicFile.Write(arguments.GetRequiredValue(output), stream => Write(logits, stream));
            Print(logits, tokens, arguments, terminal);
            return ExitCode.Done;
        });
    }

    private void Print(Matrix logits, int[] tokens, ParseResult arguments, Terminal terminal)
    {
        string path = arguments.GetRequiredValue(output);
        if (arguments.GetValue(json))
            terminal.WriteJson(new { shape = (int[])[logits.Rows, logits.Columns], ids = tokens, file = path });
        else
            terminal.Out.WriteLine($"[{logits.Rows}, {logits.Columns}] float32: {path}");
    }

    private static int[] ReadIds(string list)
    {
        int Id(string part) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id
            : throw new SettingsException($"--ids: '{part}' is no token id; expected whole numbers separated by commas, such as 0,5,17.");
        return [.. list.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(Id)];
    }

    private static void Check(int[] tokens, DecoderModel model)
    {
        if (tokens.Length == 0)
            throw new SettingsException("There is no token to compute: the text or the list of ids is empty.");
        if (tokens.Length > model.MaxLength)
            throw new SettingsException($"{tokens.Length} tokens, but {model.Name} takes at most {model.MaxLength}.");
        foreach (int id in tokens)
            if (id >= model.Architecture.Head.Rows)
                throw new SettingsException($"Token id {id} is outside of the vocabulary of {model.Architecture.Head.Rows} ids.");
    }

    private static void Write(Matrix logits, Stream stream)
    {
        for (int row = 0; row < logits.Rows; row++)
            stream.Write(MemoryMarshal.AsBytes(logits.Row(row)));
    }
}
