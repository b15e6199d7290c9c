using System.Runtime.InteropServices;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Models.Checkpoints;

/// <summary>The layout of our own, as <see cref="QuantSuiteFormat"/> describes and writes it. Its scheme is the recipe that made it.</summary>
internal sealed class QuantSuiteLayout : QuantizedLayout
{
    private static readonly string[] Numbers = ["scales", "zeros", "offsets"];

    private readonly ModelConfig linears;
    private readonly bool rotatesHeads;

    /// <summary>The layout that <c>quantization_config</c> describes.</summary>
    public QuantSuiteLayout(ModelConfig settings)
    {
        if (settings.Int("version") is var version && version is < 1 or > QuantSuiteFormat.Version)
            throw new CheckpointException(CheckpointFlaw.Version, $"config.json: quantsuite layout of version {version}; 1 to {QuantSuiteFormat.Version} are read. Take a newer QuantSuite.");
        Scheme = settings.String("recipe");
        rotatesHeads = settings.Bool("rotates_heads", false);
        linears = settings.Object("linears") ?? throw new CheckpointException(CheckpointFlaw.Field, "config.json: quantization_config has no 'linears'; write the checkpoint again.");
    }

    /// <inheritdoc/>
    public override string Scheme { get; }

    /// <inheritdoc/>
    public override RowTransform? HeadRotation(int headDim) => rotatesHeads ? new HadamardTransform(headDim) : null;

    /// <inheritdoc/>
    public override FiledCodes? Find(Checkpoint checkpoint, string name, int rows, int columns)
    {
        if (linears.Object(name) is not { } settings)
            return null;
        var tensors = new LinearTensors(checkpoint, name, rows, columns);
        string formatName = settings.String("format");
        int bits = settings.Int("bits"), groupSize = settings.Int("group_size"), groups = settings.Int("groups");
        if (bits is < 1 or > 8 || groupSize < 1 || groups < 1 || !tensors.Has("groups") && groups != (columns - 1) / groupSize + 1)
            throw tensors.Wrong(CheckpointFlaw.Field, "codes", $"has {bits} bits in {groups} groups of {groupSize} for {columns} columns", "1 to 8 bits, and groups that cover the columns");
        tensors.Require("codes", "I32", $"out, in·{bits}/32", rows, BitFields.WordCount(columns, bits));
        foreach (string part in Numbers.Where(part => part == "scales" || tensors.Has(part)))
            GroupTensors.Require(tensors, part, groups);
        if (tensors.Has("groups"))
            tensors.Require("groups", "I32", "in", columns);
        NumericFormat? known = NumericFormats.Find(formatName);
        if (known is not IntegerFormat)
            tensors.Require("table", "F32", "one a code", 1 << bits);
        else if (known.Bits != bits)
            throw tensors.Wrong(CheckpointFlaw.Field, "codes", $"has {bits} bits of format {formatName}", $"{known.Bits}");
        NumericFormat Format() => known is IntegerFormat ? known : FormatOf(known, formatName, bits, [.. MemoryMarshal.Cast<uint, float>(tensors.Words("table"))]);
        return new FiledCodes(() => Pack(tensors, Format(), groupSize, groups), tensors.Names, Inputs(settings))
        {
            InputTransform = StoredTransform.Read(settings.Object("inputs"), columns, tensors),
            OutputTransform = StoredTransform.Read(settings.Object("outputs"), rows, tensors),
        };
    }

    private static QuantizedMatrix Pack(LinearTensors tensors, NumericFormat format, int groupSize, int groups)
    {
        GroupValues? Read(string part) => tensors.Has(part) ? GroupTensors.Read(tensors, part, groups) : null;
        long rowWords = BitFields.WordCount(tensors.Columns, format.Bits);
        int[] order = tensors.Has("groups") ? tensors.ReadGroups("groups", groups) : [];
        return new QuantizedMatrix(tensors.Rows, tensors.Columns, format, groupSize, Read("scales")!, Read("zeros"), Read("offsets"), order).Fill((row, codes) =>
        {
            var words = new BitFields(tensors.Words("codes"), 1, format.Bits);
            for (int column = 0; column < codes.Length; column++)
                codes[column] = (byte)words[row * rowWords, column];
        });
    }

    // The catalog's format where it has this very table, since kernels know it.
    private static NumericFormat FormatOf(NumericFormat? known, string name, int bits, float[] table) =>
        known is not null && known.Bits == bits && known.Values.SequenceEqual(table.Take(known.Values.Count)) ? known : new StoredTable(name, bits, table);

    private static NumericFormat? Inputs(ModelConfig settings)
    {
        if (!settings.Has("activations"))
            return null;
        string name = settings.String("activations");
        NumericFormat format = NumericFormats.Find(name)
            ?? throw new CheckpointException(CheckpointFlaw.Field, $"config.json: activations of '{name}' cannot be read; write the checkpoint again, or take a newer QuantSuite.");
        if (settings.Bool("activations_full_range", false))
            format = new IntegerFormat(format.Bits, IntegerRange.Full);
        if (settings.Has("activations_divisor"))
            format = Nvfp4Format.WithDivisor(settings.Float("activations_divisor"));
        return settings.Bool("activations_filed", false) ? new FiledInputs(format, settings.Has("activations_scale") ? settings.Float("activations_scale") : null) : format;
    }
}
