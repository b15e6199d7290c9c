namespace QuantSuite.Numerics;

/// <summary>The definition of what a recurrent layer does to one channel, token by token.</summary>
internal static unsafe class ScalarRecurrence
{
    /// <summary><see cref="Kernels.Convolve"/>.</summary>
    public static void Convolve(Matrix x, Matrix taps, float bias, StateSpan[] spans, long offset, Matrix y, int channel)
    {
        int before = taps.Rows - 1;
        foreach (StateSpan span in spans)
        {
            float* state = (float*)span.State + offset + channel;
            if (span.FirstPosition == 0)
                for (int k = 0; k < before; k++)
                    state[k * x.Columns] = 0;
            for (int t = span.FirstRow; t < span.FirstRow + span.RowCount; t++)
            {
                float value = x[t, channel], sum = bias;
                for (int k = 0; k < before; k++)
                    sum = MathF.FusedMultiplyAdd(state[k * x.Columns], taps[k, channel], sum);
                y[t, channel] = MathF.FusedMultiplyAdd(value, taps[before, channel], sum);
                for (int k = 0; k < before - 1; k++)
                    state[k * x.Columns] = state[(k + 1) * x.Columns];
                if (before > 0)
                    state[(before - 1) * x.Columns] = value;
            }
        }
    }

    /// <summary><see cref="Kernels.Scan"/>.</summary>
    public static void Scan(Matrix x, Matrix dt, Matrix a, Matrix b, Matrix c, float d, StateSpan[] spans, ScanShape shape, Matrix y, int channel)
    {
        int first = channel / (shape.ChannelCount / shape.GroupCount) * shape.StateSize;
        foreach (StateSpan span in spans)
        {
            float* state = (float*)span.State + shape.Offset + channel;
            if (span.FirstPosition == 0)
                for (int n = 0; n < shape.StateSize; n++)
                    state[(long)n * shape.ChannelCount] = 0;
            for (int t = span.FirstRow; t < span.FirstRow + span.RowCount; t++)
            {
                float step = dt[t, channel], input = step * x[t, channel], sum = 0;
                for (int n = 0; n < shape.StateSize; n++)
                {
                    ref float h = ref state[(long)n * shape.ChannelCount];
                    h = MathF.FusedMultiplyAdd(ElementaryFunctions.Exp(step * a[a.Rows == 1 ? 0 : n, channel]), h, input * b[t, first + n]);
                    sum = MathF.FusedMultiplyAdd(h, c[t, first + n], sum);
                }
                y[t, channel] = MathF.FusedMultiplyAdd(d, x[t, channel], sum);
            }
        }
    }
}
