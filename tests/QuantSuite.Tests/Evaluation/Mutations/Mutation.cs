using QuantSuite.Models;

namespace QuantSuite.Tests.Evaluation.Mutations;

/// <summary>A fault that real quantized inference has had, put into a model that is right.</summary>
/// <param name="Name">As the table calls it.</param>
/// <param name="Where">The part of the model that is hit.</param>
/// <param name="Recipe">The recipe of the model.</param>
/// <param name="Inject">Changes the model's storage in place, or wires its blocks anew; the model that is returned is run and disposed.</param>
public sealed record Mutation(string Name, string Where, string Recipe, Func<MutableModel, DecoderModel> Inject)
{
    /// <summary>What stands in config.json and what the fault puts there, or null.</summary>
    public (string Old, string New)? Config { get; init; }

    /// <summary>Whether the model is better with the fault, so that no gate against losses can fail it.</summary>
    public bool Helps { get; init; }

    /// <summary>Whether the fault shows one token at a time alone, so that its divergence is measured so.</summary>
    public bool InDecode { get; init; }
}
