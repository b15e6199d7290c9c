using QuantSuite.Numerics;

namespace QuantSuite.Models;

/// <summary>
/// Keys and values of sequences in pages of 16 positions (all layers and heads of them together). A fork shares its parent's full pages and copies the last
/// partial one (under KIVI all that an incomplete group of tokens reaches), so a context that several sequences begin with is computed and held once.
/// </summary>
public sealed unsafe class KeyValueCache : IDisposable
{
    private readonly long pageFloats;
    private readonly int groupSize;
    private readonly long stateFloats;
    private readonly Stack<NativeBuffer> freeStates = [];
    private readonly Stack<Page> free = [];
    private readonly List<Page> all = [];

    /// <summary>A cache for so many layers of this shape; KIVI's holds them twice.</summary>
    /// <param name="stateFloats">Floats of a sequence's state where the model is recurrent; such sequences cannot be forked.</param>
    public KeyValueCache(AttentionShape shape, int layerCount, KiviCache? kivi = null, long stateFloats = 0)
    {
        this.stateFloats = stateFloats;
        pageFloats = shape.PageFloats(kivi is null ? layerCount : 2 * layerCount);
        groupSize = kivi?.GroupSize ?? 1;
    }

    /// <summary>Pages in use.</summary>
    public int PageCount => all.Count - free.Count;

    /// <summary>Bytes held, pages waiting for use included.</summary>
    public long ByteCount => all.Count * pageFloats * sizeof(float);

    /// <summary>An empty sequence.</summary>
    /// <param name="finalLength">The most positions that it will have, by which some rotary scalings choose; 0 where nobody asks.</param>
    /// <param name="images">Features that take the place of a token, or null.</param>
    public Sequence NewSequence(int finalLength = 0, (int Token, Matrix Features)? images = null) => new(this, finalLength, TakeState()) { Images = images };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Page page in all)
            page.Buffer.Dispose();
        foreach (NativeBuffer state in freeStates)
            state.Dispose();
        freeStates.Clear();
        all.Clear();
        free.Clear();
    }

    /// <summary>Full pages that a fork after <paramref name="length"/> positions shares: none that a group of tokens reaches which the fork has still to complete.</summary>
    internal int SharedPageCount(int length) => length / groupSize * groupSize / AttentionShape.PageWidth;

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

    internal void Release(NativeBuffer state) => freeStates.Push(state);

    private NativeBuffer? TakeState() => stateFloats == 0 ? null : freeStates.TryPop(out NativeBuffer? state) ? state : new NativeBuffer(stateFloats * sizeof(float));

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

    private NativeBuffer? state;

    internal Sequence(KeyValueCache cache, int finalLength, NativeBuffer? state)
    {
        this.cache = cache;
        this.state = state;
        FinalLength = finalLength;
    }

    /// <summary>Features [count, hidden] that take the place of a token in the order of its occurrences, or null; the caller owns them.</summary>
    public (int Token, Matrix Features)? Images { get; init; }

    /// <summary>Features that have taken their place.</summary>
    internal int UsedFeatureCount { get; set; }

    /// <summary>The length that its request declared, or 0.</summary>
    public int FinalLength { get; }

    /// <summary>Positions that have, or in the pass under way will have, keys and values.</summary>
    public int Length { get; private set; }

    /// <summary>A sequence that begins with this one's first <paramref name="length"/> positions.</summary>
    /// <param name="finalLength">Its own declared length, whose rotary frequencies must be this one's.</param>
    public Sequence Fork(int length, int finalLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        if (state is not null)
            throw new InvalidOperationException("A sequence of a recurrent model holds its last state alone, and cannot be forked.");
        var fork = new Sequence(cache, finalLength, null) { Length = length };
        int shared = SharedPageCount(length);
        for (int i = 0; i < shared; i++)
        {
            pages[i].References++;
            fork.pages.Add(pages[i]);
        }
        for (int i = shared; i * AttentionShape.PageWidth < length; i++)
        {
            KeyValueCache.Page copy = cache.Take();
            cache.Copy(pages[i], copy);
            fork.pages.Add(copy);
        }
        return fork;
    }

    /// <summary>The pages of this sequence that a fork after <paramref name="length"/> positions shares.</summary>
    internal int SharedPageCount(int length) => cache.SharedPageCount(length);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KeyValueCache.Page page in pages)
            cache.Release(page);
        pages.Clear();
        if (state is not null)
            cache.Release(state);
        state = null;
    }

    internal void Extend(int tokenCount)
    {
        Length += tokenCount;
        while (pages.Count * AttentionShape.PageWidth < Length)
            pages.Add(cache.Take());
    }

    /// <summary>The state's address, or 0.</summary>
    internal nint StateAddress => state is null ? 0 : (nint)state.Pointer;

    internal nint[] PageAddresses()
    {
        var addresses = new nint[pages.Count];
        for (int i = 0; i < addresses.Length; i++)
            addresses[i] = (nint)pages[i].Buffer.Pointer;
        return addresses;
    }
}
