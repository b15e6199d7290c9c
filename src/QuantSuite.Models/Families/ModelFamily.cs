using QuantSuite.Models.Checkpoints;

namespace QuantSuite.Models.Families;

/// <summary>Builds one architecture from config.json and a checkpoint. Its file is named after <c>model_type</c>.</summary>
public abstract class ModelFamily
{
    /// <summary>config.json's <c>model_type</c>.</summary>
    public abstract string ModelType { get; }

    /// <summary>Checks the configuration and the tensors' names and shapes, and wires the architecture; weights are read later, one by one.</summary>
    /// <exception cref="CheckpointException">A key or tensor is missing, has a wrong shape, or is one that the family does not understand.</exception>
    public abstract Architecture Build(Checkpoint checkpoint);
}
