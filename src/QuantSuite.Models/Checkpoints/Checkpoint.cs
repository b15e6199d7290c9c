using System.IO.Enumeration;
using QuantSuite.Numerics;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// Tensors of a model on disk, memory-mapped: safetensors (one file or shards) or GGUF. Everything about a file (sizes, offsets, names, types) is
/// checked before a byte of a tensor is trusted. Names and layout are Hugging Face's, whatever the file's own.
/// <see cref="CheckpointFiles.Open"/> makes one.
/// </summary>
/// <remarks>
/// A <i>row</i> is one slice along the outermost dimension: of a matrix [out, in] a run of in values, of a vector one value. Tensors of any size can be
/// read by rows, so that nothing needs a second full copy. Reading is safe from several threads.
/// </remarks>
public abstract class Checkpoint : IDisposable
{
    private const int ChunkLength = 1 << 18; // values decoded at a time, and checked while they are in the cache; a multiple of every block

    private readonly Dictionary<string, StoredTensor> stored;
    private readonly IReadOnlyList<MappedFile> files;
    private readonly Lazy<string> contentHash;
    private readonly Lazy<QuantizedLayout?> layout;
    private readonly HashSet<string> claimed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, float[]> vectors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, float> offsets = new(StringComparer.Ordinal);

    private protected Checkpoint(
        string path, IReadOnlyList<MappedFile> files, Dictionary<string, StoredTensor> stored, IReadOnlyDictionary<string, object> metadata)
    {
        Path = path;
        this.files = files;
        this.stored = stored;
        Metadata = metadata;
        Tensors = stored.ToDictionary(pair => pair.Key, pair => pair.Value.Info);
        contentHash = new Lazy<string>(() => CheckpointHash.Compute(HasConfig ? Config : null, stored.Values));
        layout = new Lazy<QuantizedLayout?>(() => FindLayout(stored.Values));
    }

    /// <summary>The path that was opened: a folder or a file.</summary>
    public string Path { get; }

    /// <summary>The container: <c>safetensors</c> or <c>gguf</c>.</summary>
    public abstract string Format { get; }

    /// <summary>config.json of the folder, or the same keys built from GGUF metadata.</summary>
    /// <exception cref="CheckpointException">There is none, or the GGUF architecture is not supported.</exception>
    public abstract ModelConfig Config { get; }

    /// <summary>Whether there is a <see cref="Config"/>: a lone tensor file has none, and can be inspected all the same.</summary>
    public abstract bool HasConfig { get; }

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>
    /// The file's own key-values. GGUF: numbers in their .NET types, <see cref="bool"/>, <see cref="string"/>, and arrays of these
    /// (<c>string[]</c>, <c>int[]</c>, <c>float[]</c>, …). safetensors: strings.
    /// </summary>
    public IReadOnlyDictionary<string, object> Metadata { get; }

    /// <summary>
    /// SHA-256 over configuration, tensor names, types, shapes and bytes, lower-case hex; how the tensors are spread over files does not matter.
    /// Reads the whole file at the first call.
    /// </summary>
    public string ContentHash => contentHash.Value;

    /// <summary>How the linears are quantized, or null for a checkpoint of plain values.</summary>
    /// <exception cref="CheckpointException">They are, in a way that cannot be read.</exception>
    public QuantizedLayout? Layout => layout.Value;

    /// <summary>The codes of the linear <c>name</c> [rows, columns], whose tensors then count as used; null where the checkpoint has plain values.</summary>
    public FiledCodes? FindCodes(string name, int rows, int columns)
    {
        FiledCodes? codes = Layout?.Find(this, name, rows, columns);
        if (codes is not null)
            claimed.UnionWith(codes.TensorNames);
        return codes;
    }

    /// <summary>The vectors that a model has taken by <see cref="ReadVector"/>, in the arrays that it runs on: what a method has scaled is seen here.</summary>
    public IReadOnlyDictionary<string, float[]> Vectors => vectors;

    /// <summary>Values of a tensor as float32, row-major.</summary>
    /// <exception cref="CheckpointException">The tensor is missing, its type cannot be read, or its size is not <paramref name="destination"/>'s.</exception>
    public void Read(string name, Span<float> destination)
    {
        StoredTensor tensor = Find(name);
        RequireLength(tensor.Info, tensor.Info.ElementCount, destination);
        Decode(tensor, 0, tensor.Info.RowCount, destination);
    }

    /// <summary>Rows [firstRow, firstRow + rowCount) of a tensor as float32.</summary>
    /// <exception cref="CheckpointException">The tensor is missing, its type cannot be read, or the sizes disagree.</exception>
    public void ReadRows(string name, int firstRow, int rowCount, Span<float> destination)
    {
        StoredTensor tensor = FindRows(name, firstRow, rowCount);
        RequireLength(tensor.Info, rowCount * tensor.Info.RowLength, destination);
        Decode(tensor, firstRow, rowCount, destination);
    }

