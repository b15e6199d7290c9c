namespace QuantSuite.Evaluation.Tasks.MicroWorld;

/// <summary>One line from a paragraph: exact match, and ROUGE.</summary>
public sealed class SummaryTask(TaskCard card) : JsonlGenerationTask(card);
