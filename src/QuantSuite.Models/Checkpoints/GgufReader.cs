using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// A cursor over a GGUF file's head. A size that no file of this length could hold is called false (count, string); one that merely runs past the end,
/// truncation. Nothing is allocated by a claimed count before as many bytes are known to be there.
/// </summary>
internal sealed class GgufReader(MappedFile file)
{
    private const int NestingLimit = 4;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The next byte's offset.</summary>
    public long Position { get; private set; }

    /// <summary>A little-endian number; <paramref name="what"/> names it in a complaint.</summary>
    public T Number<T>(string what) where T : unmanaged => MemoryMarshal.Read<T>(Take(Unsafe.SizeOf<T>(), what));

    /// <summary>A length of 64 bits, then UTF-8.</summary>
    public string Text(string what, int minimum = 0)
    {
        ulong length = Number<ulong>($"the length of {what}");
        if (length < (ulong)minimum || length > (ulong)file.Length || length > int.MaxValue)
            throw Wrong(CheckpointFlaw.String, $"{what} has length {length} in a file of {file.Length} bytes");
        ReadOnlySpan<byte> bytes = Take((int)length, what);
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Wrong(CheckpointFlaw.Utf8, $"{what} is not UTF-8");
        }
    }

    /// <summary>A count of entries, each at least one byte.</summary>
    public long Count(string what)
    {
        ulong count = Number<ulong>($"the number of {what}");
        return count <= (ulong)file.Length ? (long)count : throw Wrong(CheckpointFlaw.Count, $"{count} {what} in a file of {file.Length} bytes");
    }

    /// <summary>A typed value: type number, then the value.</summary>
    public object Value(string key) => Value(Number<uint>($"the type of '{key}'"), key, depth: 0);

    public CheckpointException Wrong(CheckpointFlaw flaw, string what) => new(flaw, $"{file.Path}: {what}.");

    private object Value(uint type, string key, int depth) => type switch
    {
        0 => Number<byte>(key),
        1 => Number<sbyte>(key),
        2 => Number<ushort>(key),
        3 => Number<short>(key),
        4 => Number<uint>(key),
        5 => Number<int>(key),
        6 => Number<float>(key),
        7 => Bool(key),
        8 => Text($"'{key}'"),
        9 => Array(key, depth),
        10 => Number<ulong>(key),
        11 => Number<long>(key),
        12 => Number<double>(key),
        _ => throw Wrong(CheckpointFlaw.Type, $"'{key}' has the unknown value type {type}"),
    };

    private object Array(string key, int depth)
    {
        if (depth == NestingLimit)
            throw Wrong(CheckpointFlaw.Nesting, $"'{key}' is nested more than {NestingLimit} deep");
        uint type = Number<uint>($"the element type of '{key}'");
        ulong count = Number<ulong>($"the length of '{key}'");
        return type switch
        {
            0 => Numbers<byte>(count, key),
            1 => Numbers<sbyte>(count, key),
            2 => Numbers<ushort>(count, key),
            3 => Numbers<short>(count, key),
            4 => Numbers<uint>(count, key),
            5 => Numbers<int>(count, key),
            6 => Numbers<float>(count, key),
            7 => Items(count, 1, key, () => Bool(key)),
            8 => Items(count, 8, key, () => Text($"'{key}'")),
            9 => Items(count, 12, key, () => Array(key, depth + 1)),
            10 => Numbers<ulong>(count, key),
            11 => Numbers<long>(count, key),
            12 => Numbers<double>(count, key),
            _ => throw Wrong(CheckpointFlaw.Type, $"'{key}' is an array of the unknown value type {type}"),
        };
    }

    private T[] Numbers<T>(ulong count, string key) where T : unmanaged =>
        MemoryMarshal.Cast<byte, T>(Take(RequireRoom(count, Unsafe.SizeOf<T>(), key) * Unsafe.SizeOf<T>(), key)).ToArray();

    private T[] Items<T>(ulong count, int leastBytes, string key, Func<T> read)
    {
        var items = new T[RequireRoom(count, leastBytes, key)];
        for (int i = 0; i < items.Length; i++)
            items[i] = read();
        return items;
    }

    private int RequireRoom(ulong count, int leastBytes, string key)
    {
        if (count > (ulong)file.Length / (ulong)leastBytes || count * (ulong)leastBytes > int.MaxValue)
            throw Wrong(CheckpointFlaw.Count, $"'{key}' claims {count} elements in a file of {file.Length} bytes");
        return (long)count * leastBytes <= file.Length - Position ? (int)count : throw Truncated(key);
    }

    private bool Bool(string key) => Number<byte>(key) switch
    {
        0 => false,
        1 => true,
        byte other => throw Wrong(CheckpointFlaw.Bool, $"'{key}' is a bool of value {other}"),
    };

    private ReadOnlySpan<byte> Take(int count, string what)
    {
        if (count > file.Length - Position)
            throw Truncated(what);
        ReadOnlySpan<byte> bytes = file.Bytes(Position, count);
        Position += count;
        return bytes;
    }

    private CheckpointException Truncated(string what) =>
        Wrong(CheckpointFlaw.Truncated, $"the file ends after {file.Length} bytes, within {what}; fetch it again");
}
