namespace QuantSuite.Models.Checkpoints;

/// <summary>The catalog of layouts that can be written.</summary>
public static class CheckpointFormats
{
    /// <summary>The layout of our own, which holds everything to the bit.</summary>
    public static CheckpointFormat Own { get; } = new QuantSuiteFormat();

    /// <summary>All, those that other programs read first.</summary>
    public static IReadOnlyList<CheckpointFormat> All { get; } = [new CompressedTensorsFormat(), new GptqFormat(), new AwqFormat(), Own];

    /// <summary>The layout of this name, or null.</summary>
    public static CheckpointFormat? Find(string name) => All.FirstOrDefault(format => format.Name == name);

    /// <summary>The first layout that holds these weights to the bit; our own where none does, which then says why.</summary>
    public static CheckpointFormat FirstExact(IReadOnlyList<Weight> weights) =>
        All.FirstOrDefault(format => format.Refusal(weights) is null && weights.All(format.IsExact)) ?? Own;
}
