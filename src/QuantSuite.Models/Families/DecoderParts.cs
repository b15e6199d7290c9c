using System.Text.Json;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Families;

/// <summary>
/// What families are declared with: sizes and switches of config.json by their keys, and tensors by their names, each of which is remembered, so that a key or a tensor that nobody
/// asked for ends the loading instead of being passed over.
/// </summary>
internal sealed class DecoderParts
{
    private readonly Checkpoint checkpoint;
    private readonly HashSet<string> used = new(StringComparer.Ordinal);

    /// <summary>The parts of a checkpoint.</summary>
    /// <param name="maxLength">The most positions where config.json names none.</param>
    /// <param name="headDim">The size of a head where config.json names none; 0 for hidden/heads.</param>
    /// <param name="keyValueHeads">Key and value heads where config.json names none; 0 for as many as queries have.</param>
    /// <param name="keys">Names of the sizes, where they are not the usual ones.</param>
    /// <param name="config">A part of config.json that stands for it; null for all of it.</param>
    public DecoderParts(Checkpoint checkpoint, int maxLength = 2048, int headDim = 0, int keyValueHeads = 0, SizeKeys? keys = null, ModelConfig? config = null)
    {
        this.checkpoint = checkpoint;
        Config = config ?? checkpoint.Config;
        keys ??= new SizeKeys();
        HiddenSize = Size(keys.Hidden, null);
        Vocabulary = Size(keys.Vocabulary, null);
        LayerCount = Size(keys.Layers, null);
        MaxLength = Size(keys.MaxLength, maxLength);
        Heads = Size(keys.Heads, 1);
        KeyValueHeads = Size(keys.KeyValueHeads, keyValueHeads == 0 ? Heads : keyValueHeads);
        HeadDim = Size(keys.HeadDim, headDim == 0 ? HiddenSize / Math.Max(1, Heads) : headDim);
        if (HiddenSize < 1 || LayerCount < 1 || Vocabulary < 1 || MaxLength < 1)
            throw new CheckpointException(CheckpointFlaw.Field,
                $"config.json: hidden size {HiddenSize}, {LayerCount} layers, {Vocabulary} ids, {MaxLength} positions; expected at least one of each.");
        if (Heads < 1 || KeyValueHeads < 1 || Heads % KeyValueHeads != 0 || HeadDim % 2 != 0 || HeadDim < 2)
            throw new CheckpointException(CheckpointFlaw.Field,
                $"config.json: {Heads} heads over {KeyValueHeads} key/value heads of {HeadDim} dimensions; expected a multiple, and an even dimension.");
        if (HeadDim % 4 != 0)
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: heads of {HeadDim} dimensions; only multiples of 4 are supported.");
    }

    /// <summary>config.json.</summary>
    public ModelConfig Config { get; }

    /// <summary>Columns of the hidden states.</summary>
    public int HiddenSize { get; }

    /// <summary>Ids.</summary>
    public int Vocabulary { get; }

    /// <summary>Blocks.</summary>
    public int LayerCount { get; }

    /// <summary>The most positions of one input.</summary>
    public int MaxLength { get; }

    /// <summary>Query heads.</summary>
    public int Heads { get; }

    /// <summary>Key and value heads.</summary>
    public int KeyValueHeads { get; }

    /// <summary>Dimensions of a head.</summary>
    public int HeadDim { get; }

    /// <summary>What every tensor's name begins with, where this model is a part of another.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The size of an attention layer, scaled by 1/√headDim.</summary>
    public AttentionShape Shape(int layer) => new(Heads, KeyValueHeads, HeadDim, 1 / MathF.Sqrt(HeadDim), layer);

    /// <summary>Whether the checkpoint has a tensor.</summary>
    public bool Has(string tensor) => checkpoint.Tensors.ContainsKey(Prefix + tensor);

    /// <summary>The prefix where tensors have it, and else none: checkpoints of the bare model and of the one with a head differ so.</summary>
    public string Root(string prefix, string tensor) => Has(prefix + tensor) ? prefix : "";

    /// <summary>
    /// A linear whose tensors are <c>name.weight</c> [rows, columns], or what the checkpoint's <see cref="QuantizedLayout"/> has in its place, and, if <paramref name="bias"/>, <c>name.bias</c> [rows].
    /// </summary>
    /// <param name="transposed">Whether the file has [columns, rows] (GPT-2's Conv1D).</param>
    public Weight Linear(string name, int rows, int columns, bool bias = false, bool transposed = false)
    {
        float[]? biases = bias ? Tensor($"{name}.bias", rows) : null;
        name = Prefix + name;
        transposed &= checkpoint.Format != "gguf";
        if (checkpoint.FindCodes(name, rows, columns) is { } codes)
            return new Weight(name, rows, columns, codes, biases);
        string tensor = $"{name}.weight";
        used.Add(tensor);
        TensorInfo info = transposed ? checkpoint.Require(tensor, columns, rows) : checkpoint.Require(tensor, rows, columns);
        FloatingFormat stored = info.Type switch { "BF16" => NumericFormats.Bf16, "F16" => NumericFormats.Fp16, _ => NumericFormats.Fp32 };
        return transposed
            ? new Weight(name, rows, columns, stored, () => Transposed(checkpoint, tensor, rows, columns), biases) { IsStoredTransposed = true }
            : new Weight(name, rows, columns, stored, () => checkpoint.ReadMatrix(tensor, rows, columns), biases);
    }

