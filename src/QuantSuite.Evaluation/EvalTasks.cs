using QuantSuite.Evaluation.Tasks;
using QuantSuite.Evaluation.Tasks.Benchmarks;
using QuantSuite.Evaluation.Tasks.MicroWorld;

namespace QuantSuite.Evaluation;

/// <summary>The catalog of tasks. A new task is one file and one line here; a test compares the list with the assembly's classes.</summary>
public static class EvalTasks
{
    /// <summary>All tasks.</summary>
    public static IReadOnlyList<EvalTask> All { get; } =
    [
        .. MicroWorldTasks.All,
        new WikitextTask(),
        new Wikitext2Task(),
        new Wikitext2GptqTask(),
        new HellaSwagTask(),
        new ArcTask("arc_easy", "ARC-Easy"),
        new ArcTask("arc_challenge", "ARC-Challenge"),
        new PiqaTask(),
        new WinoGrandeTask(),
        new LambadaTask(),
        new OpenBookQaTask(),
        new SocialIqaTask(),
        new TruthfulQaTask(1),
        new TruthfulQaTask(2),
        new BoolqTask(),
        new RteTask(),
        new CbTask(),
        new WicTask(),
        new CopaTask(),
        new MultiRcTask(),
        new RecordTask(),
        new WscTask(),
        new SnliTask(),
        .. new[] { "sst2", "qqp", "mnli", "mnli-mm", "qnli", "rte" }.Select(part => new AdvGlueTask(part)),
        .. new[] { "cm", "deontology", "justice", "virtue" }.Select(part => new EthicsTask(part)),
        new BbqTask(),
        new MmluTask(0),
        new MmluTask(5),
        new MmluCalibrationTask(),
        new CevalTask(0),
        new CevalTask(5),
        .. new[] { "chid", "cluewsc", "csl", "ocnli" }.Select(part => new FewClueTask(part)),
        new TriviaQaTask(0),
        new TriviaQaTask(5),
        new Gsm8kTask(),
        new Gsm8kCotTask(),
        new StrategyQaTask(),
        .. new[] { "de", "fr", "zh" }.Select(language => new NtrexTask("en", language)),
        .. new[] { "de", "fr", "zh" }.Select(language => new NtrexTask(language, "en")),
        new HumanEvalTask(),
        new IfEvalTask(),
        new FollowBenchTask(),
        new MtBenchTask(),
        new LongEvalTask(200),
        new LongEvalTask(400),
        new LongEvalTask(600),
        new LostInTheMiddleTask(),
        new NeedleTask(),
    ];

    /// <summary>The task of a name, or of a JSONL file where the name ends in <c>.jsonl</c>.</summary>
    /// <exception cref="EvalDataException">There is no such task.</exception>
    public static EvalTask Get(string name) =>
        All.FirstOrDefault(task => task.Name == name)
        ?? (name.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) ? JsonlTask.FromFile(name)
            : throw new EvalDataException($"There is no task '{name}'. Tasks: {string.Join(", ", All.Select(task => task.Name))}; "
                + "or name a .jsonl file in MicroWorld's item format."));
}
