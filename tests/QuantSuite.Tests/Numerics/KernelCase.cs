using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Tests.Numerics;

/// <summary>One operation on one set of inputs: what it computes, as the bits of every number that it writes. Each call builds the inputs anew.</summary>
public sealed record KernelCase(string Name, Func<Kernels, long[]> Run)
{
    private static readonly int[] RowCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 64];
    private static readonly int[] OutputCounts = [48, 16, 100, 1, 33, 144, 64];
    private static readonly int[] ColumnCounts = [1, 31, 32, 33, 48, 576, 1100];
    private static readonly int[] GroupSizes = [16, 32, 48, 128, int.MaxValue];

    /// <summary>All cases. A new operation, format or size is a line here.</summary>
    public static IReadOnlyDictionary<string, KernelCase> All { get; } = Enumerate().ToDictionary(item => item.Name);

    public override string ToString() => Name;

    private static IEnumerable<KernelCase> Enumerate() =>
    [
        .. DenseProducts(), .. QuantizedProducts(), .. PackedProducts(), .. IntegerProducts(), .. MixedProducts(), .. RowOperations(), .. Attentions(),
    ];

    private static IEnumerable<KernelCase> DenseProducts()
    {
        foreach (FloatingFormat format in (FloatingFormat[])[NumericFormats.Fp32, NumericFormats.Bf16, NumericFormats.Fp16])
            foreach (bool odd in (bool[])[false, true])
                yield return new($"product {format}{(odd ? " with infinities and subnormals" : "")}", kernels => Sizes((m, n, k, random) =>
                {
                    using Matrix x = random.Matrix(m, k, odd ? 0.01 : 0), w = random.Matrix(n, k, odd ? 0.01 : 0);
                    using var panels = new DensePanels(w, format);
                    return Product(kernels, x, panels);
                }));
        foreach (FloatingFormat format in (FloatingFormat[])[NumericFormats.Bf16, NumericFormats.Fp16])
            foreach (int rows in (int[])[1, 8])
                yield return new($"product of {rows} rows with every {format} value", kernels =>
                {
                    using Matrix x = new(rows, 1), w = new(1 << 16, 1);
                    x.Span.Fill(1);
                    for (int code = 0; code < 1 << 16; code++)
                        w[code, 0] = format == NumericFormats.Bf16 ? FloatingFormat.FromBFloat16((ushort)code) : (float)BitConverter.UInt16BitsToHalf((ushort)code);
                    using var panels = new DensePanels(w, format);
                    return Product(kernels, x, panels);
                });
        yield return new("product of several weights", kernels => Sizes((m, n, k, random) =>
        {
            using Matrix x = random.Matrix(m, k), first = new(m, n), second = new(m, 17), third = new(m, n + 5);
            using DensePanels a = new(random.Matrix(n, k), NumericFormats.Fp32), c = new(random.Matrix(n + 5, k), NumericFormats.Bf16);
            using QuantizedMatrix b = random.Quantized(17, k, 4, 32, symmetric: false);
            kernels.Multiply(x, [a, b, c], [first, second, third]);
            return [.. Bits(first), .. Bits(second), .. Bits(third)];
        }));
        yield return new("product of many rows", kernels =>
        {
            var random = new CaseRandom(7);
            using Matrix x = random.Matrix(523, 33);
            using DensePanels w = new(random.Matrix(70, 33), NumericFormats.Fp32);
            return Product(kernels, x, w);
        });
        foreach (int size in (int[])[1, 16, 47, 48, 100, 330])
            yield return new($"sums of products of {size} channels", kernels =>
            {
                var random = new CaseRandom(size);
                var sum = new SquareMatrix(size);
                foreach (int tokens in (int[])[1, 256, 700])
                {
                    using Matrix x = random.Matrix(tokens, size);
                    kernels.AddGram(x, sum);
                }
                sum.Mirror();
                return [.. Enumerable.Range(0, size).SelectMany(row => sum.Row(row).ToArray()).Select(BitConverter.DoubleToInt64Bits)];
            });
    }

    private static IEnumerable<KernelCase> QuantizedProducts()
    {
        foreach (((int bits, bool symmetric, int groupSize), int start) in Grids().Select((grid, i) => (grid, i)))
            yield return new($"product int{bits}{Describe(symmetric, groupSize)}", kernels => Sizes(start, (m, n, k, random) =>
            {
                using Matrix x = random.Matrix(m, k);
                using QuantizedMatrix weight = random.Quantized(n, k, bits, groupSize, symmetric);
                return Product(kernels, x, weight);
            }));
    }

    // Other scales, zero points and groups than integers have; tables of every width.
    private static IEnumerable<KernelCase> PackedProducts() => PackedSample.All.Select((sample, start) =>
        new KernelCase($"product {sample.Name}", kernels => Sizes(start, (m, n, k, random) =>
        {
            using Matrix x = random.Matrix(m, k);
            using PanelMatrix weight = sample.Make(random, n, k);
            return Product(kernels, x, weight);
        })));

    private static IEnumerable<KernelCase> IntegerProducts()
    {
        foreach (((int bits, bool symmetric, int groupSize), int start) in Grids().Select((grid, i) => (grid, i)))
            yield return new($"integer product int{bits}{Describe(symmetric, groupSize)}", kernels => Sizes(start, (m, n, k, random) =>
            {
                using Matrix x = random.Matrix(m, k);
                using QuantizedMatrix weight = random.Quantized(n, k, bits, groupSize, symmetric);
                return IntegerProduct(kernels, x, weight);
            }));
        foreach (bool symmetric in (bool[])[false, true])
            foreach (float sign in (float[])[1, -1])
                yield return new($"integer product of largest codes{(symmetric ? ", symmetric" : "")}{(sign < 0 ? ", negative" : "")}", kernels =>
                {
                    using Matrix x = new(3, 2100);
                    x.Span.Fill(127 * sign);
                    using var weight = new QuantizedMatrix(20, 2100, NumericFormats.Int(8), 2100, symmetric);
                    for (int row = 0; row < 20; row++)
                        weight.SetGrid(row, 0, new QuantGrid(1, symmetric ? 128 : 0));
                    for (int i = 0; i < 20 * 2100; i++)
                        weight.SetCode(i / 2100, i % 2100, (i / 2100 % 2 == 0 ? 255 : 0) ^ i % 2100 % (i / 2100 + 1));
                    return IntegerProduct(kernels, x, weight);
                });
        foreach (int groupSize in (int[])[50, 1300])
            yield return new($"integer product of many rows, groups of {groupSize}", kernels =>
            {
                var random = new CaseRandom(groupSize);
                using Matrix x = random.Matrix(523, 1300);
                using QuantizedMatrix weight = random.Quantized(70, 1300, 8, groupSize, symmetric: true);
                return IntegerProduct(kernels, x, weight);
            });
    }

    private static IEnumerable<KernelCase> MixedProducts()
    {
        foreach (PackedSample sample in (PackedSample[])[PackedSample.All[0], PackedSample.All[^1]])
            yield return new($"product that goes on, {sample.Name}", kernels => Sizes((m, n, k, random) =>
            {
                using Matrix x = random.Matrix(m, k), y = random.Matrix(m, n);
                using PanelMatrix weight = sample.Make(random, n, k);
                kernels.MultiplyAdd(x, weight, y);
                return Bits(y);
            }));
        foreach (bool dense in (bool[])[false, true])
            yield return new($"mixed columns{(dense ? ", outliers dense" : "")}", kernels => Sizes((m, n, k, random) =>
            {
                using Matrix x = random.Matrix(m, k, 0, 5), y = new(m, n);
                int[] columns = [.. Enumerable.Range(0, k).Where(_ => random.Unit() < 0.05)];
                using var weight = new MixedColumns(random.Quantized(n, k, 8, k, symmetric: true), columns,
                    dense && columns.Length > 0 ? new DensePanels(random.Matrix(n, columns.Length), NumericFormats.Fp16) : null);
                using var codes = new QuantizedRows(m, k);
                kernels.QuantizeRows(x, NumericFormats.Int(8), columns, dense ? 0 : 6, codes);
                kernels.Multiply(x, codes, weight, y);
                return [.. QuantizedBits(codes), .. Bits(y), .. Product(kernels, x, weight)];
            }));
    }

    private static IEnumerable<KernelCase> RowOperations()
    {
        (int, int)[] rotations = [(1, 1), (2, 2), (8, 8), (32, 16), (192, 64), (512, 0), (12, 0), (24, 0), (112, 0), (192, 0), (576, 0), (1920, 640), (1536, 0), (704, 0)];
        foreach ((int size, int run) in rotations)
            foreach (bool inverse in (bool[])[false, true])
                yield return new($"hadamard {size} in runs of {run}{(inverse ? ", inverse" : "")}", kernels => RowCounts.SelectMany(m =>
                {
                    var random = new CaseRandom(m);
                    using Matrix x = random.Matrix(m, size, 0.001);
                    float[]? signs = m % 2 == 0 ? null : [.. Enumerable.Range(0, size).Select(_ => random.Below(2) * 2f - 1)];
                    kernels.Hadamard(x, new HadamardTransform(size, run, signs), inverse);
                    return Bits(x);
                }).ToArray());
        yield return Rows("rms norm", (kernels, x, other) =>
        {
            kernels.RmsNorm(x, other.Row(0), 1e-5f, x);
            return Bits(x);
        });
        yield return Rows("silu multiply", (kernels, x, other) =>
        {
            kernels.SiluMultiply(x, other, x);
            return Bits(x);
        });
        foreach (Activation activation in Enum.GetValues<Activation>())
            yield return Rows($"activate {activation}", (kernels, x, _) =>
            {
                kernels.Activate(x, activation, x);
                return Bits(x);
            });
        foreach ((int channels, int groups, int states) in ((int, int, int)[])[(48, 1, 8), (37, 1, 16), (80, 4, 3)])
            foreach (bool shared in (bool[])[false, true])
                yield return new($"recurrence of {channels} channels, {groups} groups, {states} states{(shared ? " of one decay" : "")}", kernels => Recur(kernels, channels, groups, states, shared));
        yield return Rows("soft cap", (kernels, x, _) =>
        {
            kernels.SoftCap(x, 5);
            return Bits(x);
        });
        foreach ((bool gain, bool bias) in ((bool, bool)[])[(true, true), (true, false), (false, false)])
            yield return Rows($"layer norm{(gain ? "" : " without gain")}{(bias ? "" : " without bias")}", (kernels, x, other) =>
            {
                kernels.LayerNorm(x, gain ? other.Row(0) : default, bias ? other.Row(other.Rows - 1) : default, 1e-5f, x);
                return Bits(x);
            });
        yield return Rows("multiply elements, columns and by a factor", (kernels, x, other) =>
        {
            kernels.MultiplyElements(x, other);
            kernels.MultiplyColumns(x.Row(0), other);
            kernels.Scale(other, 0.3f);
            return Bits(other);
        });
        yield return Rows("add", (kernels, x, other) =>
        {
            kernels.Add(x, other);
            return Bits(other);
        });
        yield return Rows("add bias", (kernels, x, other) =>
        {
            kernels.AddBias(other.Row(0), x);
            return Bits(x);
        });
        yield return Rows("log-sum-exp", (kernels, x, _) =>
        {
            var sums = new double[x.Rows];
            var indices = new int[x.Rows];
            kernels.LogSumExp(x, sums, indices);
            return [.. sums.Select(Bits), .. indices.Select(index => (long)index)];
        });
        foreach (int bits in (int[])[8, 6, 4])
            yield return Rows($"quantize rows int{bits}", (kernels, x, _) =>
            {
                using var rows = new QuantizedRows(x.Rows, x.Columns);
                kernels.QuantizeRows(x, NumericFormats.Int(bits), rows);
                return QuantizedBits(rows);
            });
        foreach (NumericFormat format in NumericFormats.All.Where(format => format is TableFormat))
            yield return Rows($"round rows {format}", (kernels, x, _) =>
            {
                kernels.RoundRows(x, format, x);
                return Bits(x);
            });
        foreach ((int bits, int groupSize) in ((int, int)[])[(8, 64), (4, 64), (4, 32), (8, 10)])
            yield return Rows($"round groups int{bits} g{groupSize}", (kernels, x, _) =>
            {
                kernels.RoundGroups(x, groupSize, NumericFormats.Int(bits));
                return Bits(x);
            });
        yield return Rows("round groups int3 tight g16", (kernels, x, _) =>
        {
            kernels.RoundGroups(x, 16, new IntegerFormat(3, IntegerRange.Tight));
            return Bits(x);
        });
        foreach ((int headDim, int rotated) in ((int, int)[])[(64, 64), (32, 32), (20, 20), (64, 16), (4, 4)])
            yield return new($"rotate {rotated} of {headDim}", kernels => RowCounts.SelectMany(m =>
            {
                var random = new CaseRandom(m);
                using Matrix x = random.Matrix(m, 3 * headDim, 0.01), cos = random.Matrix(m, rotated / 2), sin = random.Matrix(m, rotated / 2);
                kernels.Rotate(x, headDim, cos, sin);
                kernels.Rotate(x, headDim, cos, sin, interleaved: true);
                return Bits(x);
            }).ToArray());
    }

    private static IEnumerable<KernelCase> Attentions()
    {
        foreach ((int heads, int keyHeads, int headDim) in ((int, int, int)[])[(9, 3, 64), (4, 4, 32), (6, 1, 80), (2, 2, 20), (1, 1, 4), (3, 1, 128)])
            foreach (bool odd in (bool[])[false, true])
                yield return new(
                    $"attention {heads}/{keyHeads} heads of {headDim}{(odd ? " with infinities" : "")}",
                    kernels => Attend(kernels, new AttentionShape(heads, keyHeads, headDim, 1 / MathF.Sqrt(headDim), 1), odd));
        foreach (int window in (int[])[1, 3, 10, 16, 40])
            foreach ((int heads, int keyHeads, int headDim) in ((int, int, int)[])[(9, 3, 64), (6, 1, 20)])
                foreach (bool kivi in (bool[])[false, true])
                    yield return new($"attention {heads}/{keyHeads} heads of {headDim}, window {window}{(kivi ? ", kivi" : "")}", kernels =>
                        Attend(kernels, new AttentionShape(heads, keyHeads, headDim, 0.2f, 1) { Window = window, Kivi = kivi ? new KiviCache(7, 8, NativePages.LayerCount) : null }, !kivi));
        yield return new("attention with soft cap and biases", kernels =>
        {
            using Matrix biases = new CaseRandom(3).Matrix(6, 100);
            return Attend(kernels, new AttentionShape(6, 2, 20, 0.2f, 1) { SoftCap = 3, Biases = biases, Window = 20 }, odd: false);
        });
        yield return new("attention in both directions", kernels => Attend(kernels, new AttentionShape(4, 2, 16, 0.25f, 1) { IsBidirectional = true }, odd: false));
        foreach ((int residual, int groupSize) in ((int, int)[])[(0, 16), (1, 1), (7, 8), (16, 32), (40, 5), (128, 32)])
            foreach ((int heads, int keyHeads, int headDim) in ((int, int, int)[])[(9, 3, 64), (3, 1, 32), (2, 2, 20)])
                yield return new($"attention {heads}/{keyHeads} heads of {headDim}, kivi {residual} g{groupSize}", kernels =>
                    Attend(kernels, new AttentionShape(heads, keyHeads, headDim, 1 / MathF.Sqrt(headDim), 1) { Kivi = new KiviCache(residual, groupSize, NativePages.LayerCount) }, residual == 7));
    }

    // Sequences of several lengths in one batch, prefilled in one or two steps, then one token each.
    private static long[] Attend(Kernels kernels, AttentionShape shape, bool odd)
    {
        int[] lengths = [1, 5, 16, 17, 33, 70];
        var random = new CaseRandom(shape.HeadDim);
        using var pages = new NativePages(lengths, shape);
        var bits = new List<long>();
        var done = new int[lengths.Length];
        foreach (Func<int, int> step in (Func<int, int>[])[length => length / 2, length => length - length / 2, _ => 1])
        {
            var spans = new List<AttentionSpan>();
            int rows = 0;
            for (int i = 0; i < lengths.Length; i++)
            {
                int count = step(lengths[i]);
                spans.Add(new AttentionSpan(rows, count, done[i], pages[i]));
                rows += count;
                done[i] += count;
            }
            using Matrix queries = random.Matrix(rows, shape.HeadCount * shape.HeadDim, odd ? 0.0005 : 0), output = new(rows, queries.Columns);
            using Matrix keys = random.Matrix(rows, shape.KeyValueHeadCount * shape.HeadDim, odd ? 0.0005 : 0);
            using Matrix values = random.Matrix(rows, keys.Columns, odd ? 0.0005 : 0);
            kernels.StoreKeyValues(keys, values, [.. spans], shape);
            if (shape.Kivi is not null)
                kernels.RoundStored([.. spans], shape, NumericFormats.Int(2));
            kernels.Attention(queries, [.. spans], shape, output);
            bits.AddRange(Bits(output));
        }
        return [.. bits];
    }

    // Two sequences, in two steps.
    private static unsafe long[] Recur(Kernels kernels, int channels, int groups, int states, bool shared)
    {
        const int Width = 4;
        var random = new CaseRandom(channels);
        var shape = new ScanShape(channels, states, groups, (Width - 1) * channels);
        using var first = new NativeBuffer((Width - 1 + states) * channels * sizeof(float));
        using var second = new NativeBuffer((Width - 1 + states) * channels * sizeof(float));
        using Matrix taps = random.Matrix(Width, channels), bias = random.Matrix(2, channels), a = random.Matrix(shared ? 1 : states, channels);
        var bits = new List<long>();
        foreach (int position in (int[])[0, 5])
        {
            StateSpan[] spans = [new(0, 5, position, (nint)first.Pointer), new(5, 2, position, (nint)second.Pointer)];
            using Matrix x = random.Matrix(7, channels), dt = random.Matrix(7, channels), b = random.Matrix(7, groups * states), c = random.Matrix(7, groups * states), y = new(7, channels);
            kernels.Convolve(x, taps, bias.Row(0), spans, 0, x);
            kernels.Scan(x, dt, a, b, c, bias.Row(1), spans, shape, y);
            bits.AddRange([.. Bits(x), .. Bits(y)]);
        }
        return [.. bits];
    }

    private static KernelCase Rows(string name, Func<Kernels, Matrix, Matrix, long[]> operation) => new(name, kernels =>
    {
        var bits = new List<long>();
        for (int i = 0; i < RowCounts.Length; i++)
            foreach (double oddShare in (double[])[0, 0.02])
            {
                var random = new CaseRandom(i);
                int columns = ColumnCounts[i % ColumnCounts.Length];
                using Matrix x = random.Matrix(RowCounts[i], columns, oddShare, 5), other = random.Matrix(RowCounts[i], columns);
                if (i % 5 == 4)
                    x.Row(0).Clear();
                bits.AddRange(operation(kernels, x, other));
            }
        return [.. bits];
    });

    // Every M, with each N and K in turn.
    private static long[] Sizes(Func<int, int, int, CaseRandom, long[]> product)
    {
        var bits = new List<long>();
        for (int i = 0; i < RowCounts.Length; i++)
            bits.AddRange(product(RowCounts[i], OutputCounts[i % OutputCounts.Length], ColumnCounts[(i + i / 7) % ColumnCounts.Length], new CaseRandom(i)));
        return [.. bits];
    }

    // Every K, with M and N in turn: another start for each format, so that together they meet all.
    private static long[] Sizes(int start, Func<int, int, int, CaseRandom, long[]> product)
    {
        var bits = new List<long>();
        for (int i = 0; i < ColumnCounts.Length; i++)
            bits.AddRange(product(RowCounts[(start + i * 5) % RowCounts.Length], OutputCounts[(start + i) % OutputCounts.Length], ColumnCounts[i], new CaseRandom(i)));
        return [.. bits];
    }

    private static IEnumerable<(int Bits, bool Symmetric, int GroupSize)> Grids() =>
        from bits in Enumerable.Range(2, 7)
        from symmetric in (bool[])[true, false]
        from groupSize in GroupSizes
        select (bits, symmetric, groupSize);

    private static string Describe(bool symmetric, int groupSize) =>
        $" {(symmetric ? "sym" : "asym")} {(groupSize == int.MaxValue ? "channel" : $"g{groupSize}")}";

    private static long[] Product(Kernels kernels, Matrix x, PanelMatrix weight)
    {
        using var y = new Matrix(x.Rows, weight.Rows);
        y.Span.Fill(float.NaN);
        kernels.Multiply(x, weight, y);
        return Bits(y);
    }

    private static long[] IntegerProduct(Kernels kernels, Matrix x, QuantizedMatrix weight)
    {
        using var rows = new QuantizedRows(x.Rows, x.Columns);
        using var y = new Matrix(x.Rows, weight.Rows);
        kernels.QuantizeRows(x, NumericFormats.Int(8), rows);
        kernels.Multiply(rows, weight, y);
        return Bits(y);
    }

    private static long[] Bits(Matrix matrix) => [.. matrix.Span.ToArray().Select(value => Bits(value))];

    private static unsafe long[] QuantizedBits(QuantizedRows rows) =>
    [
        .. new ReadOnlySpan<sbyte>(rows.Codes, rows.Rows * rows.Columns).ToArray().Select(code => (long)code),
        .. new ReadOnlySpan<float>(rows.Scales, rows.Rows).ToArray().Select(value => Bits(value)),
    ];

    // NaNs are one class.
    private static long Bits(double value) => double.IsNaN(value) ? long.MinValue : BitConverter.DoubleToInt64Bits(value);
}
