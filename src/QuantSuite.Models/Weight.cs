using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Models;

/// <summary>
/// y = x Wᵀ (+ bias) for a dense or a packed W [out, in]: the only seam between full precision and quantized. It knows where its values come from, and holds
/// panels once somebody has decided how to store them; a model never holds a second full copy.
/// </summary>
public sealed class Weight : IDisposable
{
    private Func<Matrix> read;
    private PanelMatrix? panels;

    /// <summary>A weight that is read when needed.</summary>
    /// <param name="name">The tensor's name without <c>.weight</c>, e.g. <c>model.layers.0.self_attn.q_proj</c>.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="stored">The format in which the checkpoint has it: storing it so loses nothing.</param>
    /// <param name="read">Reads the values as float32 [out, in]; the caller disposes them.</param>
    /// <param name="bias">[out], or null.</param>
    public Weight(string name, int rows, int columns, FloatingFormat stored, Func<Matrix> read, float[]? bias = null)
    {
        Name = name;
        Rows = rows;
        Columns = columns;
        Stored = stored;
        Bias = bias;
        this.read = read;
    }

    /// <summary>A weight that the checkpoint holds as codes; read as plain values, they are dequantized.</summary>
    public Weight(string name, int rows, int columns, FiledCodes codes, float[]? bias = null)
        : this(name, rows, columns, NumericFormats.Fp32, () => Dequantize(codes), bias)
    {
        Filed = codes;
        InputTransform = codes.InputTransform;
        OutputTransform = codes.OutputTransform;
    }

    /// <summary>The tensor's name without <c>.weight</c>.</summary>
    public string Name { get; }

    /// <summary>Outputs.</summary>
    public int Rows { get; }

    /// <summary>Inputs.</summary>
    public int Columns { get; }

    /// <summary>The narrowest full-precision format that holds the checkpoint's values.</summary>
    public FloatingFormat Stored { get; private set; }

    /// <summary>[out], or null.</summary>
    public float[]? Bias { get; }

    /// <summary>What the product runs on.</summary>
    /// <exception cref="InvalidOperationException">Nothing was set yet.</exception>
    public PanelMatrix Panels => panels ?? throw new InvalidOperationException($"{Name}: no storage was chosen for this weight yet.");

    /// <summary>The format of the inputs, or null for float32. Integer inputs need integer weights.</summary>
    public NumericFormat? Activations { get; private set; }

    /// <summary>The scale of all integer inputs, known from calibration (static), or null for each token's own (dynamic). Weights that read one input share it.</summary>
    public float? ActivationScale { get; private set; }

    /// <summary>
    /// T, applied to a copy of every input before the product: the values are those for inputs x T. Weights that read one input share it. Null for none.
    /// </summary>
    public RowTransform? InputTransform { get; set; }

    /// <summary>T, where the values give y T: every product is taken back by T⁻¹ before the bias. Null for none.</summary>
    public RowTransform? OutputTransform { get; set; }

    /// <summary>Whether the file holds plain values as [in, out].</summary>
    public bool IsStoredTransposed { get; init; }

    /// <summary>Whether inputs or outputs are mapped.</summary>
    public bool HasTransforms => InputTransform is not null || OutputTransform is not null;

    /// <summary>Shown every input [tokens, in] before the product: how calibration sees what a linear reads. Null shows nobody.</summary>
    public Action<Matrix>? Observer { get; set; }

    /// <summary>Whether nobody but the observer wants the input: the product is left out, and the results keep what they held.</summary>
    public bool IsOnlyObserved { get; set; }

    /// <summary>The codes that the checkpoint holds, or null where it has plain values.</summary>
    public FiledCodes? Filed { get; private set; }

    /// <summary>The checkpoint's values as float32, with all changes; the caller disposes them.</summary>
    public Matrix Read() => read();

    /// <summary>Adds a change that is made to the values whenever they are read: a rotation of the whole model.</summary>
    /// <param name="change">Changes float32 [out, in] in place.</param>
    public void Change(Action<Matrix> change)
    {
        Func<Matrix> before = read;
        read = () =>
        {
            Matrix values = before();
            change(values);
            return values;
        };
        Stored = NumericFormats.Fp32;
        Filed = null;
    }

    /// <summary>A weight with the same values and a life of its own: an output head that was tied to the embedding.</summary>
    public Weight Untie(string name) => new(name, Rows, Columns, Stored, read, Bias);

    /// <summary>Chooses the storage, and the format of the inputs. Replaces (and frees) what was there.</summary>
    public void Store(PanelMatrix storage, NumericFormat? activations = null, float? activationScale = null)
    {
        RequireUsable(storage, activations);
        panels?.Dispose();
        (panels, Activations, ActivationScale) = (storage, activations, activationScale);
    }

    /// <summary>Puts other storage in the place of this one and hands this one to the caller, who owns it then: a repair or a fault that can be taken back.</summary>
    public WeightStorage Exchange(WeightStorage storage)
    {
        RequireUsable(storage.Panels, storage.Activations);
        var before = new WeightStorage(Panels, Activations, ActivationScale);
        (panels, Activations, ActivationScale) = (storage.Panels, storage.Activations, storage.ActivationScale);
        return before;
    }