    /// <summary>
    /// The bytes of rows as they lie in the file (valid until disposal; nothing says that they are aligned), for a reader that knows the type, such as
    /// a kernel that packs BF16 without widening. False where the file holds the rows in another order, or where they are not whole blocks or too
    /// many for one span.
    /// </summary>
    /// <exception cref="CheckpointException">The tensor is missing, or has no such rows.</exception>
    public bool TryRawRows(string name, int firstRow, int rowCount, out ReadOnlySpan<byte> bytes)
    {
        StoredTensor tensor = FindRows(name, firstRow, rowCount);
        long first = firstRow * tensor.Info.RowLength, count = rowCount * tensor.Info.RowLength;
        int block = tensor.Type.BlockLength;
        bool asStored = tensor.RowOrder is null && first % block == 0 && count % block == 0 && tensor.Type.ByteCount(count) <= int.MaxValue;
        bytes = asStored ? tensor.Bytes(first, count) : default;
        return asStored;
    }

    /// <summary>A tensor [rows, columns] as float32, every value finite.</summary>
    public Matrix ReadMatrix(string name, int rows, int columns)
    {
        Require(name, rows, columns);
        var matrix = new Matrix(rows, columns);
        try
        {
            int step = Math.Max(1, ChunkLength / Math.Max(1, columns));
            for (int row = 0; row < rows; row += step)
                ReadFinite(name, row, Rows(matrix, row, Math.Min(step, rows - row)));
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <summary>A tensor [length] as float32, every value finite.</summary>
    /// <param name="offset">What is added to every value: 1 for gains that the file has less 1.</param>
    public float[] ReadVector(string name, int length, float offset = 0) => ReadTensor(name, offset, length);

    /// <summary>A small tensor of any shape as float32, row-major, every value finite; kept as <see cref="ReadVector"/> keeps vectors.</summary>
    public float[] ReadTensor(string name, float offset, params ReadOnlySpan<int> shape)
    {
        Require(name, shape);
        var vector = new float[Tensors[name].ElementCount];
        Read(name, vector);
        RequireFinite(name, vector);
        if (offset != 0 && !HasWholeGains && Layout?.HasWholeGains != true)
            vector = Array.ConvertAll(vector, value => value + offset);
        vectors[name] = vector;
        if (offset != 0)
            offsets[name] = offset;
        return vector;
    }

    /// <summary>What was added to the values of a vector as it was read.</summary>
    public float OffsetOf(string name) => offsets.GetValueOrDefault(name);

    /// <summary>Throws unless the tensor is there with this shape.</summary>
    public TensorInfo Require(string name, params ReadOnlySpan<int> shape)
    {
        TensorInfo tensor = Find(name).Info;
        bool same = tensor.Shape.Count == shape.Length;
        for (int i = 0; same && i < shape.Length; i++)
            same = tensor.Shape[i] == shape[i];
        return same ? tensor : throw Wrong(CheckpointFlaw.Shape,
            $"tensor '{name}' has shape [{tensor.ShapeText}], expected [{string.Join(", ", shape.ToArray())}] from config.json");
    }

    /// <summary>
    /// Throws where a tensor of the file is neither used nor of a name that is known to be no weight: a model that leaves weights unread is another model.
    /// </summary>
    /// <param name="used">Names that the model has read.</param>
    /// <param name="ignorable">Names of stored buffers, with <c>*</c> for any run of characters, such as <c>*.rotary_emb.inv_freq</c>.</param>
    public void RequireNoOtherTensors(IEnumerable<string> used, params ReadOnlySpan<string> ignorable)
    {
        var others = new SortedSet<string>(stored.Keys, StringComparer.Ordinal);
        others.ExceptWith(used);
        others.ExceptWith(claimed);
        foreach (string pattern in ignorable)
            others.RemoveWhere(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));
        if (others.Count == 0)
            return;
        string names = string.Join(", ", others.Take(5).Select(name => $"'{name}'")) + (others.Count > 5 ? $" and {others.Count - 5} more" : "");
        throw Wrong(CheckpointFlaw.ExtraTensor,
            $"{others.Count} of {stored.Count} tensors have no place in this model: {names}; fetch config.json of this very checkpoint");
    }

    /// <summary>Throws where a tensor holds NaN or infinity, naming the first; for tensors that are taken by <see cref="TryRawRows"/>.</summary>
    public void RequireFinite(string name)
    {
        TensorInfo tensor = Find(name).Info;
        if (tensor.ElementCount == 0)
            return;
        int step = (int)Math.Clamp(ChunkLength / tensor.RowLength, 1, tensor.RowCount);
        var values = new float[checked((int)(step * tensor.RowLength))];
        for (int row = 0; row < tensor.RowCount; row += step)
            ReadFinite(name, row, values.AsSpan(0, (int)(Math.Min(step, tensor.RowCount - row) * tensor.RowLength)));
    }

    /// <summary>Throws where values just read from a tensor, beginning at a row, hold NaN or infinity, naming the first.</summary>
    public void RequireFinite(string name, ReadOnlySpan<float> values, int firstRow = 0)
    {
        int index = Widening.IndexOfNonFinite(values);
        if (index < 0)
            return;
        TensorInfo tensor = Find(name).Info;
        (long row, long column) = Math.DivRem(index, tensor.RowLength);
        string place = tensor.Shape.Count < 2 ? $"element {firstRow + index}" : $"row {firstRow + row} column {column}";
        throw Wrong(CheckpointFlaw.NotFinite, $"tensor '{name}' {place} is {(float.IsNaN(values[index]) ? "NaN" : "infinite")}, the first of {CountNonFinite(name)} such values, " +
            "expected finite weights; fetch or convert the checkpoint again");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MappedFile file in files)
            file.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The files that are mapped, and closed with the checkpoint.</summary>
    internal IReadOnlyList<MappedFile> Files => files;

    /// <summary>Where a tensor lies.</summary>
    internal StoredTensor Stored(string name) => Find(name);

    /// <summary>Writes a GGUF file of the same metadata, tokenizer included, without a tensor; only a GGUF checkpoint has it.</summary>
    internal virtual void WriteMetadata(string filePath) => throw new NotSupportedException($"{Path} is no GGUF file.");

    // Whether gains that the architecture stores less 1 are whole in this container.
    private protected virtual bool HasWholeGains => false;

    private protected virtual QuantizedLayout? FindLayout(IEnumerable<StoredTensor> tensors) => HasConfig ? QuantizedLayouts.Of(Config) : null;

    private static unsafe Span<float> Rows(Matrix matrix, int row, int count) => new(matrix.Pointer + (long)row * matrix.Columns, count * matrix.Columns);

    private void ReadFinite(string name, int firstRow, Span<float> destination)
    {
        long length = Find(name).Info.RowLength;
        ReadRows(name, firstRow, length == 0 ? 0 : (int)(destination.Length / length), destination);
        RequireFinite(name, destination, firstRow);
    }

    private long CountNonFinite(string name)
    {
        TensorInfo tensor = Find(name).Info;
        var row = new float[checked((int)tensor.RowLength)];
        long count = 0;
        for (int i = 0; i < tensor.RowCount; i++)
        {
            ReadRows(name, i, 1, row);
            count += row.LongCount(value => !float.IsFinite(value));
        }
        return count;
    }

    private StoredTensor Find(string name) => stored.TryGetValue(name, out StoredTensor? tensor)
        ? tensor
        : throw Wrong(CheckpointFlaw.MissingTensor,
            $"tensor '{name}' is missing; the file holds {stored.Count} others; fetch all of it, with its own config.json");

    private StoredTensor FindRows(string name, int firstRow, int rowCount)
    {
        StoredTensor tensor = Find(name);
        return firstRow >= 0 && rowCount >= 0 && (long)firstRow + rowCount <= tensor.Info.RowCount ? tensor : throw Wrong(CheckpointFlaw.Shape,
            $"tensor '{name}' [{tensor.Info.ShapeText}] has {tensor.Info.RowCount} rows, asked for {rowCount} from row {firstRow}");
    }

    private void RequireLength(TensorInfo tensor, long length, Span<float> destination)
    {
        if (length != destination.Length)
            throw Wrong(CheckpointFlaw.Shape, $"tensor '{tensor.Name}' [{tensor.ShapeText}] gives {length} values, the destination holds {destination.Length}");
    }

    private void Decode(StoredTensor tensor, long firstRow, long rowCount, Span<float> destination)
    {
        TensorDecoder decode = tensor.Type.Decode ?? throw Wrong(CheckpointFlaw.Type,
            $"type {tensor.Info.Type} of tensor '{tensor.Info.Name}' cannot be read yet; supported: {string.Join(", ", TensorType.Readable(Format))}");
        long length = tensor.Info.RowLength;
        if (tensor.RowOrder is null)
            DecodeRun(tensor, decode, firstRow * length, destination);
        else
            for (int i = 0; i < rowCount; i++)
                DecodeRun(tensor, decode, tensor.StoredRow(firstRow + i) * length, destination.Slice((int)(i * length), (int)length));
    }

    private void DecodeRun(StoredTensor tensor, TensorDecoder decode, long first, Span<float> destination)
    {
        int block = tensor.Type.BlockLength;
        if (first % block != 0 || destination.Length % block != 0)
            throw Wrong(CheckpointFlaw.Shape,
                $"tensor '{tensor.Info.Name}' [{tensor.Info.ShapeText}] lies in {tensor.Info.Type} blocks of {block}, which its rows divide");
        for (int done = 0; done < destination.Length; done += ChunkLength)
        {
            Span<float> chunk = destination.Slice(done, Math.Min(ChunkLength, destination.Length - done));
            decode(tensor.Bytes(first + done, chunk.Length), chunk);
        }
    }

    private CheckpointException Wrong(CheckpointFlaw flaw, string what) => new(flaw, $"{Path}: {what}.");
}
