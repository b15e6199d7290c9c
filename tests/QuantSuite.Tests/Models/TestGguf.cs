using System.Text;

namespace QuantSuite.Tests.Models;

/// <summary>Writes small GGUF v3 files for tests.</summary>
public static class TestGguf
{
    /// <summary>Value types by .NET type, in GGUF's numbering; strings are 8, arrays 9.</summary>
    private static readonly List<Type?> ValueTypes =
    [
        typeof(byte), typeof(sbyte), typeof(ushort), typeof(short), typeof(uint), typeof(int), typeof(float), typeof(bool), typeof(string), null,
        typeof(ulong), typeof(long), typeof(double),
    ];

    /// <summary>Writes a file; metadata values are numbers, strings, or arrays of one of these. Returns the path.</summary>
    public static string Write(string path, IReadOnlyDictionary<string, object> metadata, params IReadOnlyList<TestGgufTensor> tensors)
    {
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write("GGUF"u8);
        writer.Write(3);
        writer.Write((long)tensors.Count);
        writer.Write((long)metadata.Count);
        foreach ((string key, object value) in metadata)
        {
            WriteText(writer, key);
            WriteValue(writer, value);
        }
        WriteHeads(writer, tensors);
        foreach (TestGgufTensor tensor in tensors)
        {
            Pad(writer);
            writer.Write(tensor.Bytes);
        }
        Pad(writer);
        return path;
    }

    private static void WriteHeads(BinaryWriter writer, IReadOnlyList<TestGgufTensor> tensors)
    {
        long offset = 0;
        foreach (TestGgufTensor tensor in tensors)
        {
            WriteText(writer, tensor.Name);
            writer.Write(tensor.Shape.Length);
            foreach (int size in tensor.Shape.Reverse())
                writer.Write((long)size);
            writer.Write(tensor.Type);
            writer.Write(offset);
            offset += (tensor.Bytes.Length + 31) / 32 * 32;
        }
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        if (value is not Array array)
        {
            writer.Write(ValueTypes.IndexOf(value.GetType()));
            WriteScalar(writer, value);
            return;
        }
        writer.Write(9);
        writer.Write(ValueTypes.IndexOf(array.GetType().GetElementType()));
        writer.Write((long)array.Length);
        foreach (object item in array)
            WriteScalar(writer, item);
    }

    private static void WriteScalar(BinaryWriter writer, object value)
    {
        if (value is string text)
            WriteText(writer, text);
        else
            typeof(BinaryWriter).GetMethod(nameof(BinaryWriter.Write), [value.GetType()])!.Invoke(writer, [value]);
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    private static void Pad(BinaryWriter writer)
    {
        while (writer.BaseStream.Position % 32 != 0)
            writer.Write((byte)0);
    }
}

/// <summary>A tensor as its bytes, with GGML's type number (0 is F32) and its shape, outermost first.</summary>
public sealed record TestGgufTensor(string Name, int[] Shape, int Type, byte[] Bytes)
{
    /// <summary>A float32 tensor.</summary>
    public TestGgufTensor(string name, int[] shape, float[] values)
        : this(name, shape, 0, [.. values.SelectMany(BitConverter.GetBytes)])
    {
    }
}