    /// <summary>Stores the checkpoint's values without loss, or rounded to a narrower full-precision format.</summary>
    public void StoreDense(FloatingFormat? format = null)
    {
        format ??= NumericFormats.Fp32;
        using Matrix values = Read();
        Store(new DensePanels(values, format.Bits < Stored.Bits ? format : format == NumericFormats.Fp32 || format == Stored ? Stored : format));
    }

    /// <summary>Stores what the checkpoint holds as it is: its codes, and inputs in the format that it asks for; plain values without loss.</summary>
    public void StoreFiled()
    {
        if (Filed is null)
            StoreDense();
        else
            Store(Filed.Pack(), Filed.Activations, Filed.ActivationScale);
    }

    /// <summary>y = x Wᵀ + bias for weights that read one input: its codes are made once where all want the same, and all products are one parallel region.</summary>
    /// <param name="x">[tokens, in].</param>
    /// <param name="weights">Weights with the same inputs and input transform.</param>
    /// <param name="results">[tokens, out] each, overwritten.</param>
    public static void Multiply(Kernels kernels, Matrix x, ReadOnlySpan<Weight> weights, ReadOnlySpan<Matrix> results)
    {
        using Matrix? mapped = Mapped(kernels, x, weights[0].InputTransform);
        x = mapped ?? x;
        foreach (Weight weight in weights)
            weight.Observer?.Invoke(x);
        if (weights[0].IsOnlyObserved)
            return;
        int alike = 1;
        while (alike < weights.Length && Equals(weights[alike].Activations, weights[0].Activations) && weights[alike].ActivationScale == weights[0].ActivationScale)
            alike++;
        MultiplyAlike(kernels, x, weights[..alike], results[..alike]);
        for (int i = alike; i < weights.Length; i++)
            MultiplyAlike(kernels, x, weights[i..(i + 1)], results[i..(i + 1)]);
    }

    /// <inheritdoc/>
    public void Dispose() => panels?.Dispose();

    private void RequireUsable(PanelMatrix storage, NumericFormat? activations)
    {
        if (storage.Rows != Rows || storage.Columns != Columns)
            throw new ArgumentException($"{Name} is [{Rows}, {Columns}], got storage of [{storage.Rows}, {storage.Columns}].", nameof(storage));
        if (activations is IntegerFormat && storage is not (QuantizedMatrix { Format: IntegerFormat } or MixedColumns))
            throw new ArgumentException($"{Name}: {activations} inputs need integer weights.", nameof(activations));
    }

    // Weights with one format of inputs.
    private static void MultiplyAlike(Kernels kernels, Matrix x, ReadOnlySpan<Weight> weights, ReadOnlySpan<Matrix> results)
    {
        if (weights[0].Activations is IntegerFormat integers)
            MultiplyIntegers(kernels, x, integers, weights, results);
        else if (weights[0].Activations is { } format)
            MultiplyRounded(kernels, x, format, weights, results);
        else
            kernels.Multiply(x, PanelsOf(weights), results);
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i].OutputTransform?.ApplyInverse(results[i], kernels);
            if (weights[i].Bias is { } bias)
                kernels.AddBias(bias, results[i]);
        }
    }

    private static Matrix? Mapped(Kernels kernels, Matrix x, RowTransform? transform)
    {
        if (transform is null)
            return null;
        var mapped = new Matrix(x.Rows, x.Columns, x.Span);
        transform.Apply(mapped, kernels);
        return mapped;
    }

    private static Matrix Dequantize(FiledCodes codes)
    {
        using PanelMatrix packed = codes.Pack();
        return packed.ToMatrix();
    }

    private static PanelMatrix[] PanelsOf(ReadOnlySpan<Weight> weights)
    {
        var panels = new PanelMatrix[weights.Length];
        for (int i = 0; i < panels.Length; i++)
            panels[i] = weights[i].Panels;
        return panels;
    }

    private static void MultiplyRounded(Kernels kernels, Matrix x, NumericFormat format, ReadOnlySpan<Weight> weights, ReadOnlySpan<Matrix> results)
    {
        using var rounded = new Matrix(x.Rows, x.Columns);
        kernels.RoundRows(x, format, rounded);
        kernels.Multiply(rounded, PanelsOf(weights), results);
    }

    private static void MultiplyIntegers(Kernels kernels, Matrix x, IntegerFormat format, ReadOnlySpan<Weight> weights, ReadOnlySpan<Matrix> results)
    {
        using var codes = new QuantizedRows(x.Rows, x.Columns);
        if (weights[0].Panels is MixedColumns first)
            kernels.QuantizeRows(x, format, first.OutlierColumns, threshold: 0, codes);
        else
            kernels.QuantizeRows(x, format, codes, weights[0].ActivationScale);
        for (int i = 0; i < weights.Length; i++)
            if (weights[i].Panels is MixedColumns mixed)
                kernels.Multiply(x, codes, mixed, results[i]);
            else
                kernels.Multiply(codes, (QuantizedMatrix)weights[i].Panels, results[i]);
    }
}

/// <summary>What a <see cref="Weight"/> runs on.</summary>
/// <param name="Panels">The values.</param>
/// <param name="Activations">The format of the inputs, or null for float32.</param>
/// <param name="ActivationScale">The scale of all integer inputs, or null for each token's own.</param>
public sealed record WeightStorage(PanelMatrix Panels, NumericFormat? Activations = null, float? ActivationScale = null);
