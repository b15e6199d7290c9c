using System.Text.Json;
using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>Hadamard rotations against QuaRot's, and the paper's choice of a rotation (../shared/goldens/quantization/hadamard).</summary>
public class HadamardGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("hadamard");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("hadamard", file);
        switch (golden.Op)
        {
            case "hadamard.tables":
                foreach (JsonProperty table in golden.Expected.EnumerateObject())
                    Assert.Equal(golden.Ints(table.Value), HadamardTransform.Table(int.Parse(table.Name["had".Length..], null)).Select(value => (int)value));
                break;
            case "hadamard.transform":
                CheckTransform(golden);
                break;
            case "hadamard.random_signs":
                CheckSigns(golden);
                break;
            case "roste.rotation_choice":
                CheckChoice(golden);
                break;
            default:
                throw golden.Unknown();
        }
    }

    private static void CheckTransform(QuantizationCase golden)
    {
        using Matrix x = golden.Input("X"), forward = Copy(x), backward = Copy(x);
        var rotation = new HadamardTransform(x.Columns);
        Assert.Equal(golden.Number("K"), rotation.Factor);
        Assert.Equal(golden.Number("kurtosis_before"), RotationTests.Kurtosis(x.Span), 1e-3 * golden.Number("kurtosis_before"));
        for (int row = 0; row < x.Rows; row++)
        {
            rotation.Apply(forward.Row(row));
            rotation.ApplyInverse(backward.Row(row));
        }
        QuantizationCase.NearLargest(golden.Floats("Y"), forward.Span, 1e-5, "Y");
        Assert.Equal(golden.Number("kurtosis_after"), RotationTests.Kurtosis(forward.Span), 1e-3 * golden.Number("kurtosis_after"));
        QuantizationCase.NearLargest(golden.Floats("Y_transposed_matrix"), backward.Span, 1e-5, "Y transposed");
    }

    private static void CheckSigns(QuantizationCase golden)
    {
        float[] signs = golden.Floats(golden.Inputs.GetProperty("signs"));
        var rotation = new HadamardTransform(signs.Length, signs: signs);
        using Matrix identity = new(signs.Length, signs.Length), x = golden.Input("X"), w = golden.Input("W");
        for (int i = 0; i < signs.Length; i++)
        {
            identity[i, i] = 1;
            rotation.Apply(identity.Row(i));
        }
        for (int row = 0; row < x.Rows; row++)
            rotation.Apply(x.Row(row));
        rotation.TransformInputs(w);
        QuantizationCase.NearLargest(golden.Floats("Q"), identity.Span, 1e-6, "Q");
        QuantizationCase.NearLargest(golden.Floats("XQ"), x.Span, 1e-5, "XQ");
        QuantizationCase.NearLargest(golden.Floats("WQ"), w.Span, 1e-5, "WQ");
    }

    private static void CheckChoice(QuantizationCase golden)
    {
        using Matrix x = golden.Input("X"), weight = golden.Input("W");
        int weightBits = golden.Parameter("w_bits"), activationBits = golden.Parameter("a_bits");
        (double weightError, double activationError) identity = QuaRot.RoundingError(weight, x, null, weightBits, activationBits);
        (double weightError, double activationError) rotated =
            QuaRot.RoundingError(weight, x, new HadamardTransform(x.Columns, signs: golden.Floats(golden.Inputs.GetProperty("signs"))), weightBits, activationBits);
        Check("identity", identity);
        Check("hadamard", rotated);
        Assert.Equal(golden.Expected.GetProperty("chosen").GetString(),
            identity.weightError + identity.activationError <= rotated.weightError + rotated.activationError ? "identity" : "hadamard");

        void Check(string name, (double WeightError, double ActivationError) actual)
        {
            JsonElement expected = golden.Expected.GetProperty(name);
            double weightError = expected.GetProperty("weight_error").GetDouble(), activationError = expected.GetProperty("activation_error").GetDouble();
            Assert.Equal(weightError, actual.WeightError, 1e-3 * weightError);
            Assert.Equal(activationError, actual.ActivationError, 1e-3 * activationError);
        }
    }

    private static Matrix Copy(Matrix matrix) => new(matrix.Rows, matrix.Columns, matrix.Span);
}
