using QuantSuite.Models.Layers;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Vision;

/// <summary>
/// CLIP's vision transformer (2103.00020) up to the layer that a language model reads, and LLaVA's projector (2304.08485, 2310.03744) after it: patches through one linear, a class token
/// in front, learned positions, pre-norm blocks in which every patch sees every other; then linear, activation, linear. All of it stays in full precision, as in the reference
/// methods, and the same image gives the same bits.
/// </summary>
public sealed class ClipVisionTower : IDisposable
{
    private readonly int side, patch;
    private readonly float[] classToken, positions;
    private readonly DensePanels patches;
    private readonly LayerNorm preNorm;
    private readonly IReadOnlyList<DecoderBlock> blocks;
    private readonly AttentionShape shape;
    private readonly Weight[] projector;
    private readonly Activation activation;

    /// <summary>A tower.</summary>
    /// <param name="side">Rows and columns of an image.</param>
    /// <param name="patch">Rows and columns of a patch; a divisor of the side.</param>
    /// <param name="patchWeight">[hidden, 3·patch·patch].</param>
    /// <param name="classToken">[hidden].</param>
    /// <param name="positions">[1 + patches, hidden].</param>
    /// <param name="preNorm">The norm before the first block.</param>
    /// <param name="blocks">Those that run.</param>
    /// <param name="shape">Of their attention.</param>
    /// <param name="projector">Two linears.</param>
    /// <param name="activation">Between them.</param>
    public ClipVisionTower(int side, int patch, Matrix patchWeight, float[] classToken, float[] positions, LayerNorm preNorm, IReadOnlyList<DecoderBlock> blocks, AttentionShape shape,
        IReadOnlyList<Weight> projector, Activation activation)
    {
        (this.side, this.patch, this.classToken, this.positions, this.preNorm, this.blocks, this.shape, this.activation) =
            (side, patch, classToken, positions, preNorm, blocks, shape, activation);
        patches = new DensePanels(patchWeight, NumericFormats.Fp32);
        this.projector = [.. projector];
    }

    /// <summary>Rows and columns of an image.</summary>
    public int Side => side;

    /// <summary>Whether the class token's state is dropped (vision_feature_select_strategy default) or kept (full).</summary>
    public bool DropsClassToken { get; init; } = true;

    /// <summary>The id that stands in a text for each feature of an image.</summary>
    public required int ImageToken { get; init; }

    /// <summary>Features of an image.</summary>
    public int FeatureCount => PatchCount + (DropsClassToken ? 0 : 1);

    /// <summary>All weights that products run on.</summary>
    public IReadOnlyList<Weight> Weights => [.. blocks.SelectMany(block => block.Linears), .. projector];

    private int PatchCount => side / patch * (side / patch);

    /// <summary>The features [features, language model's hidden size] that replace the image's tokens. The caller disposes them.</summary>
    /// <param name="pixels">[3, side·side], normalized as the model's preprocessor says.</param>
    public Matrix Features(Kernels kernels, Matrix pixels)
    {
        if (pixels.Rows != 3 || pixels.Columns != side * side)
            throw new ArgumentException($"Pixels [{pixels.Rows}, {pixels.Columns}], expected 3 channels of {side} · {side}.", nameof(pixels));
        using var context = new ForwardContext(kernels);
        using var cache = new KeyValueCache(shape, blocks.Count);
        using Sequence sequence = cache.NewSequence();
        using var hidden = new Matrix(1 + PatchCount, classToken.Length);
        var pass = new ForwardPass();
        pass.Add(sequence, new int[hidden.Rows]);
        context.Begin(pass);
        Embed(kernels, pixels, hidden);
        preNorm.Forward(context, hidden, hidden);
        foreach (DecoderBlock block in blocks)
            block.Forward(context, hidden);
        return Project(kernels, DropsClassToken ? hidden.Slice(1, PatchCount) : hidden);
    }

    /// <inheritdoc/>
    public void Dispose() => patches.Dispose();

    private void Embed(Kernels kernels, Matrix pixels, Matrix hidden)
    {
        int perSide = side / patch;
        using var cut = new Matrix(PatchCount, 3 * patch * patch);
        for (int p = 0; p < PatchCount; p++)
            for (int i = 0; i < cut.Columns; i++)
            {
                (int channel, int place) = Math.DivRem(i, patch * patch);
                cut[p, i] = pixels[channel, (p / perSide * patch + place / patch) * side + p % perSide * patch + place % patch];
            }
        kernels.Multiply(cut, patches, hidden.Slice(1, PatchCount));
        classToken.CopyTo(hidden.Row(0));
        using var rows = new Matrix(hidden.Rows, hidden.Columns, positions);
        kernels.Add(rows, hidden);
    }

    private Matrix Project(Kernels kernels, Matrix states)
    {
        using var inner = new Matrix(states.Rows, projector[0].Rows);
        var features = new Matrix(states.Rows, projector[1].Rows);
        Weight.Multiply(kernels, states, [projector[0]], [inner]);
        kernels.Activate(inner, activation, inner);
        Weight.Multiply(kernels, inner, [projector[1]], [features]);
        return features;
    }
}
