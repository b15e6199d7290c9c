using System.Buffers.Binary;
using System.Text.Json;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
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
    private const ushort Largest = 0x7F7F, Infinity = 0x7F80, NaN = 0x7FC0; // bfloat16; the largest is 3.39e38

    private readonly TestFolder folder = new();

    [Theory]
    [InlineData("gptq-int4-g32")]
    [InlineData("awq-int4-g32")]
    [InlineData("smoothquant-int8-a8")]
    public void Inputs_that_are_not_finite_name_the_layer(string recipe)
    {
        WriteModel("model.layers.2.mlp.up_proj.weight", Largest);
        using Kernels kernels = Kernels.Create(2);
        string message = Assert.Throws<CalibrationException>(() => Quantizer.Load(folder.Path, Recipe.Parse(recipe), kernels, calibration: (_, _, _) => QuantizedMicroWorld.Tokens())).Message;
        Assert.Contains("The inputs of model.layers.2.mlp.down_proj are not finite on the calibration text: got NaN or infinity, expected numbers.", message);
    }

    [Theory]
    [MemberData(nameof(WrittenModelTests.Recipes), MemberType = typeof(WrittenModelTests))]
    [MemberData(nameof(WrittenModelTests.Formats), MemberType = typeof(WrittenModelTests))]
    public void A_weight_that_is_not_finite_is_named(string recipe)
    {
        WriteModel("model.layers.0.self_attn.q_proj.weight", recipe.Length % 2 == 0 ? NaN : Infinity);
        using Kernels kernels = Kernels.Create(1);
        string message = Assert.Throws<CheckpointException>(() => Quantizer.Load(folder.Path, Recipe.Parse(recipe), kernels, calibration: (_, _, _) => QuantizedMicroWorld.Tokens())).Message;
        Assert.Contains("'model.layers.0.self_attn.q_proj.weight' row 0 column 0 is", message);
        Assert.Contains("the first of 128 such values, expected finite weights; fetch or convert the checkpoint again", message);
    }

    // Finite on disk, not after a rotation.
    [Theory]
    [InlineData("quarot-int4-g32")]
    [InlineData("quarot+hqq-int3-g32")]
    [InlineData("quarot-nf4")]
    public void A_weight_that_a_change_makes_infinite_is_named(string recipe)
    {
        WriteModel("model.layers.2.mlp.up_proj.weight", Largest);
        using Kernels kernels = Kernels.Create(1);
        string message = Assert.Throws<CheckpointException>(() => Quantizer.Load(folder.Path, Recipe.Parse(recipe), kernels)).Message;
        Assert.Matches(@"^model\.layers\.2\.mlp\.up_proj: [0-9]+ of 45056 weights to be quantized by quarot.* are not finite, the first, row 0 column [0-9]+, is (NaN|infinite); ", message);
        Assert.Contains("[model.layers.2.mlp.up_proj=fp32]", message);
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

    // The first row of the tensor becomes this bfloat16.
    private void WriteModel(string tensor, ushort value)
    {
        foreach (string file in Directory.GetFiles(QuantizedMicroWorld.Folder))
            File.Copy(file, folder[Path.GetFileName(file)]);
        byte[] bytes = File.ReadAllBytes(folder["model.safetensors"]);
        int headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        JsonElement entry = JsonDocument.Parse(bytes.AsMemory(8, headerLength)).RootElement.GetProperty(tensor);
        Assert.Equal("BF16", entry.GetProperty("dtype").GetString());
        int first = 8 + headerLength + entry.GetProperty("data_offsets")[0].GetInt32();
        for (int column = 0; column < entry.GetProperty("shape")[1].GetInt32(); column++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(first + 2 * column), value);
        File.WriteAllBytes(folder["model.safetensors"], bytes);
    }
}
