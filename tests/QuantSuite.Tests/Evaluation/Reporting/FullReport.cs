using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Blaming;
using QuantSuite.Evaluation.Reporting;

namespace QuantSuite.Tests.Evaluation.Reporting;

/// <summary>A report in which every section of the page has something to show, in a folder as users have it.</summary>
internal static class FullReport
{
    public static readonly DateOnly Today = new(2026, 11, 23);

    /// <summary>Writes results, a history of four runs, another run, a diagnosis and a loosened baseline, and reads the report.</summary>
    public static Report Write(TestFolder folder)
    {
        EvalResult[] results = [.. SyntheticReport.Results(60).Select(WithFields), .. SyntheticReport.Results(60).Where(r => r.Recipe == "rtn-int3-g32").Select(Calibrated)];
        foreach (EvalResult result in results)
            EvalResultFile.Write(folder["results"], result);
        foreach (int night in Enumerable.Range(1, 4))
            foreach (EvalResult result in results.Where(r => r.Task == "knowledge"))
                EvalResultFile.Write(folder[$"history/2026-11-{night:00}"], Earlier(result, night));
        foreach (EvalResult result in results.Where(r => r.Model == "microworld-m"))
            EvalResultFile.Write(folder["other"], result.Recipe == "rtn-int4-g32" ? Swapped(result) : result);
        DiagnosisFile.Update(folder["results"], "microworld-m", "rtn-int2-g32", before => before with { Divergence = Diverged, Tensors = Tensors });
        string blame = BlameFile.PathOf(folder["results"], new ResultKey("microworld-m", "arithmetic", "rtn-int2-g32"));
        BlameFile.Begin(blame, new BlameHeader("microworld-m", "arithmetic", "rtn-int2-g32", "", [.. Enumerable.Range(0, 40).Select(i => $"{i}")], 37, 900, 0.42));
        foreach (BlamePart part in Blamed)
            BlameFile.Append(blame, part);
        Loosen(folder, results.First(r => r is { Model: "microworld-m", Task: "knowledge", Recipe: "rtn-int2-g32" }),
            results.First(r => r is { Model: "microworld-m", Task: "knowledge", Recipe: "fp32" }));
        return Report.Read(folder["results"], folder["baselines"], new ReportOptions { History = folder["history"], Against = folder["other"], Today = Today });
    }

    private static BlamePart[] Blamed =>
    [
        new(BlameLevel.Block, "layers.0", 0.37, 0.05, 3), new(BlameLevel.Block, "layers.1", 0.13, 0.29, 25), new(BlameLevel.Block, "layers.2", 0.43, -0.01, 0),
        new(BlameLevel.Linear, "layers.1.mlp.down_proj", 0.18, 0.24, 21),
    ];

    private static Divergence Diverged => new("wikitext2", 900, [new("Mean KLD", 0.42, 0.03, false, "nats"), new("Same top p", 0.81, 0.01, true)],
        [.. Enumerable.Range(-18, 21).Select(third => new HistogramBin(Math.Pow(10, third / 3.0), Math.Pow(10, (third + 1) / 3.0), 100 - third * third / 4))]);

    private static TensorLine[] Tensors => [.. Enumerable.Range(0, 4).Select(layer => new TensorLine("weight", "down_proj", layer, 0.8 + layer, 0.02, 5.5))];

    // Lines and depth, as the retrieval tasks have them.
    private static EvalResult WithFields(EvalResult result) => !result.Task.StartsWith("retrieval", StringComparison.Ordinal) ? result : result with
    {
        Items = [.. result.Items.Select((item, i) => item with { Values = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["depth"] = i % 10 / 10.0 } })],
        Metrics = [.. result.Metrics, new Metric("acc[depth=0..0.4]", 0.9, 0.03, true), new Metric("acc[depth=0.5..0.9]", 0.8, 0.04, true)],
    };

    private static EvalResult Calibrated(EvalResult result) => result with { Recipe = result.Recipe + "-cal_wikitext2" };

    private static EvalResult Earlier(EvalResult result, int night) => result with
    {
        BitsHash = night == 4 ? result.BitsHash : new string('0', 63) + night,
        Metrics = [result.Metrics[0] with { Value = result.Metrics[0].Value - 0.01 * (4 - night) }],
        Environment = result.Environment with { FinishedAt = result.Environment.FinishedAt.AddDays(night - 5) },
    };

    // Every fourth item answered the other way.
    private static EvalResult Swapped(EvalResult result) => result.Gate.Kind != GateKind.RightOrWrong ? result : result with
    {
        BitsHash = new string('f', 64),
        Items = [.. result.Items.Select((item, i) => i % 4 != 0 ? item : item with { Score = 1 - item.Score, Code = item.Score == 1 ? '-' : '+' })],
    };

    private static void Loosen(TestFolder folder, EvalResult now, EvalResult better)
    {
        var store = new BaselineStore(folder["baselines"], (_, _) => { });
        store.Receive(better with { Recipe = now.Recipe });
        store.Accept();
        store.Receive(now);
        store.Accept(null, new AcceptOrder(Today, "the new tokenizer costs this; to be won back in December"));
    }
}
