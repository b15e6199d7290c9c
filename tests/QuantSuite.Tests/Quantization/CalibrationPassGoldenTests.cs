using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Families;
using QuantSuite.Numerics;
using QuantSuite.Quantization.Calibration;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>In every family, what calibration sees of a block does not depend on whether the block's output is kept: the product that is then left out feeds nothing that is looked at.</summary>
public sealed class CalibrationPassGoldenTests
{
    public static TheoryData<string> Folders() => Goldens.Cases("families", "golden.json", SearchOption.AllDirectories);

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void InputsAreTheSameWhetherOutputsAreKept(string file)
    {
        string golden = Path.Combine(Goldens.Folder("families"), file);
        int[] ids = [.. Goldens.Json(golden).GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt32())];
        using Kernels kernels = Kernels.Create();
        using Checkpoint checkpoint = CheckpointFiles.Open(Path.GetDirectoryName(golden)!);
        Architecture architecture = ModelFamilies.For(checkpoint.Config).Build(checkpoint);
        foreach (Weight weight in architecture.Weights)
            weight.StoreDense();
        using var pass = new CalibrationPass(architecture, new CalibrationTokens("test", [ids, [.. ids.Reverse()]]), kernels);
        foreach (DecoderBlock block in architecture.Blocks)
        {
            double[][] before = Inputs(pass, block, keep: false, kernels), after = Inputs(pass, block, keep: true, kernels);
            Assert.Equal(block.Groups.Count, before.Length);
            Assert.All(before, values => Assert.Contains(values, value => value != 0));
            Assert.Equal(after, before);
        }
    }

    // Σ x xᵀ of every group.
    private static double[][] Inputs(CalibrationPass pass, DecoderBlock block, bool keep, Kernels kernels)
    {
        var inputs = block.Groups.ToDictionary(group => group, group => new InputStatistics(group.Weights[0].Columns, CalibrationNeeds.Hessian));
        pass.Run(block, keep, (group, x) => inputs[group].Add(x, kernels), default);
        return [.. block.Groups.Select(group => Enumerable.Range(0, inputs[group].Columns).SelectMany(row => inputs[group].Sum!.Row(row).ToArray()).ToArray())];
    }
}
