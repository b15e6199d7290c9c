using QuantSuite.Models;
using QuantSuite.Models.Families;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;
using Xunit.Abstractions;

namespace QuantSuite.Tests.Quantization;

/// <summary>Whatever a method changes before it rounds (Prepare, Rescale) leaves the model's function alone: without the rounding the logits stay within 10⁻⁴ of the largest.</summary>
public class FunctionKeptTests(ITestOutputHelper output)
{
    public static TheoryData<string> Methods => [.. QuantizationMethods.All.Where(ChangesValues).Select(method => method.Name)];

    [Fact]
    public void TheMethodsAreFound() => Assert.Superset(new HashSet<string> { "awq", "smoothquant", "quip", "quarot" }, QuantizationMethods.All.Where(ChangesValues).Select(method => method.Name).ToHashSet());

    [Theory]
    [MemberData(nameof(Methods))]
    public void LogitsStay(string name)
    {
        using var kernels = Kernels.Create(2);
        using DecoderModel plain = QuantizedMicroWorld.LoadChanged(architecture => architecture, kernels);
        using DecoderModel changed = QuantizedMicroWorld.LoadChanged(architecture => Change(QuantizationMethods.Find(name)!, architecture, kernels), kernels);
        double difference = QuantizedMicroWorld.LogitDifference(plain, changed);
        output.WriteLine($"{name}: {difference:G3} of the largest logit");
        Assert.InRange(difference, 1e-9, 1e-4);
    }

    private static bool ChangesValues(QuantizationMethod method) => new[] { nameof(QuantizationMethod.Prepare), nameof(QuantizationMethod.Rescale) }
        .Any(step => method.GetType().GetMethod(step)!.DeclaringType != typeof(QuantizationMethod));

    // The quantizer's way through the blocks, without the rounding.
    private static Architecture Change(QuantizationMethod method, Architecture architecture, Kernels kernels)
    {
        architecture = method.Prepare(architecture);
        architecture.Embedding.StoreDense();
        using var pass = new CalibrationPass(architecture, QuantizedMicroWorld.Tokens(), kernels, InputStatistics.SampleSequenceCount);
        foreach (DecoderBlock block in architecture.Blocks)
            Rescale(method, block, pass, kernels);
        return architecture;
    }

    private static void Rescale(QuantizationMethod method, DecoderBlock block, CalibrationPass pass, Kernels kernels)
    {
        var values = block.Linears.ToDictionary(weight => weight, weight => weight.Read());
        foreach ((Weight weight, Matrix matrix) in values)
            weight.Store(new DensePanels(matrix, NumericFormats.Fp32));
        var inputs = block.Groups.ToDictionary(group => group, group => new InputStatistics(group.Weights[0].Columns, method.Needs));
        pass.Run(block, keep: true, (group, x) => inputs[group].Add(x, kernels), default);
        method.Rescale(new BlockCalibration(block, values, inputs, pass.Samples, _ => Recipe.Parse("rtn-int3").Scheme));
        foreach ((Weight weight, Matrix matrix) in values)
            weight.Change(original => matrix.Span.CopyTo(original.Span));
    }
}
