using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Models.Checkpoints;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>safetensors files against what the format's own package reads from them.</summary>
public class SafetensorsGoldenTests
{
    public static TheoryData<string> Files => Goldens.Cases("safetensors", "*.safetensors");

    public static TheoryData<string, string> Malformed => MalformedFiles.Cases("safetensors/malformed", "file");

    public static TheoryData<string, string> Sharded => MalformedFiles.Cases("safetensors/sharded", "case");

    [SkippableTheory]
    [MemberData(nameof(Files))]
    public void Every_type_reads_as_the_reference_does(string file)
    {
        string path = Path.Combine(Goldens.Folder("safetensors"), file);
        JsonElement expected = Goldens.Json(Path.ChangeExtension(path, ".json"));
        byte[] bytes = File.ReadAllBytes(Path.ChangeExtension(path, ".expected.bin"));
        using Checkpoint checkpoint = CheckpointFiles.Open(path);
        foreach (JsonElement tensor in expected.GetProperty("tensors").EnumerateArray())
        {
            string name = tensor.GetProperty("name").GetString()!;
            Assert.Equal(tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), checkpoint.Tensors[name].Shape);
            int count = tensor.GetProperty("count").GetInt32();
            var values = new float[count];
            checkpoint.Read(name, values);
            ReadOnlySpan<double> wanted = MemoryMarshal.Cast<byte, double>(bytes.AsSpan(tensor.GetProperty("offset").GetInt32(), count * sizeof(double)));
            for (int i = 0; i < count; i++)
                ExactFloat.AssertEqual((float)wanted[i], values[i], $"{name}[{i}]");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_file_is_refused_with_the_complaint_that_is_due(string file, string expect) =>
        MalformedFiles.Check(Path.Combine(Goldens.Folder("safetensors/malformed"), file), expect);

    [SkippableTheory]
    [MemberData(nameof(Sharded))]
    public void A_sharded_folder_is_read_or_refused(string folder, string expect) =>
        MalformedFiles.Check(Path.Combine(Goldens.Folder("safetensors/sharded"), folder), expect, checkpoint =>
            checkpoint.Require("model.norm.weight", (int)checkpoint.Tensors["model.embed_tokens.weight"].RowLength));

    [SkippableFact]
    public void The_index_decides_which_shard_a_tensor_comes_from()
    {
        using Checkpoint valid = CheckpointFiles.Open(Path.Combine(Goldens.Folder("safetensors/sharded"), "valid"));
        Assert.Equal(["a", "b", "c"], valid.Tensors.Keys.Order());
        foreach (TensorInfo tensor in valid.Tensors.Values)
        {
            var values = new float[tensor.ElementCount];
            valid.Read(tensor.Name, values);
            Assert.Equal(Enumerable.Range(0, values.Length).Select(i => (float)i), values);
        }
        using Checkpoint twice = CheckpointFiles.Open(Path.Combine(Goldens.Folder("safetensors/sharded"), "same_tensor_twice"));
        var b = new float[twice.Tensors["b"].ElementCount];
        twice.Read("b", b);
        Assert.Equal(1, b[0]);
    }
}
