using QuantSuite.Numerics;

namespace QuantSuite.Benchmarks;

/// <summary>One attention layer of SmolLM2-135M over some sequences whose last rows are new.</summary>
internal sealed unsafe class AttentionLayer : IDisposable
{
    private static readonly AttentionShape Shape = new(9, 3, 64, 0.125f, 0);

    private readonly List<Matrix> pages = [];
    private readonly AttentionSpan[] spans;
    private readonly Matrix queries, output;

    public AttentionLayer(int sequenceCount, int rowCount, int length)
    {
        queries = Filling.Matrix(sequenceCount * rowCount, 9 * 64);
        output = new Matrix(sequenceCount * rowCount, 9 * 64);
        spans = [.. Enumerable.Range(0, sequenceCount).Select(i => new AttentionSpan(i * rowCount, rowCount, length - rowCount, Pages(length)))];
        double seen = rowCount * (length - rowCount) + rowCount * (rowCount + 1) / 2.0;
        Operations = 4.0 * sequenceCount * seen * 9 * 64;
    }

    /// <summary>Multiplications and additions of scores and values at the positions that are seen.</summary>
    public double Operations { get; }

    public void Attend(Kernels kernels) => kernels.Attention(queries, spans, Shape, output);

    public void Dispose()
    {
        pages.ForEach(page => page.Dispose());
        queries.Dispose();
        output.Dispose();
    }

    private nint[] Pages(int length)
    {
        var addresses = new nint[(length + AttentionShape.PageWidth - 1) / AttentionShape.PageWidth];
        for (int i = 0; i < addresses.Length; i++)
        {
            pages.Add(Filling.Matrix(1, (int)Shape.PageFloats(1)));
            addresses[i] = (nint)pages[^1].Pointer;
        }
        return addresses;
    }
}
