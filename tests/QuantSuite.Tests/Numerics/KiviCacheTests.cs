using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>KIVI's cache against its definition, and attention over it against plain attention over what each query sees.</summary>
public sealed class KiviCacheTests
{
    [Theory]
    [InlineData(new[] { 1f, 2, 4, 7 }, 3, new[] { 1f, 1, 5, 7 })] // s = 2: q = 0, rint(0.5), rint(1.5), 3
    [InlineData(new[] { -3f, 0, 1.5f, 12 }, 15, new[] { -3f, 0, 1, 12 })] // s = 1: q = 0, 3, rint(4.5), 15
    [InlineData(new[] { -2f, -2, -2 }, 3, new[] { -2f, -2, -2 })]
    public unsafe void A_group_is_rounded_between_its_ends(float[] values, int lastCode, float[] expected)
    {
        fixed (float* pointer = values)
            KiviCache.Round(pointer, pointer, values.Length, lastCode);
        Assert.Equal(expected, values);
    }

    [Theory]
    [InlineData(128, 32, 127, 0, 0)]
    [InlineData(128, 32, 158, 31, 0)]
    [InlineData(128, 32, 159, 32, 32)]
    [InlineData(0, 4, 6, 7, 4)]
    [InlineData(0, 4, 7, 8, 8)]
    public void What_is_rounded_depends_on_the_distance(int residual, int groupSize, int position, int values, int keys)
    {
        var kivi = new KiviCache(residual, groupSize, 1);
        Assert.Equal(values, kivi.RoundedValueCount(position));
        Assert.Equal(keys, kivi.RoundedKeyCount(position));
    }

    // One head of four channels, groups of two tokens, no residual, 2 bits. Channel 0 of the keys of tokens 0 and 1 is (0, 3): its own ends. Of tokens 2 and 3, (5, 5): equal.
    [Fact]
    public unsafe void Keys_share_a_scale_along_a_channel_and_values_along_a_token()
    {
        var shape = new AttentionShape(1, 1, 4, 0.5f, 0) { Kivi = new KiviCache(0, 2, NativePages.LayerCount) };
        using Matrix keys = new(5, 4, [0, 10, 1, 2, 3, 20, 1, 4, 5, 0, 0, 1, 5, 0, 6, 1, 9, 9, 9, 9]);
        using Matrix values = new(5, 4, [0, 1, 7, 8, 0, 0, -1, 1, 3, 3, 3, 3, 1, 2, 3, 4, 0, 0, 0, 1]);
        using var pages = new NativePages([5], shape);
        using Kernels kernels = Kernels.Create(1);
        AttentionSpan[] spans = [new(0, 5, 0, pages[0])];
        kernels.StoreKeyValues(keys, values, spans, shape);
        kernels.RoundStored(spans, shape, NumericFormats.Int(2));
        float* rounded = (float*)pages[0][0] + shape.Rounded.KeyOffset(0);
        // Groups of two hold their ends, so all of the four complete tokens stay as they are; the fifth waits for its neighbour.
        for (int token = 0; token < 4; token++)
            for (int channel = 0; channel < 4; channel++)
                Assert.Equal(keys[token, channel], rounded[channel * AttentionShape.PageWidth + token]);
        Assert.True(float.IsNaN(rounded[4]));
        Assert.Equal(values.Span.ToArray(), new ReadOnlySpan<float>(rounded + shape.HeadFloats, 20).ToArray());
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(3, 8)]
    [InlineData(16, 32)]
    [InlineData(20, 20)]
    public unsafe void Attention_is_plain_attention_over_what_the_query_sees(int residual, int groupSize)
    {
        const int Length = 70, HeadDim = 20;
        var plain = new AttentionShape(2, 1, HeadDim, 0.25f, 0);
        AttentionShape shape = plain with { Kivi = new KiviCache(residual, groupSize, NativePages.LayerCount) };
        var random = new CaseRandom(groupSize);
        using Matrix queries = random.Matrix(Length, 2 * HeadDim), keys = random.Matrix(Length, HeadDim), values = random.Matrix(Length, HeadDim), output = new(Length, 2 * HeadDim);
        using var pages = new NativePages([Length], shape);
        using Kernels kernels = Kernels.Create(2);
        AttentionSpan[] spans = [new(0, Length, 0, pages[0])];
        kernels.StoreKeyValues(keys, values, spans, shape);
        kernels.RoundStored(spans, shape, NumericFormats.Int(2));
        kernels.Attention(queries, spans, shape, output);
        for (int t = 0; t < Length; t++)
        {
            using Matrix seenKeys = new(t + 1, HeadDim, keys.Slice(0, t + 1).Span), seenValues = new(t + 1, HeadDim, values.Slice(0, t + 1).Span);
            RoundByDefinition(seenKeys, seenValues, residual, groupSize);
            using var own = new NativePages([t + 1], plain);
            using Matrix one = new(t + 1, 2 * HeadDim);
            AttentionSpan[] all = [new(0, t + 1, 0, own[0])];
            kernels.StoreKeyValues(seenKeys, seenValues, all, plain);
            kernels.Attention(queries.Slice(0, t + 1), all, plain, one);
            Assert.Equal(one.Row(t).ToArray(), output.Row(t).ToArray());
        }
    }

