using QuantSuite.Models.Checkpoints;

namespace QuantSuite.Models.Families;

/// <summary>The catalog of architectures. A new one is a file and a line here.</summary>
public static class ModelFamilies
{
    /// <summary>All families.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        new Llama(),
        new Mistral(),
        new Qwen2(),
        new Qwen3(),
        new Gemma(),
        new Gemma2(),
        new Gemma3(),
        new Phi3(),
        new Olmo2(),
        new Granite(),
        new SmolLM3(),
        new StableLm(),
        new Starcoder2(),
        new Gpt2(),
        new GptBigCode(),
        new GptNeo(),
        new GptNeoX(),
        new GptJ(),
        new Opt(),
        new Bloom(),
        new Falcon(),
        new Phi(),
        new Cohere(),
        new Glm(),
        new Glm4(),
        new ChatGlm(),
        new Mixtral(),
        new Qwen2Moe(),
        new Qwen3Moe(),
        new Mamba(),
        new Mamba2(),
        new Llava(),
    ];

    /// <summary>The family of a configuration.</summary>
    /// <exception cref="CheckpointException">No family has this <c>model_type</c>.</exception>
    public static ModelFamily For(ModelConfig config) =>
        All.FirstOrDefault(family => family.ModelType == config.ModelType)
        ?? throw new CheckpointException($"config.json: model_type '{config.ModelType}' is not known; there are: {string.Join(", ", All.Select(family => family.ModelType))}. " +
            "To add one: a class in src/QuantSuite.Models/Families that derives from ModelFamily (Llama.cs is the shortest to follow) and its line in ModelFamilies.All.");
}
