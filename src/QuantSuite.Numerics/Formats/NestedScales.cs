namespace QuantSuite.Numerics.Formats;

/// <summary>
/// Double quantization of scales (QLoRA, 2305.14314; bitsandbytes <c>compress_statistics</c>): less their mean, in blocks of 256, by the largest magnitude of a block and the
/// nearest entry of the dynamic 8-bit table. scale ≈ fl(fl(dynamic8(code)·maximum) + offset): 8.125 bits instead of 32.
/// </summary>
public sealed class NestedScales
{
    /// <summary>Scales that share a maximum.</summary>
    public const int BlockSize = 256;

    private static readonly CodebookFormat Dynamic = new("dynamic8", DynamicTable.Signed);

    private readonly byte[] codes;
    private readonly float[] maxima;

    private NestedScales(byte[] codes, float[] maxima, float offset)
    {
        this.codes = codes;
        this.maxima = maxima;
        Offset = offset;
    }

    /// <summary>A code for each scale.</summary>
    public ReadOnlySpan<byte> Codes => codes;

    /// <summary>The largest magnitude of each block of 256, offset taken off.</summary>
    public ReadOnlySpan<float> Maxima => maxima;

    /// <summary>The mean of all scales.</summary>
    public float Offset { get; }

    /// <summary>A scale as it comes back.</summary>
    public float this[int index] => Dynamic.Values[codes[index]] * maxima[index / BlockSize] + Offset;

    /// <summary>Rounds the scales of a matrix's grids, given in row-major order.</summary>
    public static NestedScales Fit(ReadOnlySpan<QuantGrid> grids)
    {
        var scales = new float[grids.Length];
        for (int i = 0; i < scales.Length; i++)
            scales[i] = grids[i].Scale;
        return Fit(scales);
    }

    /// <summary>The storage of a matrix of so many rows and groups.</summary>
    public NestedValues ToValues(int rows, int groupCount)
    {
        var values = new NestedValues(rows, groupCount, DynamicTable.Signed, BlockSize) { Offset = Offset };
        for (int block = 0; block < maxima.Length; block++)
            values.SetBlock(block, maxima[block]);
        for (int i = 0; i < codes.Length; i++)
            values.SetCode(i / groupCount, i % groupCount, codes[i]);
        return values;
    }

    /// <summary>Rounds the scales of a matrix, given in row-major order.</summary>
    public static NestedScales Fit(ReadOnlySpan<float> scales)
    {
        double sum = 0;
        foreach (float scale in scales)
            sum += scale;
        var offset = (float)(sum / Math.Max(1, scales.Length));
        var centred = new float[scales.Length];
        for (int i = 0; i < centred.Length; i++)
            centred[i] = scales[i] - offset;
        var codes = new byte[scales.Length];
        var maxima = new float[(scales.Length + BlockSize - 1) / BlockSize];
        for (int block = 0; block < maxima.Length; block++)
        {
            int first = block * BlockSize, end = Math.Min(first + BlockSize, codes.Length);
            maxima[block] = Dynamic.Quantize(centred.AsSpan(first..end), symmetric: true, codes.AsSpan(first..end)).Scale;
        }
        return new NestedScales(codes, maxima, offset);
    }
}