    /// <summary>A root mean square norm <c>name.weight</c>.</summary>
    /// <param name="offset">What the file's gains lack: Gemma's are stored less 1.</param>
    public RmsNorm RmsNorm(string name, int size, float epsilon, float offset = 0) => new(Gain($"{Prefix}{name}.weight", size, offset), epsilon);

    /// <summary>A layer norm <c>name.weight</c> and, if <paramref name="bias"/>, <c>name.bias</c>.</summary>
    public LayerNorm LayerNorm(string name, int size, float epsilon, bool bias = true) =>
        new(Tensor($"{name}.weight", size), bias ? Tensor($"{name}.bias", size) : null, epsilon);

    /// <summary>A small tensor of this shape as it is, row-major.</summary>
    public float[] Tensor(string tensor, params ReadOnlySpan<int> shape)
    {
        used.Add(Prefix + tensor);
        return checkpoint.ReadTensor(Prefix + tensor, 0, shape);
    }

    /// <summary>Queries, keys and values as linears <c>name.q_proj</c> and so on.</summary>
    public QkvProjection Qkv(string name, bool bias = false) => new SplitProjection(
        Linear($"{name}.q_proj", Heads * HeadDim, HiddenSize, bias),
        Linear($"{name}.k_proj", KeyValueHeads * HeadDim, HiddenSize, bias),
        Linear($"{name}.v_proj", KeyValueHeads * HeadDim, HiddenSize, bias));

    /// <summary>The linear after the attention.</summary>
    public Weight AttentionOutput(string name, bool bias = false) => Linear(name, HiddenSize, Heads * HeadDim, bias);

    /// <summary>A gated MLP of <c>name.gate_proj</c>, <c>name.up_proj</c> and <c>name.down_proj</c>.</summary>
    public GatedMlp GatedMlp(string name, int width, Activation activation, bool bias = false) => new(
        Linear($"{name}.gate_proj", width, HiddenSize, bias), Linear($"{name}.up_proj", width, HiddenSize, bias), Linear($"{name}.down_proj", HiddenSize, width, bias), activation);

    /// <summary>A gated MLP of <c>name.gate_up_proj</c> and <c>name.down_proj</c>.</summary>
    public FusedGatedMlp FusedGatedMlp(string name, int width, Activation activation) =>
        new(Linear($"{name}.gate_up_proj", 2 * width, HiddenSize), Linear($"{name}.down_proj", HiddenSize, width), activation);

    /// <summary>A plain MLP of two linears with these names.</summary>
    public PlainMlp PlainMlp(string first, string second, int width, Activation activation, bool bias = true, bool transposed = false) =>
        new(Linear(first, width, HiddenSize, bias, transposed), Linear(second, HiddenSize, width, bias, transposed), activation);

    /// <summary>The token embedding.</summary>
    public Weight Embedding(string name = "model.embed_tokens", int? width = null) => Linear(name, Vocabulary, width ?? HiddenSize);

    /// <summary>The head: the embedding itself where config.json ties them, which decides even where the file has another.</summary>
    /// <param name="tied">What holds where config.json does not say.</param>
    public Weight Head(Weight embedding, bool tied, string name = "lm_head", bool bias = false, int? width = null)
    {
        if (!Config.Bool("tie_word_embeddings", tied))
            return Linear(name, Vocabulary, width ?? HiddenSize, bias);
        used.Add($"{Prefix}{name}.weight");
        return embedding;
    }

    /// <summary>config.json's activation.</summary>
    public Activation Activation(string key = "hidden_act", string fallback = "silu") => ActivationOf(key, Config.String(key, fallback));

    /// <summary>An activation by transformers' name.</summary>
    public static Activation ActivationOf(string key, string name) => name switch
    {
        "silu" or "swish" => Numerics.Activation.Silu,
        "gelu" or "gelu_python" => Numerics.Activation.Gelu,
        "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" or "gelu_accurate" => Numerics.Activation.GeluTanh,
        "quick_gelu" => Numerics.Activation.QuickGelu,
        "relu" => Numerics.Activation.Relu,
        _ => throw new CheckpointException(CheckpointFlaw.Field,
            $"config.json: {key} '{name}' is not known; there are: silu, swish, gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, quick_gelu, relu."),
    };

