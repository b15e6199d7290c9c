using System.Text.Json;
using System.Text.RegularExpressions;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Checkpoints;

/// <summary>One entry of compressed-tensors' <c>config_groups</c>: the linears that it is for, and how their tensors are made (<see cref="CompressedTensorsLayout"/>).</summary>
internal sealed class CompressedGroup
{
    private static readonly IntegerFormat FullBytes = new(8, IntegerRange.Full);

    private readonly string key;
    private readonly string layout;
    private readonly string strategy;
    private readonly int bits;
    private readonly int groupSize;
    private readonly int blockRows;
    private readonly bool symmetric;
    private readonly NumericFormat format;
    private readonly string[] targets;
    private readonly ModelConfig? inputs;

    /// <summary>Reads a group.</summary>
    public CompressedGroup(string key, ModelConfig settings, string defaultLayout)
    {
        this.key = key;
        ModelConfig weights = settings.Object("weights") ?? throw Wrong("has no weights", "a scheme for weights");
        bits = weights.Int("num_bits");
        bool isFloat = weights.String("type", "int") == "float";
        layout = settings.String("format", defaultLayout);
        if (layout == "naive-quantized")
            layout = isFloat ? "float-quantized" : "int-quantized";
        symmetric = weights.Bool("symmetric", true);
        strategy = weights.String("strategy", "channel");
        (groupSize, blockRows) = (weights.Int("group_size", -1), 1);
        if (strategy == "block")
            (blockRows, groupSize) = Block(weights);
        format = FormatOf(isFloat);
        inputs = settings.Object("input_activations");
        targets = settings.Root.TryGetProperty("targets", out JsonElement names) && names.ValueKind == JsonValueKind.Array
            ? [.. names.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!)] : [];
    }

    /// <summary>Format and options in the words of recipes.</summary>
    public string SchemeText => WeightsText + (InputRule() is not { } rule ? "" : $"{(IsStatic ? "-static" : "")}-a{(rule is IntegerFormat ? $"{rule.Bits}" : rule.Name)}");

    private string WeightsText => IsNibbles ? format.Name
        : Checkpoints.SchemeText.Of(format, strategy is "group" or "block" ? groupSize : -1, symmetric) + (strategy == "tensor" ? "-tensor" : "");

    /// <summary>Whether it is for all linears that no other group names.</summary>
    public bool IsForLinears => targets.Contains("Linear");

    private bool IsNibbles => layout is "nvfp4-pack-quantized" or "mxfp4-pack-quantized";

    private bool HasZeros => !symmetric && format is IntegerFormat;

    /// <summary>Whether a target names this linear: by its name, the end of it, or a pattern after <c>re:</c>.</summary>
    public bool Names(string name) => targets.Any(target => target.StartsWith("re:", StringComparison.Ordinal)
        ? Regex.IsMatch(name, $"^(?:{target[3..]})", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)
        : name == target || name.EndsWith($".{target}", StringComparison.Ordinal));

    /// <summary>Declares the tensors of a linear.</summary>
    public void Require(LinearTensors tensors)
    {
        int rows = tensors.Rows, columns = tensors.Columns;
        long groups = GroupCount(columns);
        if (IsNibbles)
            tensors.Require("weight_packed", "U8", "out, in/2", rows, columns / 2);
        else if (layout == "pack-quantized")
            tensors.Require("weight_packed", "I32", $"out, in·{bits}/32", rows, BitFields.WordCount(columns, bits));
        else
            tensors.Require("weight", format is IntegerFormat ? "I8" : "F8_E4M3", "out, in", rows, columns);
        if (layout == "mxfp4-pack-quantized")
            tensors.Require("weight_scale", "U8", $"out, groups of {groupSize}", rows, groups);
        else if (strategy == "tensor")
            tensors.RequireFloats("weight_scale", "one for the tensor", [.. tensors.ShapeOf("weight_scale").Count == 0 ? Array.Empty<long>() : [1]]);
        else
            tensors.RequireFloats("weight_scale", $"out, groups of {groupSize}", (rows + blockRows - 1) / blockRows, groups);
        if (layout == "nvfp4-pack-quantized")
            tensors.Require("weight_global_scale", "F32", "one for the tensor", 1);
        if (HasZeros && layout == "pack-quantized")
            tensors.Require("weight_zero_point", "I32", $"out·{bits}/32, groups", BitFields.WordCount(rows, bits), groups);
        else if (HasZeros)
            tensors.Require("weight_zero_point", "I8", "out, groups", rows, groups);
        else
            tensors.Claim("weight_zero_point");
        if (tensors.Has("weight_g_idx"))
            tensors.Require("weight_g_idx", "I32", "in", columns);
        tensors.Claim("weight_shape");
        if (IsStatic)
            tensors.RequireFloats("input_scale", "one for all tokens", [.. tensors.ShapeOf("input_scale").Count == 0 ? Array.Empty<long>() : [1]]);
        else
            tensors.Claim("input_scale");
        if (InputRule() is Nvfp4Format)
            tensors.Require("input_global_scale", "F32", "one for all tokens", 1);
        else
            tensors.Claim("input_global_scale");
        RequireShape(tensors);
    }

    /// <summary>The format of a linear's inputs, or null for float32.</summary>
    public FiledInputs? Inputs(LinearTensors tensors) => InputRule() switch
    {
        null => null,
        Nvfp4Format => new FiledInputs(Nvfp4Format.WithDivisor(tensors.ReadFloats("input_global_scale")[0]), null),
        { } rule => new FiledInputs(rule, IsStatic ? tensors.ReadFloats("input_scale")[0] : null),
    };

    /// <summary>The codes of a linear.</summary>
    public QuantizedMatrix Pack(LinearTensors tensors)
    {
        int groups = GroupCount(tensors.Columns);
        ByteValues? zeros = HasZeros ? ByteValues.Integers(tensors.Rows, groups).Fill((row, group) => Zero(tensors, row, group, groups)) : null;
        int[] order = tensors.Has("weight_g_idx") ? tensors.ReadGroups("weight_g_idx", groups) : [];
        return new QuantizedMatrix(tensors.Rows, tensors.Columns, format, groupSize == -1 ? tensors.Columns : groupSize, Scales(tensors, groups), zeros, null, order)
            .Fill((row, codes) => ReadCodes(tensors, row, codes));
    }

    private void ReadCodes(LinearTensors tensors, int row, Span<byte> codes)
    {
        int columns = codes.Length;
        if (layout == "pack-quantized")
        {
            var words = new BitFields(tensors.Words("weight_packed"), 1, bits);
            long first = row * BitFields.WordCount(columns, bits);
            for (int column = 0; column < columns; column++)
                codes[column] = (byte)words[first, column];
        }
        else if (IsNibbles)
        {
            ReadOnlySpan<byte> pairs = tensors.Bytes("weight_packed").Slice(checked(row * (columns / 2)), columns / 2);
            for (int column = 0; column < columns; column++)
                codes[column] = (byte)(pairs[column / 2] >> column % 2 * 4 & 15);
        }
        else
        {
            tensors.Bytes("weight").Slice(checked(row * columns), columns).CopyTo(codes);
            if (format is IntegerFormat)
                for (int column = 0; column < columns; column++)
                    codes[column] = Unsigned(codes[column]);
        }
    }

    // int8 holds q − 2ᵇ⁻¹, also where b < 8.
    private byte Unsigned(byte stored) => (byte)((sbyte)stored + (1 << (bits - 1)));

    private float Zero(LinearTensors tensors, int row, int group, int groups) => layout == "pack-quantized"
        ? new BitFields(tensors.Words("weight_zero_point"), groups, bits)[group, row]
        : Unsigned(tensors.Bytes("weight_zero_point")[row * groups + group]);

    private GroupValues Scales(LinearTensors tensors, int groups)
    {
        int rows = tensors.Rows;
        if (!IsNibbles)
            return tensors.ReadScales("weight_scale", groups, (row, group) => strategy == "tensor" ? 0 : row / blockRows * groups + group);
        bool isPower = layout == "mxfp4-pack-quantized";
        ReadOnlySpan<byte> stored = tensors.Bytes("weight_scale");
        if (isPower && stored.Contains((byte)255) || !isPower && stored.ContainsAny((byte)127, (byte)255))
            throw tensors.Wrong(CheckpointFlaw.NotFinite, "weight_scale", "holds NaN", "finite scales; fetch or convert the checkpoint again");
        ByteValues scales = isPower ? ByteValues.PowersOfTwo(rows, groups) : ByteValues.SmallFloats(rows, groups, tensors.ReadFloats("weight_global_scale")[0]);
        for (int row = 0; row < rows; row++)
            for (int group = 0; group < groups; group++)
                scales.SetCode(row, group, stored[row * groups + group]);
        return scales;
    }

    private void RequireShape(LinearTensors tensors)
    {
        if (!tensors.Has("weight_shape"))
            return;
        float[] shape = tensors.ReadFloats("weight_shape");
        if (shape is not [var rows, var columns] || rows != tensors.Rows || columns != tensors.Columns)
            throw tensors.Wrong(CheckpointFlaw.Shape, "weight_shape", $"says [{string.Join(", ", shape)}]", $"[{tensors.Rows}, {tensors.Columns}] from config.json");
    }

    private int GroupCount(int columns) => groupSize == -1 ? 1 : (columns + groupSize - 1) / groupSize;

    // "local" is NVFP4's word: scales a group of each token, relative to one stored scale.
    private bool IsStatic => inputs is not null && inputs.Root.TryGetProperty("dynamic", out JsonElement dynamic) && dynamic.ValueKind == JsonValueKind.False;

    private NumericFormat? InputRule()
    {
        if (inputs is null)
            return null;
        int width = inputs.Int("num_bits");
        string type = inputs.String("type", "int"), share = inputs.String("strategy", "token");
        return (type, width, share, inputs.Bool("symmetric", true)) switch
        {
            ("int", 8, "token" or "tensor", true) => FullBytes,
            ("float", 8, "token" or "tensor", true) => NumericFormats.Fp8E4M3,
            ("float", 4, "tensor_group", true) when inputs.Int("group_size", 16) == 16 => NumericFormats.Nvfp4,
            _ => throw Wrong($"has inputs of {width}-bit {type} by {share}", "symmetric 8-bit integers or floats by token or tensor, or 4-bit floats by tensor_group of 16"),
        };
    }

    private NumericFormat FormatOf(bool isFloat) => (layout, isFloat, bits) switch
    {
        ("pack-quantized", false, >= 2 and <= 8) or ("int-quantized", false, >= 2 and <= 8) => NumericFormats.Int(bits),
        ("float-quantized", true, 8) => NumericFormats.Fp8E4M3,
        ("nvfp4-pack-quantized", true, 4) => NumericFormats.Nvfp4,
        ("mxfp4-pack-quantized", true, 4) => NumericFormats.Mxfp4,
        _ => throw Wrong($"has format '{layout}' with {bits}-bit {(isFloat ? "floats" : "integers")}",
            "pack-quantized or int-quantized integers of 2 to 8 bits, float-quantized 8-bit floats, nvfp4-pack-quantized or mxfp4-pack-quantized"),
    };

    private (int Rows, int Columns) Block(ModelConfig weights) =>
        weights.Root.TryGetProperty("block_structure", out JsonElement sizes) && sizes.ValueKind == JsonValueKind.Array && sizes.GetArrayLength() == 2
        && sizes[0].TryGetInt32(out int rows) && sizes[1].TryGetInt32(out int columns) && rows > 0 && columns > 0
            ? (rows, columns) : throw Wrong("has strategy block without a block_structure", "[rows, columns]");

    private CheckpointException Wrong(string got, string expected) =>
        new(CheckpointFlaw.Field, $"config.json: quantization_config's {key} {got}, which cannot be read; expected {expected}.");
}
