using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using QuantSuite.Numerics;

namespace QuantSuite.Tests.Models;

/// <summary>Writes small safetensors checkpoints for tests.</summary>
public static class TestCheckpoint
{
    /// <summary>Writes config.json (any object that serializes to one; null for none) and model.safetensors; returns the folder.</summary>
    public static string Write(string folder, object? config, params IEnumerable<TestTensor> tensors)
    {
        Directory.CreateDirectory(folder);
        if (config is not null)
            File.WriteAllBytes(Path.Combine(folder, "config.json"), JsonSerializer.SerializeToUtf8Bytes(config));
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), Safetensors(tensors));
        return folder;
    }

    /// <summary>Writes one shard for each list of tensors, and the index.</summary>
    public static string WriteSharded(string folder, object? config, params IReadOnlyList<TestTensor>[] shards)
    {
        Write(folder, config);
        File.Delete(Path.Combine(folder, "model.safetensors"));
        var map = new Dictionary<string, string>();
        for (int i = 0; i < shards.Length; i++)
        {
            string name = $"model-{i + 1:d5}-of-{shards.Length:d5}.safetensors";
            File.WriteAllBytes(Path.Combine(folder, name), Safetensors(shards[i]));
            foreach (TestTensor tensor in shards[i])
                map[tensor.Name] = name;
        }
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors.index.json"), JsonSerializer.SerializeToUtf8Bytes(new { weight_map = map }));
        return folder;
    }

    /// <summary>Random tensors by name and sizes, <c>h.0.ln_1 32</c>; a name without an ending stands for its weight and its bias. Vectors go from −1 to 1, others from −0.3 to 0.3.</summary>
    public static IEnumerable<TestTensor> Random(ulong seed, params IEnumerable<string> texts)
    {
        var random = new SeededRandom(seed);
        foreach (string text in texts)
        {
            string[] words = text.Split(' ');
            int[] shape = [.. words[1..].Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
            bool isWhole = words[0].Split('.')[^1] is "weight" or "bias" or "A_log" or "D" or "dt_bias" or "class_embedding";
            yield return Tensor(isWhole ? words[0] : $"{words[0]}.weight", shape);
            if (!isWhole)
                yield return Tensor($"{words[0]}.bias", [shape[0]]);
        }

        TestTensor Tensor(string name, int[] shape) =>
            new(name, shape, [.. Enumerable.Range(0, shape.Aggregate((a, b) => a * b)).Select(_ => (random.NextInt(2001) - 1000) / 1000f * (shape.Length == 1 ? 1 : 0.3f))]);
    }

    /// <summary>The bytes of a .safetensors file.</summary>
    public static byte[] Safetensors(params IEnumerable<TestTensor> tensors)
    {
        var header = new Dictionary<string, object>();
        using var data = new MemoryStream();
        foreach (TestTensor tensor in tensors)
        {
            long begin = data.Position;
            data.Write(tensor.Bytes());
            header.Add(tensor.Name, new { dtype = tensor.Type, shape = tensor.Shape, data_offsets = new[] { begin, data.Position } });
        }
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        byte[] file = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        data.ToArray().CopyTo(file, 8 + json.Length);
        return file;
    }
}

/// <summary>A tensor to be written as F32, F16 or BF16 (rounded to nearest even).</summary>
public sealed record TestTensor(string Name, int[] Shape, float[] Values, string Type = "F32")
{
    public byte[] Bytes()
    {
        if (Values.Length != Shape.Aggregate(1, (product, size) => product * size))
            throw new ArgumentException($"{Name} [{string.Join(", ", Shape)}] with {Values.Length} values");
        return Type switch
        {
            "F32" => Values.SelectMany(BitConverter.GetBytes).ToArray(),
            "F16" => Values.SelectMany(value => BitConverter.GetBytes((Half)value)).ToArray(),
            "BF16" => Values.SelectMany(value => BitConverter.GetBytes(RoundToBFloat16(value))).ToArray(),
            _ => throw new ArgumentException($"no writer for type {Type}"),
        };
    }

    private static ushort RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)(bits >> 16 | 0x40) : (ushort)(bits + 0x7FFF + (bits >> 16 & 1) >> 16);
    }
}
