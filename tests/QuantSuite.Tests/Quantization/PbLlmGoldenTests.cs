using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>PB-LLM against the authors' code (../shared/goldens/quantization/pb-llm).</summary>
public class PbLlmGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("pb-llm");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("pb-llm", file);
        if (golden.Op != "pb_llm.fasterquant" || golden.Text("low_method") != "xnor")
            throw golden.Unknown();
        using Kernels kernels = Kernels.Create(2);
        using InputStatistics inputs = golden.Statistics(kernels);
        using Matrix original = golden.Input("W"), weight = golden.Input("W"), samples = golden.Samples();
        var rounding = new PbLlmRounding(weight, inputs.Hessian(), Settings(golden), kernels, _ => { });

        Assert.Equal(golden.Ints("binary_mask"), rounding.IsBinary.Select(binary => binary ? 1 : 0));
        Assert.Equal(golden.Number("salient_fraction"), rounding.IsBinary.Average(binary => binary ? 0.0 : 1), 1e-7);
        Assert.Equal(golden.Ints("codes_at_salient_else_sign"), rounding.Codes.Select(code => (int)code));
        QuantizationCase.Near(golden.Floats("high_scale"), [.. rounding.SalientGrids.Select(grid => grid.Scale)], 1e-6, "scale of the salient weights");
        QuantizationCase.Near(golden.Floats("high_zero"), [.. rounding.SalientGrids.Select(grid => grid.Zero)], 0, "zero point of the salient weights");
        QuantizationCase.NearLargest(golden.Floats("binary_mean"), rounding.Means, 1e-6, "binary mean");
        QuantizationCase.Near(golden.Floats("binary_scale"), rounding.Scales, 1e-6, "binary scale");
        golden.NearSummary("dequant", weight);
        golden.NearNumber("loss_sum", rounding.Loss, 1e-3);
        golden.NearNumber("rel_output_error", QuantizationCase.OutputError(samples, original, weight), 1e-3);
    }

    private static PbLlmSettings Settings(QuantizationCase golden) => new()
    {
        LowFraction = golden.OptionalNumber("low_frac")!.Value,
        SalientBits = golden.Parameter("high_bits"),
        GroupSize = golden.Parameter("groupsize"),
        BlockSize = golden.Parameter("blocksize"),
        Damping = golden.OptionalNumber("percdamp")!.Value,
        ByMagnitude = golden.Text("salient_metric") == "magnitude",
        Propagates = !golden.Flag("disable_gptq"),
    };
}
