using QuantSuite.Models.Layers;
using QuantSuite.Models.Vision;
using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Models.Families;

/// <summary>A wired model: everything a <see cref="DecoderModel"/> runs.</summary>
public sealed record Architecture
{
    /// <summary>config.json's <c>model_type</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>From ids to hidden states.</summary>
    public required InputLayer Input { get; init; }

    /// <summary>From hidden states to logits.</summary>
    public required OutputLayer Output { get; init; }

    /// <summary>The layers.</summary>
    public required IReadOnlyList<DecoderBlock> Blocks { get; init; }

    /// <summary>Sizes of the attention layers, for the KV cache.</summary>
    public required AttentionShape Attention { get; init; }

    /// <summary>Floats of a sequence's state where the model is recurrent, and 0 where it is not.</summary>
    public long StateFloats { get; init; }

    /// <summary>A cache for its sequences.</summary>
    public KeyValueCache NewCache(KiviCache? kivi = null) => new(Attention, Blocks.Count, kivi, StateFloats);

    /// <summary>The most positions of one input of a task.</summary>
    public required int MaxLength { get; init; }

    /// <summary>The most positions that the model has numbers for: more than <see cref="MaxLength"/> where a rotary scaling reaches further.</summary>
    public int PositionLimit { get => Math.Max(positionLimit, MaxLength); init => positionLimit = value; }

    /// <summary>Ids that end a text, as config.json declares them.</summary>
    public required IReadOnlyList<int> EndIds { get; init; }

    /// <summary>A rotation of each head of queries and keys after RoPE where the cache is quantized (QuaRot's R3), or null.</summary>
    public RowTransform? HeadRotation { get; init; }

    /// <summary>The rotary scaling, where it chooses by a request's length; or null.</summary>
    public RotaryScaling? Scaling { get; init; }

    /// <summary>Weights that no method rounds, beside the embedding and the head: learned positions, projections, routers.</summary>
    public IEnumerable<Weight> FullPrecision =>
        [.. Input.Others, .. Output.Projection is null ? [] : new[] { Output.Projection }, .. Routers, .. Others];

    /// <summary>What shares tokens out among experts.</summary>
    public IEnumerable<Weight> Routers => Blocks.SelectMany(block => block.Routers);

    /// <summary>Full-precision weights of a part beside the decoder.</summary>
    public IReadOnlyList<Weight> Others { get; init; } = [];

    /// <summary>What makes features of images, or null.</summary>
    public ClipVisionTower? Vision { get; init; }

    /// <summary>All weights, each once.</summary>
    public IEnumerable<Weight> Weights => Blocks.SelectMany(block => block.Linears).Append(Embedding).Append(Head).Concat(FullPrecision).Distinct();

    /// <summary>Token embedding [vocabulary, embedding width].</summary>
    public Weight Embedding => Input.Tokens;

    /// <summary>Output head [vocabulary, embedding width]; the embedding itself where they are tied.</summary>
    public Weight Head => Output.Head;

    /// <summary>The norm before the head as a source of it; null where it is none.</summary>
    public InputSource? HeadSource => Output.Projection is null ? Output.Norm?.Source : null;

    /// <summary>Columns of the hidden states.</summary>
    public int HiddenSize => Input.HiddenSize;

    private readonly int positionLimit;

    /// <summary>The architecture with another head.</summary>
    public Architecture WithHead(Weight head) => this with
    {
        Output = new OutputLayer(head) { Norm = Output.Norm, Projection = Output.Projection, Factor = Output.Factor, SoftCap = Output.SoftCap },
    };
}
