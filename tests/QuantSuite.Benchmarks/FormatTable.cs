using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Benchmarks;

/// <summary>
/// Every format and storage that a method makes, as people choose between them: a product of 512 rows beside fp32's, and the linears of one decode step beside those of
/// int4-g128 and int8, each ratio from rounds that the rivals shared.
/// </summary>
internal static class FormatTable
{
    private const int PromptRows = 512, Outputs = 1536, Columns = 576;

    /// <summary>Arguments: part of a name, threads, rounds.</summary>
    public static int Run(string[] args)
    {
        int Number(string option, int otherwise) => Array.IndexOf(args, option) is >= 0 and var at ? int.Parse(args[at + 1]) : otherwise;
        Print(Number("--threads", 1), Number("--rounds", 9), args.Length > 0 && !args[0].StartsWith('-') ? args[0] : "");
        return 0;
    }

    // One line for each format whose name contains a part.
    private static void Print(int threads, int roundCount, string only)
    {
        using Kernels kernels = Kernels.Create(threads);
        (string Name, Func<int, int, PanelMatrix> Make)[] formats = [.. Formats().Where(format => format.Name.Contains(only, StringComparison.Ordinal))];
        IReadOnlyList<RaceResult> prompts = Prompts(kernels, roundCount, formats);
        using LinearStack four = new((n, k) => Filling.Quantized(n, k, 4, 128, symmetric: false)), eight = new((n, k) => Filling.Quantized(n, k, 8, k, symmetric: true));
        Console.WriteLine($"\n{kernels.Name}, {threads} threads: product {PromptRows}×{Outputs}×{Columns} as a share of fp32's; linears of a decode step of SmolLM2-135M");
        Console.WriteLine($"| {"format",-30} | bits | prefill / fp32 | tokens/s | / int4-g128 | / int8 | GB/s |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        for (int i = 0; i < formats.Length; i++)
        {
            using var model = new LinearStack(formats[i].Make);
            IReadOnlyList<RaceResult> steps = new Race(roundCount).Add("int4 g128", 1e9, () => four.Step(kernels, 1)).Add("int8", 1e9, () => eight.Step(kernels, 1))
                .Add(formats[i].Name, 1e9, () => model.Step(kernels, 1)).Run();
            double rate = steps[2].Best;
            Console.WriteLine($"| {formats[i].Name,-30} | {8.0 * model.ByteCount / model.WeightCount,4:F1} | {prompts[i + 1].Best / prompts[0].Best,14:P0} | {rate,8:F1} | "
                + $"{rate / steps[0].Best,11:F2} | {rate / steps[1].Best,6:F2} | {rate * model.ByteCount / 1e9,4:F1} |");
        }
    }

    private static IReadOnlyList<RaceResult> Prompts(Kernels kernels, int roundCount, (string Name, Func<int, int, PanelMatrix> Make)[] formats)
    {
        using Matrix x = Filling.Matrix(PromptRows, Columns), y = new(PromptRows, Outputs);
        PanelMatrix[] weights = [Filling.Dense(Outputs, Columns, NumericFormats.Fp32), .. formats.Select(format => format.Make(Outputs, Columns))];
        var race = new Race(roundCount);
        foreach (PanelMatrix weight in weights)
            race.Add(weight.GetType().Name, 2.0 * PromptRows * Outputs * Columns, () => kernels.Multiply(x, weight, y));
        IReadOnlyList<RaceResult> results = race.Run();
        Array.ForEach(weights, weight => weight.Dispose());
        return results;
    }

    private static IEnumerable<(string Name, Func<int, int, PanelMatrix> Make)> Formats()
    {
        foreach (int bits in (int[])[2, 3, 4, 5, 6, 7, 8])
            foreach (int group in (int[])[128, 32])
                yield return ($"int{bits} g{group}", (n, k) => Filling.Quantized(n, k, bits, group, symmetric: false));
        yield return ("int8 channel symmetric", (n, k) => Filling.Quantized(n, k, 8, k, symmetric: true));
        yield return ("int4 g16", (n, k) => Filling.Quantized(n, k, 4, 16, symmetric: false));
        yield return ("int4 g36", (n, k) => Filling.Quantized(n, k, 4, 36, symmetric: false));
        yield return ("int4 g128 actorder", (n, k) => Filling.ActOrder(n, k, 4, 128));
        yield return ("int4 g32 offsets", (n, k) => Filling.Offsets(n, k, 4, 32));
        yield return ("int6 g16 offsets", (n, k) => Filling.Offsets(n, k, 6, 16));
        foreach (string name in (string[])["nf4", "nf3", "nf5", "fp4", "nvfp4", "mxfp4", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp8_e4m3", "mxfp8_e5m2", "ternary", "binary", "dynamic8"])
        {
            NumericFormat format = NumericFormats.Find(name)!;
            yield return (name, (n, k) => Filling.Quantized(n, k, format, format.DefaultGranularity.GroupSize(k), symmetric: true));
        }
        yield return ("nf4 nested scales", Filling.NestedScales);
        foreach (string name in (string[])["fp8_e4m3", "fp8_e5m2", "fp6_e2m3", "fp6_e3m2"])
            yield return ($"{name} channel", (n, k) => Filling.Quantized(n, k, NumericFormats.Find(name)!, k, symmetric: true));
        yield return ("spqr int3 g16 + 1 %", (n, k) => Filling.Outliers(Filling.SecondLevel(n, k, 3, 16), 0.01));
        yield return ("int4 g128 + 0.5 %", (n, k) => Filling.Outliers(Filling.Quantized(n, k, 4, 128, symmetric: false), 0.005));
        yield return ("pbllm 1 bit + 10 %", (n, k) => Filling.Outliers(Filling.Tables(n, k, 1, 128), 0.1));
        yield return ("billm tables 3 bits g128", (n, k) => Filling.Tables(n, k, 3, 128));
        yield return ("dbllm tables 2 bits g64", (n, k) => Filling.Tables(n, k, 2, 64));
        yield return ("slimllm int1-3 g32", (n, k) => Filling.Segments(n, k, 32));
        yield return ("slimllm int1-3 g128", (n, k) => Filling.Segments(n, k, 128));
        yield return ("int8 with outlier columns", Filling.Mixed);
        foreach (int bits in (int[])[3, 4, 6, 8])
        {
            yield return ($"tables of {bits} bits", (n, k) => Filling.Tables(n, k, bits, k));
            yield return ($"anyprecision {bits} of 8 bits", (n, k) => Filling.Nested(n, k, bits));
        }
    }
}
