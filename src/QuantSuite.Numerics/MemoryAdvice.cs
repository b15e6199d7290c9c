using System.Runtime.InteropServices;

namespace QuantSuite.Numerics;

/// <summary>What the system is told of memory (madvise, on Linux; elsewhere nothing). Advice changes no contents.</summary>
public static unsafe partial class MemoryAdvice
{
    private const int DontNeed = 4;
    private const int HugePage = 14;

    /// <summary>Asks for huge pages (2 MiB) in [start, start + length).</summary>
    public static void WantHugePages(void* start, nuint length) => Advise(start, length, HugePage);

    /// <summary>Gives back the pages of a mapped file that have been read; whoever reads them again gets them from the file.</summary>
    /// <param name="start">Where the mapping begins.</param>
    public static void ReleaseMapped(void* start, nuint length) => Advise(start, length, DontNeed);

    private static void Advise(void* start, nuint length, int advice)
    {
        if (OperatingSystem.IsLinux())
            _ = MemoryAdvise(start, length, advice);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* address, nuint length, int advice);
}
