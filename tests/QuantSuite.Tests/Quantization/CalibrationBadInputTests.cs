using System.Buffers.Binary;
using System.Text.Json;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Numerics.LinearAlgebra;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>What calibration cannot use: inputs that are no numbers, a Hessian that is not positive definite.</summary>
public sealed class CalibrationBadInputTests : IDisposable
{
    private readonly TestFolder folder = new();

    [Theory]
    [InlineData("gptq-int4-g32")]
    [InlineData("awq-int4-g32")]
    [InlineData("smoothquant-int8-a8")]
    public void Inputs_that_are_not_finite_name_the_layer(string recipe)
    {
        WriteModelThatOverflows("model.layers.2.mlp.up_proj.weight");
        using Kernels kernels = Kernels.Create(2);
        string message = Assert.Throws<CalibrationException>(() => Quantizer.Load(folder.Path, Recipe.Parse(recipe), kernels, calibration: (_, _, _) => QuantizedMicroWorld.Tokens())).Message;
        Assert.Contains("The inputs of model.layers.2.mlp.down_proj are not finite on the calibration text: got NaN or infinity, expected numbers.", message);
    }

    // Eigenvalues −0.05 and 2.05, mean diagonal 1: a damping of 0.01 is too little, 0.1 enough.
    [Fact]
    public void The_damping_is_raised_and_told()
    {
        using Kernels kernels = Kernels.Create(1);
        var warnings = new List<string>();
        DampedHessian.Factor(Symmetric(1, 1.05), 0.01, kernels, warnings.Add);
        Assert.Equal(["the Hessian is not positive definite with a damping of 0.01; raised to 0.1"], warnings);
        DampedHessian.Factor(Symmetric(1, 0.5), 0.01, kernels, warnings.Add);
        Assert.Single(warnings);
    }

    [Fact]
    public void A_Hessian_that_no_damping_helps_is_refused()
    {
        using Kernels kernels = Kernels.Create(1);
        string message = Assert.Throws<CalibrationException>(() => DampedHessian.Factor(Symmetric(1, 3), 0.01, kernels, _ => { })).Message;
        Assert.Contains("not even with a damping of its mean diagonal 1", message);
    }

    public void Dispose() => folder.Dispose();

    private static SquareMatrix Symmetric(double diagonal, double other)
    {
        var matrix = new SquareMatrix(2);
        (matrix[0, 0], matrix[1, 1], matrix[0, 1], matrix[1, 0]) = (diagonal, diagonal, other, other);
        return matrix;
    }

    // The first row of the tensor becomes the largest bfloat16, 3.39e38.
    private void WriteModelThatOverflows(string tensor)
    {
        foreach (string file in Directory.GetFiles(QuantizedMicroWorld.Folder))
            File.Copy(file, folder[Path.GetFileName(file)]);
        byte[] bytes = File.ReadAllBytes(folder["model.safetensors"]);
        int headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        JsonElement entry = JsonDocument.Parse(bytes.AsMemory(8, headerLength)).RootElement.GetProperty(tensor);
        Assert.Equal("BF16", entry.GetProperty("dtype").GetString());
        int first = 8 + headerLength + entry.GetProperty("data_offsets")[0].GetInt32();
        for (int column = 0; column < entry.GetProperty("shape")[1].GetInt32(); column++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(first + 2 * column), 0x7F7F);
        File.WriteAllBytes(folder["model.safetensors"], bytes);
    }
}
