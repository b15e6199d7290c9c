using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>Grids and rounding to nearest against the quantizers of GPTQ, AWQ, AutoAWQ and SmoothQuant (../shared/goldens/quantization/rtn).</summary>
public class RtnGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("rtn");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void CodesAndGridsEqualTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("rtn", file);
        if (golden.Op == "rtn.ties")
        {
            CompareTies(golden);
            return;
        }
        int bits = golden.Parameter("bits");
        switch (golden.Op)
        {
            case "rtn.gptq_quantizer":
                Compare(golden, values => GptqGrid.Fit(values, bits, golden.Flag("sym"), golden.Flag("mse")), new IntegerFormat(bits), 0);
                break;
            case "rtn.awq_asym":
                var tight = new IntegerFormat(bits, IntegerRange.Tight);
                Compare(golden, values => tight.Fit(values, symmetric: false), tight, 0);
                break;
            case "rtn.awq_sym" or "rtn.absmax":
                var symmetric = new IntegerFormat(bits);
                Compare(golden, values => symmetric.Fit(values, symmetric: true), symmetric, symmetric.MiddleCode);
                break;
            default:
                throw golden.Unknown();
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void PackedWeightsHoldTheSameCodes(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("rtn", file);
        if (golden.Op != "rtn.gptq_quantizer" || golden.Flag("sym"))
            return;
        using Matrix weight = golden.Input("W");
        var scheme = new QuantScheme { Weights = NumericFormats.Int(golden.Parameter("bits")), Granularity = GranularityOf(golden) };
        using QuantizedMatrix packed = Rtn.RoundToNearest(weight, scheme, golden.Flag("mse"));
        int[] codes = golden.Ints("codes");
        for (int row = 0; row < weight.Rows; row++)
            for (int column = 0; column < weight.Columns; column++)
                if (weight.Row(row).ContainsAnyExcept(0f))
                    Assert.Equal(codes[row * weight.Columns + column], packed.Code(row, column));
                else
                    Assert.Equal(0, packed[row, column]);
    }

    private static void Compare(QuantizationCase golden, Func<float[], QuantGrid> fit, IntegerFormat format, int offset)
    {
        using Matrix weight = golden.Input("W");
        bool perTensor = GranularityOf(golden) == Granularity.Tensor;
        int groupSize = GranularityOf(golden).GroupSize(weight.Columns), groupCount = (weight.Columns + groupSize - 1) / groupSize;
        float[] scales = golden.Floats("scale");
        int[]? zeros = golden.Has("zero") ? golden.Ints("zero") : null;
        int[] codes = golden.Ints("codes");
        for (int row = 0; row < weight.Rows; row++)
            for (int group = 0; group < groupCount; group++)
            {
                int first = group * groupSize, end = Math.Min(first + groupSize, weight.Columns), at = perTensor ? 0 : row * groupCount + group;
                QuantGrid grid = fit(perTensor ? weight.Span.ToArray() : weight.Row(row)[first..end].ToArray());
                Assert.Equal(scales[at], grid.Scale, 1e-6f * scales[at]);
                if (zeros is not null)
                    Assert.Equal(zeros[at], grid.Zero);
                for (int column = first; column < end; column++)
                    Assert.Equal(codes[row * weight.Columns + column], format.Encode(weight[row, column], grid) - offset);
            }
    }

    private static void CompareTies(QuantizationCase golden)
    {
        var grid = new QuantGrid(golden.Params.GetProperty("scale").GetSingle(), golden.Params.GetProperty("zero").GetSingle());
        float[] x = golden.Floats(golden.Inputs.GetProperty("x"));
        Assert.Equal(golden.Ints("codes"), x.Select(value => GptqGrid.Encode(value, grid, 4)));
        Assert.Equal(golden.Ints("codes"), x.Select(value => NumericFormats.Int(4).Encode(value, grid)));
        Assert.Equal(golden.Floats("dequant"), x.Select(value => GptqGrid.Decode(GptqGrid.Encode(value, grid, 4), grid)));
    }

    // A group of −1 is a row, of 0 the tensor.
    private static Granularity GranularityOf(QuantizationCase golden) => golden.Params.TryGetProperty("per", out JsonElement per)
        ? per.GetString() == "tensor" ? Granularity.Tensor : Granularity.Channel
        : golden.Parameter("group") switch { 0 => Granularity.Tensor, -1 => Granularity.Channel, var size => Granularity.Group(size) };
}
