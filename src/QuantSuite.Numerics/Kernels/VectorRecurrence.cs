using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuantSuite.Numerics;

/// <summary>
/// The recurrent operations of <see cref="ScalarKernels"/>, sixteen channels at a time: a lane is a channel, tokens go in order, and tasks share no state. The last channels of a run go
/// one by one.
/// </summary>
internal sealed unsafe class VectorRecurrence(WorkerPool pool, ReadOnlySpan<StateSpan> spans)
{
    private const int Width = VectorMath.Width;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    private readonly StateSpan[] spans = spans.ToArray();

    /// <summary><see cref="Kernels.Convolve"/>.</summary>
    public void Convolve(Matrix x, Matrix taps, float* bias, long offset, Matrix y) => pool.Run((x.Columns + Width - 1) / Width, strip =>
    {
        int first = strip * Width;
        if (first + Width <= x.Columns)
            ConvolveStrip(x, taps, bias + first, offset + first, y, first);
        else
            for (int channel = first; channel < x.Columns; channel++)
                ScalarRecurrence.Convolve(x, taps, bias[channel], spans, offset, y, channel);
    });

    /// <summary><see cref="Kernels.Scan"/>.</summary>
    public void Scan(Matrix x, Matrix dt, Matrix a, Matrix b, Matrix c, float* d, ScanShape shape, Matrix y)
    {
        int run = shape.ChannelCount / shape.GroupCount, strips = (run + Width - 1) / Width;
        pool.Run(shape.GroupCount * strips, task =>
        {
            int group = task / strips, first = group * run + task % strips * Width, end = (group + 1) * run;
            if (first + Width <= end)
                ScanStrip(x, dt, a, b, c, d + first, shape, y, first, group * shape.StateSize);
            else
                for (int channel = first; channel < end; channel++)
                    ScalarRecurrence.Scan(x, dt, a, b, c, d[channel], spans, shape, y, channel);
        });
    }

    [MethodImpl(Hot)]
    private void ConvolveStrip(Matrix x, Matrix taps, float* bias, long offset, Matrix y, int first)
    {
        int before = taps.Rows - 1, stride = x.Columns;
        Vector512<float> start = Vector512.Load(bias);
        foreach (StateSpan span in spans)
        {
            float* state = (float*)span.State + offset;
            if (span.FirstPosition == 0)
                for (int k = 0; k < before; k++)
                    Vector512<float>.Zero.Store(state + k * stride);
            for (int t = span.FirstRow; t < span.FirstRow + span.RowCount; t++)
            {
                Vector512<float> sum = start, value = Vector512.Load(x.Pointer + (long)t * stride + first);
                for (int k = 0; k < before; k++)
                    sum = Vector512.FusedMultiplyAdd(Vector512.Load(state + k * stride), Vector512.Load(taps.Pointer + k * stride + first), sum);
                Vector512.FusedMultiplyAdd(value, Vector512.Load(taps.Pointer + before * stride + first), sum).Store(y.Pointer + (long)t * stride + first);
                for (int k = 0; k < before - 1; k++)
                    Vector512.Load(state + (k + 1) * stride).Store(state + k * stride);
                if (before > 0)
                    value.Store(state + (before - 1) * stride);
            }
        }
    }

    [MethodImpl(Hot)]
    private void ScanStrip(Matrix x, Matrix dt, Matrix a, Matrix b, Matrix c, float* d, ScanShape shape, Matrix y, int first, int firstState)
    {
        int stride = shape.ChannelCount, size = shape.StateSize;
        bool shared = a.Rows == 1;
        Vector512<float> skip = Vector512.Load(d);
        foreach (StateSpan span in spans)
        {
            float* state = (float*)span.State + shape.Offset + first;
            if (span.FirstPosition == 0)
                for (int n = 0; n < size; n++)
                    Vector512<float>.Zero.Store(state + (long)n * stride);
            for (int t = span.FirstRow; t < span.FirstRow + span.RowCount; t++)
            {
                Vector512<float> value = Vector512.Load(x.Pointer + (long)t * stride + first), step = Vector512.Load(dt.Pointer + (long)t * stride + first);
                Vector512<float> input = step * value, sum = Vector512<float>.Zero, decay = VectorMath.Exp(step * Vector512.Load(a.Pointer + first));
                float* inputs = b.Pointer + (long)t * b.Columns + firstState, outputs = c.Pointer + (long)t * c.Columns + firstState;
                for (int n = 0; n < size; n++)
                {
                    if (!shared && n > 0)
                        decay = VectorMath.Exp(step * Vector512.Load(a.Pointer + (long)n * stride + first));
                    float* held = state + (long)n * stride;
                    Vector512<float> h = Vector512.FusedMultiplyAdd(decay, Vector512.Load(held), input * Vector512.Create(inputs[n]));
                    h.Store(held);
                    sum = Vector512.FusedMultiplyAdd(h, Vector512.Create(outputs[n]), sum);
                }
                Vector512.FusedMultiplyAdd(skip, value, sum).Store(y.Pointer + (long)t * stride + first);
            }
        }
    }
}
