using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Benchmarks;

/// <summary>
/// Each kernel beside the machine's own limit, measured in the same rounds of the same process: fused multiply-adds a second for products of many rows,
/// bytes read a second for one row. The share of the limit is the figure that carries over to another machine.
/// </summary>
internal static class Peak
{
    private static readonly (int Rows, int Outputs, int Columns)[] GemmShapes =
        [(512, 1536, 576), (512, 576, 1536), (512, 960, 576), (512, 3072, 576), (512, 49152, 576)];

    private static int roundCount = 15;

    public static int Run(string[] args)
    {
        int at = Array.IndexOf(args, "--rounds");
        if (at >= 0)
            roundCount = int.Parse(args[at + 1]);
        string[] sections = [.. args.Where((arg, i) => at < 0 || (i != at && i != at + 1))];
        Console.WriteLine($"{Environment.ProcessorCount} processors, {MachinePeak.VectorBits}-bit vectors, {roundCount} interleaved rounds; share of the first line of each block");
        foreach ((string name, Action<int> section) in (ReadOnlySpan<(string, Action<int>)>)
            [("gemm", Gemm), ("decode", Decode), ("batch", Batch), ("attention", AttentionOf), ("rows", RowsOf)])
            if (sections.Length == 0 || sections.Contains(name))
                foreach (int threads in (int[])[1, 2])
                    section(threads);
        return 0;
    }

    private static void Gemm(int threads)
    {
        using var peak = new MachinePeak(threads);
        using Kernels kernels = Kernels.Create(threads);
        foreach ((int rows, int outputs, int columns) in GemmShapes)
        {
            using Matrix x = Filling.Matrix(rows, columns), y = new(rows, outputs);
            using var codes = new QuantizedRows(rows, columns);
            kernels.QuantizeRows(x, NumericFormats.Int(8), codes);
            double operations = 2.0 * rows * outputs * columns;
            var race = new Race(outputs > 10_000 ? Math.Max(3, roundCount / 3) : roundCount).Add("FMA peak", MachinePeak.Operations, peak.MultiplyAdd);
            var weights = new List<PanelMatrix>();
            foreach ((string name, Func<int, int, PanelMatrix> make) in WeightFormats())
            {
                PanelMatrix weight = make(outputs, columns);
                weights.Add(weight);
                race.Add(name, operations, () => kernels.Multiply(x, weight, y));
                if (name is "int8 channel" or "int4 g32")
                    race.Add(name + ", int8 activations", operations, () => kernels.Multiply(codes, (QuantizedMatrix)weight, y));
            }
            RaceResult.Print($"\n{rows}×{outputs}×{columns}, {kernels.Name}, {threads} threads", "GFLOP/s", race.Run());
            weights.ForEach(weight => weight.Dispose());
        }
        using Kernels scalar = Kernels.Create(threads, "scalar");
        using Matrix few = Filling.Matrix(8, 576), product = new(8, 1536);
        using DensePanels dense = Filling.Dense(1536, 576, NumericFormats.Fp32);
        RaceResult.Print($"\nthe definition, 8×1536×576, {threads} threads", "GFLOP/s", new Race(3).Add("FMA peak", MachinePeak.Operations, peak.MultiplyAdd)
            .Add("fp32 scalar", 2.0 * 8 * 1536 * 576, () => scalar.Multiply(few, dense, product)).Run());
    }

    private static void Decode(int threads)
    {
        using Kernels kernels = Kernels.Create(threads);
        foreach ((string name, Func<int, int, PanelMatrix> make) in WeightFormats())
        {
            using var model = new LinearStack(make);
            using var peak = new MachinePeak(threads, 512L << 20);
            model.Step(kernels, 1);
            RaceResult.Print($"\ndecode {name}, {model.ByteCount / 1e6:F0} MB, {threads} threads", "GB/s", new Race(roundCount).Add("memory read", 512L << 20, peak.Read)
                .Add(name, model.ByteCount, () => model.Step(kernels, 1)).Run());
        }
    }

    private static void Batch(int threads)
    {
        using Kernels kernels = Kernels.Create(threads);
        foreach ((string name, Func<int, int, PanelMatrix> make) in WeightFormats().Where(format => format.Name is "fp32" or "bf16" or "int4 g32"))
        {
            using var model = new LinearStack(make);
            var race = new Race(roundCount);
            foreach (int sequences in (int[])[1, 2, 4, 7, 8, 32])
                race.Add($"{sequences} sequences", sequences * 1e9, () => model.Step(kernels, sequences));
            RaceResult.Print($"\nlinears of one decode step, {name}, {threads} threads", "tokens/s", race.Run());
        }
    }

