using System.IO.MemoryMappedFiles;
using QuantSuite.Numerics;

namespace QuantSuite.Quantization.Calibration;

/// <summary>Hidden states [tokens, hidden size] of the calibration text: in memory, or in a temporary file where they are large.</summary>
internal sealed unsafe class HiddenStates : IDisposable
{
    private readonly Matrix? matrix;
    private readonly FileStream? file;
    private readonly MemoryMappedFile? mapping;
    private readonly MemoryMappedViewAccessor? view;
    private readonly float* values;

    /// <summary>Zeros.</summary>
    /// <param name="memoryLimit">Bytes beyond which a temporary file holds them; it goes with the process.</param>
    public HiddenStates(long rows, int columns, long memoryLimit)
    {
        Columns = columns;
        long bytes = checked(rows * columns * sizeof(float));
        if (bytes <= memoryLimit)
        {
            matrix = new Matrix(checked((int)rows), columns);
            values = matrix.Pointer;
            return;
        }
        string path = Path.Combine(Path.GetTempPath(), $"quantsuite-{Guid.NewGuid():N}.hidden");
        file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 4096, FileOptions.DeleteOnClose);
        mapping = MemoryMappedFile.CreateFromFile(file, null, bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        view = mapping.CreateViewAccessor(0, bytes);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        values = (float*)pointer;
    }

    /// <summary>Hidden size.</summary>
    public int Columns { get; }

    /// <summary>Reads rows from a first one on.</summary>
    public void Read(long firstRow, Matrix destination) =>
        Buffer.MemoryCopy(values + firstRow * Columns, destination.Pointer, ByteCount(destination), ByteCount(destination));

    /// <summary>Replaces rows from a first one on.</summary>
    public void Write(long firstRow, Matrix source) => Buffer.MemoryCopy(source.Pointer, values + firstRow * Columns, ByteCount(source), ByteCount(source));

    /// <inheritdoc/>
    public void Dispose()
    {
        matrix?.Dispose();
        if (view is null)
            return;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        mapping!.Dispose();
        file!.Dispose();
    }

    private static long ByteCount(Matrix matrix) => (long)matrix.Rows * matrix.Columns * sizeof(float);
}
