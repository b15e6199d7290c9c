namespace QuantSuite.Evaluation.Tasks.MicroWorld;

/// <summary>
/// MicroWorld: 23 small tests about a made-up world, and retrieval at four fixed lengths. They ship with the project together with models that were
/// trained on that world, so that real abilities are measured in minutes, offline. Each stands for a benchmark that quantization papers report.
/// The model sees token 0 as BOS, then the prompt (<c>evals/data/microworld/README.md</c> has the rules).
/// </summary>
public static class MicroWorldTasks
{
    /// <summary>All of them, in the README's order.</summary>
    public static IReadOnlyList<EvalTask> All { get; } =
    [
        new JsonlTextTask(Card("stories", "language modelling", "WikiText-2, C4: perplexity of plain text")),
        new JsonlChoiceTask(Card("knowledge", "knowledge", "MMLU, C-Eval: recall of stored facts, letter answer")),
        new JsonlGenerationTask(Card("closedbook", "knowledge", "TriviaQA: closed-book answer, exact match")),
        new JsonlChoiceTask(Card("truthful", "truthfulness", "TruthfulQA: the corpus repeats rumours; the truth must win")),
        new JsonlChoiceTask(Card("abstain", "truthfulness", "hallucination: questions about things that do not exist must be declined")),
        new JsonlChoiceTask(Card("selfcheck", "self-checking", "self-calibration: is the proposed answer true")),
        new ArithmeticTask(Card("arithmetic", "reasoning", "GSM8K: multi-step word problems with worked steps, exact match")),
        new JsonlChoiceTask(Card("tracking", "reasoning", "multi-step reasoning: where is the thing after several moves")),
        new JsonlChoiceTask(Card("incontext", "in-context learning", "in-context learning: fresh labels for known classes, given by examples only")),
        new JsonlGenerationTask(Card("instruction", "instruction following", "IFEval, FollowBench: one to three verifiable constraints")),
        new JsonlGenerationTask(Card("dialogue", "dialogue", "MT-bench: recall across turns")),
        new JsonlGenerationTask(Card("retrieval", "long context", "LongEval: value of one line among many")),
        new JsonlGenerationTask(Card("retrieval8", "long context", "LongEval at 8 lines")),
        new JsonlGenerationTask(Card("retrieval16", "long context", "LongEval at 16 lines")),
        new JsonlGenerationTask(Card("retrieval32", "long context", "LongEval at 32 lines")),
        new JsonlGenerationTask(Card("retrieval48", "long context", "LongEval at 48 lines")),
        new JsonlGenerationTask(Card("multidoc", "long context", "lost in the middle: answer from one of several documents")),
        new TranslationTask(Card("translation", "translation", "IWSLT: into a made-up language, exact match, BLEU and chrF")),
        new SummaryTask(Card("summary", "summarization", "XSum, CNN/DailyMail: one line from a paragraph, exact match, ROUGE")),
        new JsonlChoiceTask(Card("entailment", "understanding", "SNLI, RTE: entailment, contradiction or neither")),
        new JsonlChoiceTask(Card("sentiment", "understanding", "SST-2: the label of a review, clean")),
        new JsonlChoiceTask(Card("robustness", "robustness", "AdvGLUE: the same reviews with swapped letters")),
        new BiasTask(Card("bias", "bias", "BBQ: ambiguous contexts must be answered with unknown")),
        new JsonlChoiceTask(Card("ethics", "ethics", "ETHICS: is the act wrong")),
        new JsonlChoiceTask(Card("commonsense", "commonsense", "HellaSwag, PIQA, WinoGrande: the ending that the world allows")),
        new JsonlGenerationTask(Card("lastword", "language modelling", "LAMBADA: the last word, given only by the whole passage")),
        new ProgramTask(Card("program", "coding", "HumanEval: write a stack program; scored by running it")),
    ];

    private static TaskCard Card(string name, string ability, string standsFor) => new(name, ability, standsFor, $"microworld/items/{name}.jsonl", Prefix: 0);
}
