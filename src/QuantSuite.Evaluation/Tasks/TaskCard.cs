namespace QuantSuite.Evaluation.Tasks;

/// <summary>What tells one JSONL task from another: name, ability, the benchmark that it stands for, its file, the token in front of each prompt.</summary>
/// <param name="Prefix">A token id put in front of every prompt, or null for what the model's tokenizer adds by itself.</param>
public sealed record TaskCard(string Name, string Ability, string Reference, string Source, int? Prefix = null);
