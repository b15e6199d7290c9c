using QuantSuite.Models;

namespace QuantSuite.Evaluation;

/// <summary>What a task asks of a model.</summary>
public enum TaskShape
{
    /// <summary>Log-likelihoods of choices.</summary>
    MultipleChoice,

    /// <summary>Log-likelihoods of whole texts.</summary>
    Perplexity,

    /// <summary>Generated texts.</summary>
    Generation,
}

/// <summary>
/// A test of one ability: reads items from a file, asks a model, judges each answer, and sums up. Prompts and metrics equal a named reference to the
/// letter; whoever changes a prompt or a rule raises <see cref="TaskCard.Version"/>, so that old baselines are refused instead of compared.
/// A new task derives from <see cref="MultipleChoiceTask"/>, <see cref="PerplexityTask"/> or <see cref="GenerationTask"/>, in one file of about ten
/// lines, and gets one line in <see cref="EvalTasks"/>. It knows no weights, no recipe, no batch and no cache: the model that it is handed answers
/// from the cache and batches what is left.
/// </summary>
/// <param name="card">Name, ability, reference, source.</param>
public abstract class EvalTask(TaskCard card)
{
    /// <summary>Lower case, as on the command line and in baselines: <c>arc_easy</c>.</summary>
    public string Name => card.Name;

    /// <summary>Other prompts or other scoring, other version.</summary>
    public int Version => card.Version;

    /// <summary>The ability that is measured, in one or two words: <c>knowledge</c>, <c>arithmetic</c>.</summary>
    public string Ability => card.Ability;

    /// <summary>The prompt and metric that this task equals, or the benchmark that it stands for, in words.</summary>
    public string Reference => card.Reference;

    /// <summary>Who published the benchmark: authors, year, arXiv number; empty for tasks that ship with the project.</summary>
    public string Paper => card.Paper;

    /// <summary>The file or folder of the items below a data folder, e.g. <c>hellaswag/hellaswag_val_full.txt.bz2</c>.</summary>
    public string Source => card.Source;

    /// <summary>All files and folders that the task reads, <see cref="Source"/> first.</summary>
    public IReadOnlyList<string> Files => [card.Source, .. card.Besides ?? []];

    /// <summary>What an item's score is; the gate and its margin follow from it and from the number of items (<see cref="Gate.For"/>).</summary>
    public abstract GateKind GateKind { get; }

    /// <summary>The shape of the questions.</summary>
    public abstract TaskShape Shape { get; }

    /// <summary>Settings that belong to the numbers (shots, window rule), by name.</summary>
    public virtual IReadOnlyDictionary<string, string> Settings => new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Why the task may not run although its data is there, and how to allow it; null where nothing stands in its way.</summary>
    public virtual string? Refusal => null;

    /// <summary>Items in the file's order.</summary>
    /// <exception cref="EvalDataException">The file is absent or broken; the message names file and line.</exception>
    public abstract IReadOnlyList<EvalItem> Load(EvalData data);

    /// <summary>Cuts items for one model, where a rule cuts token ids and not text. Most tasks have nothing to cut.</summary>
    public virtual IReadOnlyList<EvalItem> Fit(IReadOnlyList<EvalItem> items, LanguageModel model) => items;

    /// <summary>Asks the model everything at once, and judges the answers: outcomes in the items' order.</summary>
    public abstract IReadOnlyList<ItemOutcome> Run(LanguageModel model, IReadOnlyList<EvalItem> items, CancellationToken cancellation = default);

    /// <summary>Metrics of the outcomes; the first is the one that the gate watches.</summary>
    public abstract IReadOnlyList<Metric> Summarize(IReadOnlyList<ItemOutcome> outcomes);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
