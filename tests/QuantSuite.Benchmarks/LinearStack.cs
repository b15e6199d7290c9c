using QuantSuite.Numerics;

namespace QuantSuite.Benchmarks;

/// <summary>The linears of SmolLM2-135M (30 layers and the head, 134.5 M weights: more than any cache holds), called as a decoder calls them.</summary>
internal sealed class LinearStack : IDisposable
{
    private const int Hidden = 576, Inner = 1536, KeyValue = 192, Vocabulary = 49152, LayerCount = 30;

    private readonly List<PanelMatrix[]> groups = [];
    private readonly Dictionary<int, Matrix[]> inputs = [];

    public LinearStack(Func<int, int, PanelMatrix> make)
    {
        for (int layer = 0; layer < LayerCount; layer++)
        {
            groups.Add([make(Hidden, Hidden), make(KeyValue, Hidden), make(KeyValue, Hidden)]);
            groups.Add([make(Hidden, Hidden)]);
            groups.Add([make(Inner, Hidden), make(Inner, Hidden)]);
            groups.Add([make(Hidden, Inner)]);
        }
        groups.Add([make(Vocabulary, Hidden)]);
        ByteCount = groups.Sum(group => group.Sum(weight => weight.ByteCount));
        WeightCount = groups.Sum(group => group.Sum(weight => (long)weight.Rows * weight.Columns));
    }

    /// <summary>Bytes read a step.</summary>
    public long ByteCount { get; }

    /// <summary>Weights.</summary>
    public long WeightCount { get; }

    /// <summary>All products of one step of so many sequences.</summary>
    public void Step(Kernels kernels, int sequenceCount)
    {
        if (!inputs.TryGetValue(sequenceCount, out Matrix[]? buffers))
            inputs.Add(sequenceCount, buffers = [Filling.Matrix(sequenceCount, Hidden), Filling.Matrix(sequenceCount, Inner),
                .. new[] { Hidden, KeyValue, KeyValue, Inner, Inner, Vocabulary }.Select(columns => new Matrix(sequenceCount, columns))]);
        foreach (PanelMatrix[] group in groups)
            if (group.Length == 3)
                kernels.Multiply(buffers[0], group, buffers.AsSpan(2, 3));
            else if (group.Length == 2)
                kernels.Multiply(buffers[0], group, buffers.AsSpan(5, 2));
            else
                kernels.Multiply(group[0].Columns == Inner ? buffers[1] : buffers[0], group[0], group[0].Rows == Vocabulary ? buffers[7] : buffers[2]);
    }

    public void Dispose()
    {
        groups.ForEach(group => Array.ForEach(group, weight => weight.Dispose()));
        foreach (Matrix[] buffers in inputs.Values)
            Array.ForEach(buffers, buffer => buffer.Dispose());
    }
}
