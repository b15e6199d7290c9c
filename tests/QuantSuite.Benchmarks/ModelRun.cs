using System.Diagnostics;
using QuantSuite.Evaluation;
using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization;

namespace QuantSuite.Benchmarks;

/// <summary>
/// A whole model on real text, beside the machine's peak in the same minute: perplexity of WikiText-2 in chunks of 512, generation of 1 and of 32 sequences together, and HellaSwag
/// with shared prefixes against each choice alone.
/// </summary>
internal static class ModelRun
{
    private const int ChunkLength = 512;

    /// <summary>Arguments: a model, a data folder, then sections (perplexity, generation, hellaswag).</summary>
    public static int Run(string[] args)
    {
        if (args.Length < 2)
        {
            Console.Error.WriteLine("model <model> <data folder> [perplexity] [generation] [hellaswag] [--threads N]");
            return 2;
        }
        int at = Array.IndexOf(args, "--threads"), threads = at < 0 ? 2 : int.Parse(args[at + 1]);
        var sections = args[2..].Where(arg => char.IsLetter(arg[0])).ToHashSet();
        using Kernels kernels = Kernels.Create(threads);
        Console.WriteLine($"{kernels.Name}, {threads} threads");
        if (sections.Count == 0 || sections.Contains("perplexity"))
            foreach (string recipe in (string[])["fp32", "rtn-int8", "rtn-int4-g128", "rtn-int8-a8"])
                Perplexity(args[0], recipe, args[1], kernels, threads);
        if (sections.Count == 0 || sections.Contains("generation"))
            foreach (string recipe in (string[])["fp32", "rtn-int8", "rtn-int4-g32", "rtn-int8-a8"])
                Generation(args[0], recipe, kernels);
        if (sections.Count == 0 || sections.Contains("hellaswag"))
            HellaSwag(args[0], args[1], kernels);
        return 0;
    }

    private static void Perplexity(string path, string recipe, string data, Kernels kernels, int threads)
    {
        const int ChunkCount = 8;
        long start = Stopwatch.GetTimestamp();
        using DecoderModel model = Quantizer.Load(path, Recipe.Parse(recipe), kernels);
        double loading = Stopwatch.GetElapsedTime(start).TotalSeconds;
        string text = File.ReadAllText(Path.Combine(data, "wikitext2", "wiki.test.raw"))[..(ChunkCount * ChunkLength * 6)];
        using var peak = new MachinePeak(threads);
        double best = double.PositiveInfinity, peakRate = 0, perplexity = 0;
        for (int round = 0; round < 4; round++)
        {
            peakRate = Math.Max(peakRate, MachinePeak.Operations / Time(peak.MultiplyAdd) / 1e9);
            RollingAnswer? answer = null;
            double seconds = Time(() => model.ScoreRolling([new RollingRequest(text, WindowRule.LlamaCpp(ChunkLength)) { Windows = ..ChunkCount }], (_, value) => answer = value));
            best = Math.Min(best, seconds);
            perplexity = Math.Exp(-answer!.LogLikelihood / answer.TokenCount);
        }
        double rate = ChunkCount * Operations(model) / best / 1e9;
        Console.WriteLine($"perplexity {recipe,-14} {ChunkCount * ChunkLength / best,7:F0} tokens/s  {rate,6:F0} GFLOP/s of a peak of {peakRate:F0} ({rate / peakRate:P0})  perplexity {perplexity:F3}  loaded in {loading:F1} s");
    }

    // Products that are done for one chunk: all linears for its 511 fed tokens, the head for the 255 scored ones, causal scores and sums of the attention.
    private static double Operations(DecoderModel model)
    {
        const double Fed = ChunkLength - 1, Scored = ChunkLength / 2 - 1;
        AttentionShape shape = model.Architecture.Attention;
        double linears = model.Linears.Sum(weight => (double)weight.Rows * weight.Columns), head = (double)model.Architecture.Head.Rows * model.Architecture.Head.Columns;
        double attention = model.Architecture.Blocks.Count * (double)shape.HeadCount * shape.HeadDim * Fed * (Fed + 1);
        return 2 * (Fed * linears + Scored * head) + 2 * attention;
    }

    private static void Generation(string path, string recipe, Kernels kernels)
    {
        const int NewTokenCount = 48;
        using DecoderModel model = Quantizer.Load(path, Recipe.Parse(recipe), kernels);
        var rates = new List<(int Count, double Rate)>();
        foreach (int count in (int[])[1, 32])
        {
            double best = double.PositiveInfinity;
            for (int round = 0; round < 3; round++)
            {
                var requests = Enumerable.Range(0, count).Select(i => new GenerateRequest($"{(char)('A' + i)}", [], NewTokenCount)).ToList();
                int tokens = 0;
                best = Math.Min(best, Time(() => model.GenerateUntil(requests, (_, answer) => tokens += answer.TokenCount)) / tokens);
            }
            rates.Add((count, 1 / best));
        }
        Console.WriteLine($"generation {recipe,-14} {rates[0].Rate,7:F1} tokens/s alone, {rates[1].Rate,7:F1} tokens/s for {rates[1].Count} together ({rates[1].Rate / rates[0].Rate:F1} x)");
    }

    private static void HellaSwag(string path, string data, Kernels kernels)
    {
        const int ItemCount = 100;
        using DecoderModel model = Quantizer.Load(path, Recipe.Parse("fp32"), kernels);
        List<ScoreRequest> requests = [.. EvalTasks.Get("hellaswag").Load(new EvalData(data)).Take(ItemCount).Cast<ChoiceItem>().SelectMany(item => item.Requests)];
        double together = double.PositiveInfinity, alone = double.PositiveInfinity;
        for (int round = 0; round < 2; round++)
        {
            together = Math.Min(together, Time(() => model.Score(requests, (_, _) => { })));
            alone = Math.Min(alone, Time(() =>
            {
                foreach (ScoreRequest request in requests)
                    model.Score([request], (_, _) => { });
            }));
        }
        Console.WriteLine($"hellaswag, {ItemCount} items: {ItemCount / together:F1} items/s, each choice alone {ItemCount / alone:F1} items/s ({alone / together:F2} x)");
    }

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