    private static void AttentionOf(int threads)
    {
        using var peak = new MachinePeak(threads);
        using Kernels kernels = Kernels.Create(threads);
        foreach ((int sequences, int rows, int length) in ((int, int, int)[])[(1, 512, 512), (4, 128, 128), (8, 512, 512), (1, 1, 512), (32, 1, 512)])
        {
            using var layer = new AttentionLayer(sequences, rows, length);
            RaceResult.Print($"\nattention 9/3 heads of 64, {sequences} × {rows} rows at the end of {length} positions, {threads} threads", "GFLOP/s", new Race(roundCount * 3)
                .Add("FMA peak", MachinePeak.Operations, peak.MultiplyAdd)
                .Add("attention", layer.Operations, () => layer.Attend(kernels))
                .Run());
        }
    }

    private static void RowsOf(int threads)
    {
        using Kernels kernels = Kernels.Create(threads);
        using Matrix hidden = Filling.Matrix(512, 576), gate = Filling.Matrix(512, 1536), up = Filling.Matrix(512, 1536), logits = Filling.Matrix(32, 49152);
        using Matrix rotated = Filling.Matrix(512, 576), cosines = Filling.Matrix(512, 32), result = new(512, 1536), normed = new(512, 576);
        using var codes = new QuantizedRows(512, 576);
        var factors = new float[576];
        var sums = new double[32];
        var indices = new int[32];
        using Kernels definition = Kernels.Create(threads, "scalar");
        foreach ((Kernels some, int rounds) in ((Kernels, int)[])[(kernels, roundCount * 3), (definition, 3)])
            RaceResult.Print($"\nrows, {some.Name}, {threads} threads", "Gelem/s", new Race(rounds)
                .Add("add 512×576", 512 * 576, () => some.Add(hidden, normed))
                .Add("rms norm 512×576", 512 * 576, () => some.RmsNorm(hidden, factors, 1e-5f, normed))
                .Add("rotate 512×576", 512 * 576, () => some.Rotate(rotated, 64, cosines, cosines))
                .Add("silu multiply (exp) 512×1536", 512 * 1536, () => some.SiluMultiply(gate, up, result))
                .Add("log-sum-exp (exp) 32×49152", 32 * 49152, () => some.LogSumExp(logits, sums, indices))
                .Add("quantize rows 512×576", 512 * 576, () => some.QuantizeRows(hidden, NumericFormats.Int(8), codes))
                .Add("round groups 512×576 int8 g64", 512 * 576, () => some.RoundGroups(normed, 64, NumericFormats.Int(8)))
                .Run());
    }

    private static IEnumerable<(string Name, Func<int, int, PanelMatrix> Make)> WeightFormats() =>
    [
        ("fp32", (n, k) => Filling.Dense(n, k, NumericFormats.Fp32)),
        ("bf16", (n, k) => Filling.Dense(n, k, NumericFormats.Bf16)),
        ("fp16", (n, k) => Filling.Dense(n, k, NumericFormats.Fp16)),
        ("int8 channel", (n, k) => Filling.Quantized(n, k, 8, k, symmetric: true)),
        ("int4 g32", (n, k) => Filling.Quantized(n, k, 4, 32, symmetric: false)),
        ("int4 g128", (n, k) => Filling.Quantized(n, k, 4, 128, symmetric: false)),
        ("int3 g32", (n, k) => Filling.Quantized(n, k, 3, 32, symmetric: false)),
        ("int2 g32", (n, k) => Filling.Quantized(n, k, 2, 32, symmetric: false)),
        ("int6 g32", (n, k) => Filling.Quantized(n, k, 6, 32, symmetric: false)),
        ("fp8_e4m3 channel", (n, k) => Filling.Quantized(n, k, NumericFormats.Fp8E4M3, k, symmetric: true)),
        ("mxfp4", (n, k) => Filling.Quantized(n, k, NumericFormats.Mxfp4, 32, symmetric: true)),
        ("nf4 g64", (n, k) => Filling.Quantized(n, k, NumericFormats.Nf4, 64, symmetric: true)),
    ];
}
