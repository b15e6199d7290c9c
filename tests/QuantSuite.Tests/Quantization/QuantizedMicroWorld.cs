using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Families;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Tests.Quantization;

/// <summary>The small model that ships with the project, quantized by a recipe on a little of its own text.</summary>
internal static class QuantizedMicroWorld
{
    public static string Folder { get; } = Path.Combine(Goldens.RepositoryRoot, "evals", "models", "microworld-s");

    /// <summary>Ids that no test calibrates on.</summary>
    public static int[] Ids { get; } = Sequence(99, 96);

    public static DecoderModel Load(string recipe, Kernels kernels) => Quantizer.Load(Folder, Recipe.Parse(recipe), kernels, calibration: (_, _, _) => Tokens());

    /// <summary>The model in float32 after changes to its architecture that should leave its function alone.</summary>
    public static DecoderModel LoadChanged(Func<Architecture, Architecture> change, Kernels kernels)
    {
        Checkpoint checkpoint = CheckpointFiles.Open(Folder);
        Architecture architecture = change(ModelFamilies.For(checkpoint.Config).Build(checkpoint));
        foreach (Weight weight in architecture.Weights)
            weight.StoreDense();
        return new DecoderModel("changed", architecture, kernels, () => throw new NotSupportedException(), () => throw new NotSupportedException(), checkpoint);
    }

    /// <summary>Some sequences of ids, the same everywhere: what is tested here does not depend on their being text.</summary>
    public static CalibrationTokens Tokens() => new("test", [.. Enumerable.Range(0, 8).Select(i => Sequence(i, 64))]);

    /// <summary>max |a − b| / max |a| over two models' logits.</summary>
    public static double LogitDifference(DecoderModel expected, DecoderModel actual)
    {
        using Matrix a = expected.Logits(Ids), b = actual.Logits(Ids);
        double difference = 0, largest = 0;
        for (int row = 0; row < a.Rows; row++)
            for (int column = 0; column < a.Columns; column++)
            {
                difference = Math.Max(difference, Math.Abs(a[row, column] - b[row, column]));
                largest = Math.Max(largest, Math.Abs(a[row, column]));
            }
        return difference / largest;
    }

    private static int[] Sequence(int seed, int length)
    {
        var random = new SeededRandom((ulong)seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextInt(1024))];
    }
}
