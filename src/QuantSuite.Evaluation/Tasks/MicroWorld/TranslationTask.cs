namespace QuantSuite.Evaluation.Tasks.MicroWorld;

/// <summary>Sentences into a made-up language: exact match, and corpus BLEU and chrF.</summary>
public sealed class TranslationTask(TaskCard card) : JsonlGenerationTask(card);
