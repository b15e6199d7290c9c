using System.Diagnostics;
using QuantSuite.Evaluation.Sentinels;
using QuantSuite.Models;

namespace QuantSuite.Evaluation;

/// <summary>
/// Runs a task on a model. All requests of all items go to the model in one list, so that it can batch them by length and compute shared prefixes
/// once; every answer is saved as it comes (<see cref="AnswerCache"/>), so a run that was stopped, by Ctrl-C or by kill, goes on where it stopped
/// and ends with the same bits.
/// </summary>
public static class EvalRunner
{
    /// <summary>Runs one task.</summary>
    /// <exception cref="EvalDataException">The task's data is absent or broken.</exception>
    /// <exception cref="NothingLeftException">All prompts are longer than the options allow.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped; what was computed is saved.</exception>
    public static EvalResult Run(EvalTask task, LanguageModel model, EvalOptions options, CancellationToken cancellation = default)
    {
        var watch = Stopwatch.StartNew();
        IReadOnlyList<EvalItem> items = Items(task, model, options);
        options.Loaded?.Invoke(items);
        using AnswerCache? cache = options.CacheFolder is { } folder ? AnswerCache.Open(folder, model) : null;
        var meter = new ProgressMeter(task.Name, model, items, options.Progress);
        using var remembering = new RememberingModel(model, cache, meter);
        IReadOnlyList<ItemOutcome> outcomes = task.Run(remembering, items, cancellation);
        return new EvalResult
        {
            Model = model.Name,
            Family = options.Family,
            Recipe = model.Identity.Recipe,
            Task = task.Name,
            TaskVersion = task.Version,
            Ability = task.Ability,
            Gate = Gate.For(task.GateKind, items.Count),
            Metrics = Metrics(task, outcomes),
            Items = outcomes,
            BitsHash = remembering.BitsHash(),
            Identity = Identity(model.Identity, items, remembering),
            NumberContract = model.NumberContract,
            Settings = Settings(task, options),
            Sentinels = SentinelWatch.Of(task.Shape, outcomes),
            Quantization = options.Quantization,
            Environment = options.Environment with { FinishedAt = DateTimeOffset.UtcNow },
            Cost = Cost(watch.Elapsed.TotalSeconds, items.Count, meter),
        };
    }

    private static IReadOnlyList<EvalItem> Items(EvalTask task, LanguageModel model, EvalOptions options)
    {
        if (options.Limit is <= 0)
            throw new ArgumentOutOfRangeException(nameof(options), $"The limit is {options.Limit}; expected at least 1 item, or no limit.");
        IReadOnlyList<EvalItem> whole = task.Fit(Cut(task.Load(options.Data), options), model);
        if (whole.Count == 0)
            throw new EvalDataException($"Task {task.Name} has no items in '{task.Source}' for {model.Name}: the file is empty, or its text shorter than a window.");
        IReadOnlyList<EvalItem> items = Shaped(whole, model, options);
        if (items.Count == 0)
            throw new NothingLeftException($"{task.Name}: all {whole.Count} items have prompts of more than {options.MaxPromptTokens} tokens, the limit that was given (--max-prompt-tokens).");
        return options.Picked is { } picked ? [.. picked.Select(index => items[index])] : items;
    }

    // A text keeps its length; its windows get shorter.
    private static IReadOnlyList<EvalItem> Cut(IReadOnlyList<EvalItem> items, EvalOptions options) =>
        options.MaxPromptTokens is { } tokenCount ? [.. items.Select(item => item.WithWindows(tokenCount))] : items;

    // Through the chat template, with limited answers, without those whose prompts are too long, and of the rest the first.
    private static IReadOnlyList<EvalItem> Shaped(IReadOnlyList<EvalItem> items, LanguageModel model, EvalOptions options)
    {
        IEnumerable<EvalItem> shaped = items;
        if (options.Chat is { } template && new ChatPrompt(template, model.Tokenizer) is var chat)
            shaped = shaped.Select(item => item.InChat(chat.Render));
        if (options.MaxNewTokens is { } newTokenCount)
            shaped = shaped.Select(item => item.WithAtMost(newTokenCount));
        if (options.MaxPromptTokens is { } promptTokenCount)
            shaped = shaped.Where(item => item is TextItem || model.Tokenizer.Encode(item.Prompt).Length <= promptTokenCount);
        return options.Limit is { } limit && options.Picked is null ? [.. shaped.Take(limit)] : [.. shaped];
    }

    private static IReadOnlyList<Metric> Metrics(EvalTask task, IReadOnlyList<ItemOutcome> outcomes)
    {
        int invalid = outcomes.Count(outcome => outcome.Code == '!');
        IReadOnlyList<Metric> metrics = task.Summarize(outcomes);
        return invalid == 0 ? metrics : [.. metrics, new Metric("nan_items", invalid, null, HigherIsBetter: false, "items")];
    }

    private static ResultIdentity Identity(ModelIdentity model, IReadOnlyList<EvalItem> items, RememberingModel asked) =>
        new(model.Weights, model.Tokenizer, model.Recipe, model.Calibration, ContentHash.Of(items), asked.PromptsHash(), model.Engine);

    private static SortedDictionary<string, string> Settings(EvalTask task, EvalOptions options)
    {
        var settings = new SortedDictionary<string, string>(task.Settings.ToDictionary(), StringComparer.Ordinal);
        if (options.Chat is { } template)
            settings["chat"] = ContentHash.Of(template.Source)[..16];
        if (options.MaxNewTokens is { } newTokenCount)
            settings["max_new_tokens"] = $"{newTokenCount}";
        if (options.MaxPromptTokens is { } promptTokenCount)
            settings["max_prompt_tokens"] = $"{promptTokenCount}";
        if (options.Limit is { } limit)
            settings["limit"] = $"{limit}";
        return settings;
    }

    private static RunCost Cost(double seconds, int itemCount, ProgressMeter meter)
    {
        int computed = itemCount - meter.CachedItemCount;
        using var process = Process.GetCurrentProcess();
        return new RunCost(seconds, meter.TokenCount, meter.TokenCount / seconds, computed / seconds, process.PeakWorkingSet64, meter.CachedItemCount);
    }
}
