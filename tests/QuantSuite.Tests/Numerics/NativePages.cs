using QuantSuite.Numerics;

namespace QuantSuite.Tests.Numerics;

/// <summary>KV pages for sequences of so many positions and one more, filled with NaN where nothing is stored.</summary>
public sealed unsafe class NativePages : IDisposable
{
    public const int LayerCount = 2;

    private readonly List<NativeBuffer> buffers = [];
    private readonly List<nint[]> pages = [];

    public NativePages(IEnumerable<int> lengths, AttentionShape shape)
    {
        foreach (int length in lengths)
            pages.Add([.. Enumerable.Range(0, length / AttentionShape.PageWidth + 1).Select(_ => Page(shape.PageFloats(shape.Kivi is null ? LayerCount : 2 * LayerCount)))]);
    }

    public nint[] this[int sequence] => pages[sequence];

    public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());

    private nint Page(long floats)
    {
        var buffer = new NativeBuffer(floats * sizeof(float));
        new Span<float>(buffer.Pointer, (int)floats).Fill(float.NaN);
        buffers.Add(buffer);
        return (nint)buffer.Pointer;
    }
}
