using QuantSuite.Models.Checkpoints;

namespace QuantSuite.Models.Families;

/// <summary>GLM-4-0414 (Z.ai): <see cref="Glm"/> with root mean square norms on the way out of attention and MLP too. Equals transformers' Glm4ForCausalLM.</summary>
public sealed class Glm4 : ModelFamily
{
    /// <inheritdoc/>
    public override string ModelType => "glm4";

    /// <inheritdoc/>
    public override Architecture Build(Checkpoint checkpoint) => Glm.Build(checkpoint, normsOutputs: true);
}
