using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Methods;
using Xunit;
using Xunit.Abstractions;

namespace QuantSuite.Tests.Quantization;

/// <summary>Information calibration against IR-QLoRA's code (../shared/goldens/quantization/ir-qlora).</summary>
public class IrQLoraGoldenTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases() => QuantizationCase.All("ir-qlora");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("ir-qlora", file);
        switch (golden.Op)
        {
            case "ir_qlora.icq_nf4":
                CheckShifts(golden);
                break;
            case "ir_qlora.icq_integer":
                CheckIntegers(golden);
                break;
            default:
                throw golden.Unknown();
        }
    }

    private void CheckShifts(QuantizationCase golden)
    {
        using Matrix weight = golden.Input("W");
        var blocks = new Matrix(weight.Span.Length / 64, 64, weight.Span);
        int[] indices = golden.Ints("factor_index"), expectedCodes = golden.Ints("codes");
        float[] scales = golden.Floats("absmax");
        double[] entropies = Doubles(golden, "entropy_per_block");
        var codes = new byte[64];
        var shifts = new float[blocks.Rows];
        using var dequantized = new Matrix(weight.Rows, weight.Columns);
        int others = 0;
        for (int block = 0; block < blocks.Rows; block++)
        {
            IrQLora.Shift shift = IrQLora.FindShift(blocks.Row(block), NumericFormats.Nf4, codes);
            shifts[block] = shift.Tau;
            Assert.Equal(entropies[block], shift.Entropy, 1e-6);
            if (shift.FactorIndex != indices[block])
            {
                // Several shifts of this block carry the same information; roundings decide which one the reference takes.
                others++;
                continue;
            }
            Assert.Equal(scales[block], shift.Grid.Scale, 1e-6f * scales[block]);
            Assert.Equal(expectedCodes[(block * 64)..(block * 64 + 64)], codes.Select(code => (int)code));
        }
        output.WriteLine($"{others} blocks of {blocks.Rows} have several shifts with the largest entropy, of which the reference takes another");
        Assert.InRange(others, 0, golden.Expected.GetProperty("blocks_where_the_two_indices_differ").GetInt32());

        float[] given = golden.Floats("tau"), held = golden.Floats("tau_absmax");
        using NestedValues nested = IrQLora.Nest(shifts, weight.Rows, blocks.Rows / weight.Rows);
        for (int block = 0; block < blocks.Rows; block++)
            if (IrQLora.FindShift(blocks.Row(block), NumericFormats.Nf4, codes).FactorIndex == indices[block])
                Assert.Equal(given[block], nested[block * 64 / weight.Columns, block % (weight.Columns / 64)], 1e-5f * held[0]);
    }

    private static void CheckIntegers(QuantizationCase golden)
    {
        using Matrix weight = golden.Input("W"), dequantized = new(weight.Rows, weight.Columns);
        int bits = golden.Parameter("bits");
        float[] shares = golden.Floats("p"), scales = golden.Floats("scale"), zeros = golden.Floats("zero");
        double[] entropies = Doubles(golden, "entropy");
        var codes = new byte[weight.Columns];
        for (int row = 0; row < weight.Rows; row++)
        {
            (double share, QuantGrid grid, double entropy) = IrQLora.FindRange(weight.Row(row), bits, golden.Flag("sym"), codes);
            Assert.Equal(shares[row], share, 1e-6);
            Assert.Equal(scales[row], grid.Scale, 1e-6f * scales[row]);
            Assert.Equal(zeros[row], grid.Zero);
            Assert.Equal(entropies[row], entropy, 1e-6);
            Assert.Equal(golden.Ints("codes")[(row * codes.Length)..((row + 1) * codes.Length)], codes.Select(code => (int)code));
            for (int column = 0; column < codes.Length; column++)
                dequantized[row, column] = GptqGrid.Decode(codes[column], grid);
        }
        golden.NearSummary("dequant", dequantized);
    }

    private static double[] Doubles(QuantizationCase golden, string name) =>
        [.. golden.Expected.GetProperty(name).GetProperty("data").EnumerateArray().Select(value => value.GetDouble())];
}