    /// <summary>A switch that must stand at one value, because the other is not implemented.</summary>
    public void Require(string key, bool value)
    {
        if (Config.Bool(key, value) != value)
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: {key} is {(value ? "false" : "true")}, and only {(value ? "true" : "false")} is supported for {Config.ModelType}.");
    }

    /// <summary>A word that must be this one, because no other is implemented.</summary>
    public void RequireWord(string key, string value)
    {
        if (Config.String(key, value) is var found && found != value)
            throw new CheckpointException(CheckpointFlaw.Field, $"config.json: {key} is '{found}', and only '{value}' is supported for {Config.ModelType}.");
    }

    /// <summary>The kinds of attention by layer: config.json's <c>layer_types</c>, or by rule. True for a sliding window.</summary>
    public bool[] Sliding(Func<int, bool> rule)
    {
        string[]? kinds = Config.Strings("layer_types");
        if (kinds is null)
            return [.. Enumerable.Range(0, LayerCount).Select(rule)];
        if (kinds.Length < LayerCount || kinds.FirstOrDefault(kind => kind is not ("sliding_attention" or "full_attention")) is not null)
            throw new CheckpointException(CheckpointFlaw.Field,
                $"config.json: layer_types is [{string.Join(", ", kinds)}], expected 'full_attention' or 'sliding_attention' for each of {LayerCount} layers.");
        return [.. kinds.Take(LayerCount).Select(kind => kind == "sliding_attention")];
    }

    /// <summary>All blocks. By now every key of config.json must have been read; one that was not is refused.</summary>
    public DecoderBlock[] Blocks(Func<int, DecoderBlock> make)
    {
        _ = EndIds;
        ConfigKeys.RefuseUnread(Config);
        return [.. Enumerable.Range(0, LayerCount).Select(make)];
    }

    /// <summary>The whole. Every tensor of the file must have been read by now, or be known for no weight.</summary>
    /// <param name="ignorable">Names of stored buffers, with <c>*</c> for any run of characters.</param>
    public Architecture Assemble(InputLayer input, DecoderBlock[] blocks, OutputLayer output, RotaryScaling? scaling = null, params ReadOnlySpan<string> ignorable)
    {
        if (Prefix.Length == 0)
            RequireNoOtherTensors(ignorable);
        return new Architecture
        {
            ModelType = Config.ModelType,
            Input = input,
            Blocks = blocks,
            Output = output,
            Attention = Shape(0),
            MaxLength = MaxLength,
            PositionLimit = scaling?.PositionLimit ?? MaxLength,
            Scaling = scaling is { DependsOnLength: true } ? scaling : null,
            EndIds = EndIds,
        };
    }

    /// <summary>Throws where the file has tensors that nobody asked for.</summary>
    public void RequireNoOtherTensors(params ReadOnlySpan<string> ignorable) => checkpoint.RequireNoOtherTensors(used, [.. ignorable, "*.rotary_emb.inv_freq", "rope_freqs.weight", "rope_factors_*.weight"]);

    /// <summary>Names of tensors that other parts of the model have read.</summary>
    public void Claim(DecoderParts other) => used.UnionWith(other.used);

    private IReadOnlyList<int> EndIds => !Config.Root.TryGetProperty("eos_token_id", out JsonElement value) ? [] : value.ValueKind switch
    {
        JsonValueKind.Number => [value.GetInt32()],
        JsonValueKind.Array => [.. value.EnumerateArray().Select(id => id.GetInt32())],
        _ => [],
    };

    private static Matrix Transposed(Checkpoint checkpoint, string tensor, int rows, int columns)
    {
        using Matrix stored = checkpoint.ReadMatrix(tensor, columns, rows);
        var matrix = new Matrix(rows, columns);
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
                matrix[row, column] = stored[column, row];
        return matrix;
    }

    private float[] Gain(string tensor, int size, float offset)
    {
        used.Add(tensor);
        return checkpoint.ReadVector(tensor, size, offset);
    }

    private int Size(string keys, int? fallback)
    {
        int? found = null;
        foreach (string key in keys.Split('|'))
            if (Config.Has(key))
                found ??= Config.Int(key);
        return found ?? Config.Int(keys.Split('|')[0], fallback);
    }
}

/// <summary>Keys of the sizes in config.json; <c>a|b</c> for either of two.</summary>
internal sealed record SizeKeys
{
    public string Hidden { get; init; } = "hidden_size";

    public string Vocabulary { get; init; } = "vocab_size";

    public string Layers { get; init; } = "num_hidden_layers";

    public string Heads { get; init; } = "num_attention_heads";

    public string KeyValueHeads { get; init; } = "num_key_value_heads";

    public string HeadDim { get; init; } = "head_dim";

    public string MaxLength { get; init; } = "max_position_embeddings";
}
