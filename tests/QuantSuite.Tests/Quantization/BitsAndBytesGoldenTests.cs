using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>
/// NF4 and FP4 against bitsandbytes (../shared/goldens/quantization/nf4-fp4): tables, codes, scales, double quantization. bitsandbytes' blocks run over the flattened matrix, and so does
/// this test; recipes take groups within a row, which is the same where the columns are a multiple of 64.
/// </summary>
public sealed class BitsAndBytesGoldenTests
{
    private const double BucketTolerance = 1e-5;

    public static TheoryData<string> Cases() => QuantizationCase.All("nf4-fp4");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void CodesAndScalesEqualTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("nf4-fp4", file);
        if (golden.Op == "nf4.tables")
            CheckTables(golden);
        else if (golden.Op == "nf4.quantize_4bit")
            CheckBlocks(golden, (CodebookFormat)NumericFormats.Find(golden.Text("type"))!);
        else
            throw golden.Unknown();
    }

    private static void CheckTables(QuantizationCase golden)
    {
        Assert.Equal(golden.Floats("nf4"), NumericFormats.Nf4.Values);
        Assert.Equal(golden.Floats("fp4"), NumericFormats.Fp4.Values);
        Assert.Equal(golden.Floats("dynamic_8bit_signed"), DynamicTable.Signed);
        float[] midpoints = golden.Floats("nf4_midpoints");
        for (int i = 0; i < midpoints.Length; i++)
            Assert.Equal((NumericFormats.Nf4.Values[i] + NumericFormats.Nf4.Values[i + 1]) / 2, midpoints[i], 1e-7f);
    }

    private static void CheckBlocks(QuantizationCase golden, CodebookFormat format)
    {
        using Matrix weight = golden.Input("W");
        int size = golden.Parameter("blocksize"), blockCount = (weight.Span.Length + size - 1) / size;
        var codes = new byte[weight.Span.Length];
        var grids = new QuantGrid[blockCount];
        for (int block = 0; block < blockCount; block++)
        {
            int first = block * size, end = Math.Min(first + size, codes.Length);
            grids[block] = format.Quantize(weight.Span[first..end], symmetric: true, codes.AsSpan(first..end));
        }
        Assert.Equal(golden.Ints("codes"), codes.Select(code => (int)code));
        QuantizationCase.Near(golden.Floats("absmax"), [.. grids.Select(grid => grid.Scale)], 1e-6, "absmax");
        if (golden.Flag("double_quant"))
            CheckNested(golden, grids);
        using var values = new Matrix(weight.Rows, weight.Columns);
        for (int i = 0; i < codes.Length; i++)
            values.Span[i] = format.Decode(codes[i], grids[i / size]);
        golden.NearSummary("dequant", values, 1e-6);
    }

    // Replaces the scales by those that come back. The package finds the nearest of 256 entries by a table of buckets: within 1e-5 of a midpoint it may take the farther neighbour.
    private static void CheckNested(QuantizationCase golden, QuantGrid[] grids)
    {
        var nested = NestedScales.Fit(grids);
        golden.NearNumber("absmax_offset", nested.Offset, 1e-6);
        QuantizationCase.Near(golden.Floats("absmax_state2_absmax"), nested.Maxima, 1e-6, "maxima");
        int[] codes = golden.Ints("absmax_codes");
        float[] scales = golden.Floats("absmax_dequantized");
        for (int block = 0; block < grids.Length; block++)
        {
            double value = (grids[block].Scale - nested.Offset) / nested.Maxima[block / NestedScales.BlockSize];
            if (codes[block] == nested.Codes[block])
                Assert.Equal(scales[block], nested[block], 1e-6f * scales[block]);
            else
                Assert.Equal(Math.Abs(DynamicTable.Signed[codes[block]] - value), Math.Abs(DynamicTable.Signed[nested.Codes[block]] - value), 2 * BucketTolerance);
            grids[block] = new QuantGrid(scales[block], 0);
        }
    }
}
