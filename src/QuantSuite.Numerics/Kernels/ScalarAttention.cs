namespace QuantSuite.Numerics;

/// <summary>The definition of attention: one query head of one row over the positions that it sees.</summary>
internal static unsafe class ScalarAttention
{
    /// <summary><see cref="Kernels.Attention"/> for a row of a span and a head.</summary>
    public static void Attend(Matrix queries, AttentionSpan span, AttentionShape shape, Matrix output, int row, int head)
    {
        int headDim = shape.HeadDim, length = shape.LengthOf(span, row), first = shape.FirstOf(length);
        int keyHead = head / (shape.HeadCount / shape.KeyValueHeadCount);
        long offset = shape.KeyOffset(keyHead), rounded = shape.Kivi is null ? 0 : shape.Rounded.KeyOffset(keyHead);
        int roundedKeys = shape.Kivi?.RoundedKeyCount(length - 1) ?? 0, roundedValues = shape.Kivi?.RoundedValueCount(length - 1) ?? 0;
        ReadOnlySpan<float> query = queries.Row(span.FirstRow + row).Slice(head * headDim, headDim);
        Span<float> result = output.Row(span.FirstRow + row).Slice(head * headDim, headDim);
        var weights = new float[length];
        float largest = float.NegativeInfinity;
        for (int j = first; j < length; j++)
        {
            float* key = (float*)span.Pages[j / AttentionShape.PageWidth] + (j < roundedKeys ? rounded : offset) + j % AttentionShape.PageWidth;
            float score = 0;
            for (int d = 0; d < headDim; d++)
                score = MathF.FusedMultiplyAdd(query[d] * shape.Scale, key[d * AttentionShape.PageWidth], score);
            weights[j] = Adjust(score, shape, head, j);
            largest = MathF.Max(largest, weights[j]);
        }
        Span<float> partials = stackalloc float[StridedSum.PartialCount];
        partials.Clear();
        for (int j = first; j < length; j++)
        {
            weights[j] = ElementaryFunctions.Exp(weights[j] - largest);
            partials[j % StridedSum.PartialCount] += weights[j];
        }
        float total = StridedSum.Combine(partials);
        result.Clear();
        for (int j = first; j < length; j++)
        {
            float* value = (float*)span.Pages[j / AttentionShape.PageWidth] + (j < roundedValues ? rounded : offset) + shape.HeadFloats + j % AttentionShape.PageWidth * headDim;
            for (int d = 0; d < headDim; d++)
                result[d] = MathF.FusedMultiplyAdd(weights[j], value[d], result[d]);
        }
        for (int d = 0; d < headDim; d++)
            result[d] /= total;
    }

    /// <summary><see cref="Kernels.RoundStored"/> for a span and a key-value head.</summary>
    public static void RoundStored(AttentionSpan span, AttentionShape shape, int head, int lastCode)
    {
        int groupSize = shape.Kivi!.Value.GroupSize, end = span.FirstPosition + span.RowCount, headDim = shape.HeadDim;
        long from = shape.KeyOffset(head), to = shape.Rounded.KeyOffset(head);
        for (int position = span.FirstPosition; position < end; position++)
        {
            float* page = (float*)span.Pages[position / AttentionShape.PageWidth] + shape.HeadFloats + position % AttentionShape.PageWidth * headDim;
            for (int d = 0; d < headDim; d += groupSize)
                KiviCache.Round(page + from + d, page + to + d, Math.Min(groupSize, headDim - d), lastCode);
        }
        float* group = Scratch.Floats(groupSize);
        for (int first = span.FirstPosition / groupSize * groupSize; first + groupSize <= end; first += groupSize)
            for (int d = 0; d < headDim; d++)
            {
                for (int i = 0; i < groupSize; i++)
                    group[i] = *Key(first + i, d, from);
                KiviCache.Round(group, group, groupSize, lastCode);
                for (int i = 0; i < groupSize; i++)
                    *Key(first + i, d, to) = group[i];
            }

        float* Key(int position, int d, long offset) =>
            (float*)span.Pages[position / AttentionShape.PageWidth] + offset + d * AttentionShape.PageWidth + position % AttentionShape.PageWidth;
    }

    private static float Adjust(float score, AttentionShape shape, int head, int position)
    {
        if (shape.SoftCap > 0)
            score = shape.SoftCap * ElementaryFunctions.Tanh(score / shape.SoftCap);
        return shape.Biases is { } biases ? score + biases[head, position] : score;
    }
}
