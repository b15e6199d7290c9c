using QuantSuite.Numerics;

namespace QuantSuite.Models;

/// <summary>
/// Keys and values of sequences in pages of 16 positions (all layers and heads of them together). A fork shares its parent's full pages and copies the last
/// partial one, so a context that several sequences begin with is computed and held once.
/// </summary>
public sealed unsafe class KeyValueCache : IDisposable
{
    private readonly long pageFloats;
    private readonly Stack<Page> free = [];
    private readonly List<Page> all = [];

    /// <summary>A cache for so many layers of this shape.</summary>
    public KeyValueCache(AttentionShape shape, int layerCount) => pageFloats = shape.PageFloats(layerCount);

    /// <summary>Pages in use.</summary>
    public int PageCount => all.Count - free.Count;

    /// <summary>Bytes held, pages waiting for use included.</summary>
    public long ByteCount => all.Count * pageFloats * sizeof(float);

    /// <summary>An empty sequence.</summary>
    public Sequence NewSequence() => new(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Page page in all)
            page.Buffer.Dispose();
        all.Clear();
        free.Clear();
    }

    internal Page Take()
    {
        if (!free.TryPop(out Page? page))
        {
            page = new Page(new NativeBuffer(pageFloats * sizeof(float)));
            all.Add(page);
        }
        page.References = 1;
        return page;
    }

    internal void Release(Page page)
    {
        if (--page.References == 0)
            free.Push(page);
    }

    internal void Copy(Page source, Page destination) => Buffer.MemoryCopy(source.Buffer.Pointer, destination.Buffer.Pointer, pageFloats * sizeof(float), pageFloats * sizeof(float));

    internal sealed class Page(NativeBuffer buffer)
    {
        public NativeBuffer Buffer { get; } = buffer;

        public int References { get; set; }
    }
}

/// <summary>One sequence's pages in a <see cref="KeyValueCache"/>.</summary>
public sealed unsafe class Sequence : IDisposable
{
    private readonly KeyValueCache cache;
    private readonly List<KeyValueCache.Page> pages = [];

    internal Sequence(KeyValueCache cache) => this.cache = cache;

    /// <summary>Positions that have, or in the pass under way will have, keys and values.</summary>
    public int Length { get; private set; }

    /// <summary>A sequence that begins with this one's first <paramref name="length"/> positions.</summary>
    public Sequence Fork(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        var fork = new Sequence(cache) { Length = length };
        int full = length / AttentionShape.PageWidth;
        for (int i = 0; i < full; i++)
        {
            pages[i].References++;
            fork.pages.Add(pages[i]);
        }
        if (length % AttentionShape.PageWidth != 0)
        {
            KeyValueCache.Page copy = cache.Take();
            cache.Copy(pages[full], copy);
            fork.pages.Add(copy);
        }
        return fork;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KeyValueCache.Page page in pages)
            cache.Release(page);
        pages.Clear();
    }

    internal void Extend(int tokenCount)
    {
        Length += tokenCount;
        while (pages.Count * AttentionShape.PageWidth < Length)
            pages.Add(cache.Take());
    }

    internal nint[] PageAddresses()
    {
        var addresses = new nint[pages.Count];
        for (int i = 0; i < addresses.Length; i++)
            addresses[i] = (nint)pages[i].Buffer.Pointer;
        return addresses;
    }
}
