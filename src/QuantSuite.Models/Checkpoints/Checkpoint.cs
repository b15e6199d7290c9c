using QuantSuite.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// Tensors of a model on disk, memory-mapped: safetensors (one file or shards) or GGUF. Everything about a file (sizes, offsets, names, types) is
/// checked before a byte of a tensor is trusted. Names and layout are Hugging Face's, whatever the file's own.
/// </summary>
public abstract class Checkpoint : IDisposable
{
    /// <summary>The path that was opened: a folder or a file.</summary>
    public abstract string Path { get; }

    /// <summary>config.json of the folder, or the same keys built from GGUF metadata.</summary>
    public abstract ModelConfig Config { get; }

    /// <summary>All tensors by name.</summary>
    public abstract IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>SHA-256 over configuration, tensor names, types, shapes and bytes, lower-case hex. Reads the whole file at the first call.</summary>
    public abstract string ContentHash { get; }

    /// <summary>Values of a tensor as float32, row-major.</summary>
    /// <exception cref="CheckpointException">The tensor is missing, or its size is not <paramref name="destination"/>'s.</exception>
    public abstract void Read(string name, Span<float> destination);

    /// <summary>A tensor [rows, columns] as float32.</summary>
    public Matrix ReadMatrix(string name, int rows, int columns)
    {
        Require(name, rows, columns);
        var matrix = new Matrix(rows, columns);
        Read(name, matrix.Span);
        return matrix;
    }

    /// <summary>A tensor [length] as float32.</summary>
    public float[] ReadVector(string name, int length)
    {
        Require(name, length);
        var vector = new float[length];
        Read(name, vector);
        return vector;
    }

    /// <summary>Throws unless the tensor is there with this shape.</summary>
    public TensorInfo Require(string name, params ReadOnlySpan<int> shape)
    {
        if (!Tensors.TryGetValue(name, out TensorInfo? tensor))
            throw new CheckpointException($"{Path}: tensor '{name}' is missing; the file holds {Tensors.Count} tensors. Is the checkpoint complete, and is config.json its own?");
        bool same = tensor.Shape.Count == shape.Length;
        for (int i = 0; same && i < shape.Length; i++)
            same = tensor.Shape[i] == shape[i];
        if (!same)
            throw new CheckpointException($"{Path}: tensor '{name}' has shape [{string.Join(", ", tensor.Shape)}], expected [{string.Join(", ", shape.ToArray())}] from config.json.");
        return tensor;
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>A tensor as the file describes it: its type in the file's own word (<c>BF16</c>, <c>Q4_1</c>), shape (outermost first) and size.</summary>
public sealed record TensorInfo(string Name, string Type, IReadOnlyList<long> Shape, long ByteCount);

/// <summary>A checkpoint that cannot be used; the message says what, got, expected, remedy.</summary>
public sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
