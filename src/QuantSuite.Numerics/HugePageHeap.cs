using System.Runtime.InteropServices;

namespace QuantSuite.Numerics;

/// <summary>
/// Memory in huge pages (2 MiB, asked for with madvise on Linux) for buffers that are smaller than one: weights of some hundred kilobytes, pages of the KV
/// cache, activations. Each on 4 KiB pages of its own, reading packed weights was measured to lose a third of its speed to address translation.
/// Slabs of 32 MiB, the free ranges of each in order of address, first fit, neighbours joined when they come back. An empty slab goes back to the system,
/// except the last one.
/// </summary>
internal static unsafe class HugePageHeap
{
    private const nuint PageBytes = 2 << 20;
    private const nuint SlabBytes = 32 << 20;
    private const nuint LargestShared = 8 << 20;
    private const nuint SmallestShared = 16 << 10;
    private const nuint Line = 64;

    private static readonly Lock Gate = new();
    private static readonly List<Slab> Slabs = [];

    /// <summary>Takes memory, 64-byte aligned, with any contents.</summary>
    public static byte* Take(nuint size)
    {
        if (size < SmallestShared)
            return (byte*)NativeMemory.AlignedAlloc(size, Line);
        if (size > LargestShared)
            return Pages(size);
        size = RoundUp(size, Line);
        lock (Gate)
        {
            foreach (Slab slab in Slabs)
                if (slab.Take(size) is var found && found != null)
                    return found;
            Slabs.Add(new Slab(Pages(SlabBytes)));
            return Slabs[^1].Take(size);
        }
    }

    /// <summary>Gives back memory of the size that was asked for.</summary>
    public static void Return(byte* pointer, nuint size)
    {
        if (size is < SmallestShared or > LargestShared)
        {
            NativeMemory.AlignedFree(pointer);
            return;
        }
        lock (Gate)
        {
            Slab owner = Slabs.Find(slab => slab.Holds(pointer))!;
            owner.Return(pointer, RoundUp(size, Line));
            if (owner.IsEmpty && Slabs.Count > 1)
            {
                Slabs.Remove(owner);
                NativeMemory.AlignedFree(owner.Start);
            }
        }
    }

    private static byte* Pages(nuint size)
    {
        size = RoundUp(size, PageBytes);
        byte* pages = (byte*)NativeMemory.AlignedAlloc(size, PageBytes);
        MemoryAdvice.WantHugePages(pages, size);
        return pages;
    }

    private static nuint RoundUp(nuint size, nuint unit) => (size + unit - 1) / unit * unit;

    // Free ranges by offset.
    private sealed class Slab(byte* start)
    {
        private readonly SortedList<nuint, nuint> free = new() { { 0, SlabBytes } };

        public byte* Start { get; } = start;

        public bool IsEmpty => free.Count == 1 && free.GetValueAtIndex(0) == SlabBytes;

        public bool Holds(byte* pointer) => pointer >= Start && pointer < Start + SlabBytes;

        public byte* Take(nuint size)
        {
            for (int i = 0; i < free.Count; i++)
            {
                nuint offset = free.GetKeyAtIndex(i), length = free.GetValueAtIndex(i);
                if (length < size)
                    continue;
                free.RemoveAt(i);
                if (length > size)
                    free.Add(offset + size, length - size);
                return Start + offset;
            }
            return null;
        }

        public void Return(byte* pointer, nuint size)
        {
            nuint offset = (nuint)(pointer - Start);
            free.Add(offset, size);
            int i = free.IndexOfKey(offset);
            if (i + 1 < free.Count && offset + size == free.GetKeyAtIndex(i + 1))
                Join(i);
            if (i > 0 && free.GetKeyAtIndex(i - 1) + free.GetValueAtIndex(i - 1) == offset)
                Join(i - 1);
        }

        private void Join(int i)
        {
            nuint length = free.GetValueAtIndex(i) + free.GetValueAtIndex(i + 1);
            free.RemoveAt(i + 1);
            free.SetValueAtIndex(i, length);
        }
    }
}