    private static unsafe void RoundByDefinition(Matrix keys, Matrix values, int residual, int groupSize)
    {
        int old = Math.Max(0, keys.Rows - residual);
        var group = new float[groupSize];
        for (int first = 0; first + groupSize <= old; first += groupSize)
            for (int channel = 0; channel < keys.Columns; channel++)
            {
                for (int i = 0; i < groupSize; i++)
                    group[i] = keys[first + i, channel];
                float[] rounded = Rounded(group);
                for (int i = 0; i < groupSize; i++)
                    keys[first + i, channel] = rounded[i];
            }
        for (int token = 0; token < old; token++)
            for (int first = 0; first < values.Columns; first += groupSize)
            {
                Span<float> part = values.Row(token).Slice(first, Math.Min(groupSize, values.Columns - first));
                Rounded(part.ToArray()).CopyTo(part);
            }
    }

    private static float[] Rounded(float[] group)
    {
        float min = group.Min(), scale = (group.Max() - min) / 3;
        return [.. group.Select(x => Math.Clamp(MathF.Round((x - min) / (scale == 0 ? 1 : scale)), 0, 3) * (scale == 0 ? 1 : scale) + min)];
    }

    // "Evaluating Quantized LLMs" (2402.18158), its quantizer as printed.
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    public void The_tight_range_is_the_paper_s(int bits)
    {
        using Matrix x = new CaseRandom(bits).Matrix(9, 64);
        for (int i = 0; i < 64; i++)
            x[8, i] = 2 + MathF.Abs(x[8, i]); // a group far from 0, where the ranges differ
        float[][] expected = [.. Enumerable.Range(0, 9).Select(row => x.Row(row).ToArray().Chunk(16).SelectMany(group =>
        {
            float last = (1 << bits) - 1, scale = MathF.Max(group.Max() - group.Min(), 1e-5f) / last, zero = Math.Clamp(-MathF.Round(group.Min() / scale), 0, last);
            return group.Select(value => (Math.Clamp(MathF.Round(value / scale) + zero, 0, last) - zero) * scale);
        }).ToArray())];
        using Matrix standard = new(9, 64, x.Span);
        using Kernels kernels = Kernels.Create(1);
        kernels.RoundGroups(x, 16, new IntegerFormat(bits, IntegerRange.Tight));
        kernels.RoundGroups(standard, 16, NumericFormats.Int(bits));
        Assert.Equal(expected, [.. Enumerable.Range(0, 9).Select(row => x.Row(row).ToArray())]);
        // A group that holds 0 has the same grid in both.
        Assert.Equal(x.Slice(0, 8).Span.ToArray(), standard.Slice(0, 8).Span.ToArray());
        Assert.NotEqual(x.Row(8).ToArray(), standard.Row(8).ToArray());
    }
}
