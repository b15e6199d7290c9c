using QuantSuite.Numerics;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Methods;

/// <summary>
/// Any-Precision LLM (Park et al., 2402.10517): one store of nested codes (<see cref="NestedMatrix"/>) serves every width from 3 bits to 8; int4 reads the four top bits of its codes,
/// and the tables that belong to them. 8 bits a weight and 16·(2³ + … + 2⁸) bits a row and group hold what stores of 3 to 8 bits would take 33 bits a weight for.
/// </summary>
/// <remarks>
/// Differs from the reference in two points. The sensitivity of a weight is its input's Σx², the diagonal of the layer's Hessian; the paper's is the square of the loss's gradient,
/// which takes a backward pass. The seed of 3 bits is the best there is, by dynamic programming, rather than a random k-means++ start; the upscaling from the reference's own seeds is
/// what the golden vectors test.
/// </remarks>
public sealed class AnyPrecision : QuantizationMethod
{
    /// <summary>The narrowest width.</summary>
    public const int SeedBits = 3;

    /// <summary>The widest.</summary>
    public const int ParentBits = 8;

    /// <inheritdoc/>
    public override string Name => "anyprecision";

    /// <inheritdoc/>
    public override string Source => "Any-Precision LLM (2402.10517), SNU-ARC/any-precision-llm quantize.py";

    /// <inheritdoc/>
    public override CalibrationNeeds Needs => CalibrationNeeds.Hessian;

    /// <inheritdoc/>
    public override PanelMatrix Round(LinearRounding linear)
    {
        int bits = MethodScheme.Integers(linear, Name, SeedBits, ParentBits);
        InputStatistics inputs = linear.RequireInputs;
        float[] sensitivities = [.. Enumerable.Range(0, inputs.Columns).Select(column => (float)(inputs.Sum ?? throw new InvalidOperationException($"{linear.Name}: no Hessian."))[column, column])];
        NestedMatrix store = Nest(linear.Weight, sensitivities, MethodScheme.GroupSize(linear, linear.Weight.Columns), linear.Kernels);
        store.Bits = bits;
        return store;
    }

    /// <summary>Whether a model that was written by one recipe serves another: the same text but for the bits, <c>anyprecision-int4</c> and <c>anyprecision-int6</c>.</summary>
    public static bool Serves(string stored, string asked)
    {
        const string Word = "anyprecision-int";
        int at = stored.IndexOf(Word, StringComparison.Ordinal) + Word.Length;
        return at >= Word.Length && stored.Length == asked.Length && at < asked.Length && asked[at] is >= (char)('0' + SeedBits) and <= (char)('0' + ParentBits)
            && string.CompareOrdinal(stored, 0, asked, 0, at) == 0 && string.CompareOrdinal(stored, at + 1, asked, at + 1, stored.Length) == 0;
    }

    /// <summary>The store of all widths of a weight [out, in].</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="sensitivities">How much an error of a weight counts, by column.</param>
    /// <param name="groupSize">Columns of a row that share tables.</param>
    /// <param name="kernels">For parallel work over rows.</param>
    public static NestedMatrix Nest(Matrix weight, float[] sensitivities, int groupSize, Kernels kernels)
    {
        var store = new NestedMatrix(weight.Rows, weight.Columns, SeedBits, ParentBits, groupSize);
        kernels.Parallel(weight.Rows, row =>
        {
            for (int group = 0; group < store.GroupCount; group++)
                Nest(weight.Row(row), sensitivities, store, row, group);
        });
        return store;
    }

    private static void Nest(ReadOnlySpan<float> values, ReadOnlySpan<float> sensitivities, NestedMatrix store, int row, int group)
    {
        int first = group * store.GroupSize, count = Math.Min(store.GroupSize, values.Length - first);
        NestedClusters clusters = NestedClusters.Seed(new WeightedPoints(values.Slice(first, count), sensitivities.Slice(first, count)), SeedBits);
        while (clusters.Bits < ParentBits)
            clusters.Split();
        var codes = new byte[count];
        clusters.CopyCodes(codes);
        for (int i = 0; i < count; i++)
            store.SetCode(row, first + i, codes[i]);
        for (int bits = SeedBits; bits <= ParentBits; bits++)
            store.SetTable(bits, row, group, clusters.Tables[bits - SeedBits]);
    }
}
