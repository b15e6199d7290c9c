using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Models.Checkpoints;

/// <summary>The layout of our own, as <see cref="QuantSuiteFormat"/> describes and writes it. Its scheme is the recipe that made it.</summary>
internal sealed class QuantSuiteLayout : QuantizedLayout
{
    private readonly ModelConfig linears;
    private readonly bool rotatesHeads;

    /// <summary>The layout that <c>quantization_config</c> describes.</summary>
    public QuantSuiteLayout(ModelConfig settings)
    {
        if (settings.Int("version") is var version && version is < 1 or > QuantSuiteFormat.Version)
            throw new CheckpointException(CheckpointFlaw.Version, $"config.json: quantsuite layout of version {version}; 1 to {QuantSuiteFormat.Version} are read. Take a newer QuantSuite.");
        Scheme = settings.String("recipe");
        rotatesHeads = settings.Bool("rotates_heads", false);
        HasWholeGains = settings.Bool("whole_gains", false);
        linears = settings.Object("linears") ?? throw new CheckpointException(CheckpointFlaw.Field, "config.json: quantization_config has no 'linears'; write the checkpoint again.");
    }

    /// <inheritdoc/>
    public override string Scheme { get; }

    /// <inheritdoc/>
    public override bool HasWholeGains { get; }

    /// <inheritdoc/>
    public override RowTransform? HeadRotation(int headDim) => rotatesHeads ? new HadamardTransform(headDim) : null;

    /// <inheritdoc/>
    public override FiledCodes? Find(Checkpoint checkpoint, string name, int rows, int columns)
    {
        if (linears.Object(name) is not { } settings)
            return null;
        var tensors = new LinearTensors(checkpoint, name, rows, columns);
        Func<PanelMatrix> read = StorageReader.Declare(tensors, settings);
        return new FiledCodes(() => Read(read, tensors), tensors.Names, Inputs(settings))
        {
            ActivationScale = settings.Has("activations_scale") && !settings.Bool("activations_filed", false) ? settings.Float("activations_scale") : null,
            InputTransform = StoredTransform.Read(settings.Object("inputs"), columns, tensors),
            OutputTransform = StoredTransform.Read(settings.Object("outputs"), rows, tensors),
        };
    }

    // What the parts of a storage say of one another (columns in order, no outlier twice) is checked where they come together.
    private static PanelMatrix Read(Func<PanelMatrix> read, LinearTensors tensors)
    {
        try
        {
            return read();
        }
        catch (ArgumentException contradiction)
        {
            throw tensors.Wrong(CheckpointFlaw.Field, "*", $"contradict one another: {contradiction.Message}", "what 'quantsuite quantize' writes; write the checkpoint again");
        }
    }

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
