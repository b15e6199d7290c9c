using System.Runtime.InteropServices;
using System.Text.Json;
using QuantSuite.Models.Checkpoints;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>GGUF files against what gguf-py reads from them.</summary>
public class GgufGoldenTests
{
    public static TheoryData<string, string> Tensors
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string row in Goldens.Cases("gguf", "*.expected.bin"))
            {
                string file = row.Replace(".expected.bin", "", StringComparison.Ordinal);
                string index = Path.Combine(Goldens.Root, "gguf", file + ".json");
                if (!File.Exists(index))
                    data.Add(file, "");
                else
                    foreach (JsonElement tensor in Goldens.Json(index).GetProperty("tensors").EnumerateArray())
                        data.Add(file, tensor.GetProperty("name").GetString()!);
            }
            return data;
        }
    }

    public static TheoryData<string> Encodings
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (string file in Goldens.Cases("gguf", "quantize.*.bin"))
                if (file != "quantize.input.bin")
                    data.Add(file);
            return data;
        }
    }

    public static TheoryData<string, string> Malformed => MalformedFiles.Cases("gguf/malformed", "file");

    public static TheoryData<string> Models => Goldens.Cases("gguf", "*.logits.bin");

    [SkippableTheory]
    [MemberData(nameof(Tensors))]
    public void A_tensor_dequantizes_to_the_bit(string file, string name)
    {
        string path = Path.Combine(Goldens.Folder("gguf"), file);
        JsonElement expected = Goldens.Json(path + ".json").GetProperty("tensors").EnumerateArray()
            .Single(tensor => tensor.GetProperty("name").GetString() == name);
        using Checkpoint checkpoint = CheckpointFiles.Open(path + ".gguf");
        Assert.Equal(expected.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), checkpoint.Tensors[name].Shape);
        Assert.Equal(expected.GetProperty("type").GetString(), checkpoint.Tensors[name].Type);

        var values = new float[expected.GetProperty("count").GetInt32()];
        checkpoint.Read(name, values);
        byte[] bytes = File.ReadAllBytes(path + ".expected.bin");
        ReadOnlySpan<float> wanted = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(expected.GetProperty("offset").GetInt32(), values.Length * sizeof(float)));
        for (int i = 0; i < values.Length; i++)
            ExactFloat.AssertEqual(wanted[i], values[i], $"{name}[{i}]");
    }

    [SkippableTheory]
    [MemberData(nameof(Encodings))]
    public void A_row_is_written_as_gguf_py_writes_it(string file)
    {
        string folder = Goldens.Folder("gguf"), name = file.Split('.')[1];
        TensorType type = TensorType.Ggml.Values.Single(type => type.Name == name);
        float[] input = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, "quantize.input.bin"))).ToArray();
        var written = new byte[type.ByteCount(input.Length)];
        Assert.NotNull(type.Encode);
        type.Encode(input, written);
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder, file)), written);
    }

    [SkippableTheory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_file_is_refused_with_the_complaint_that_is_due(string file, string expect) =>
        MalformedFiles.Check(Path.Combine(Goldens.Folder("gguf/malformed"), file), expect, checkpoint => _ = checkpoint.Config);

    [SkippableFact]
    public void Metadata_comes_in_its_own_types()
    {
        using Checkpoint checkpoint = CheckpointFiles.Open(Path.Combine(Goldens.Folder("gguf"), "all_types.gguf"));
        Assert.Equal((byte)200, checkpoint.Metadata["test.u8"]);
        Assert.Equal((sbyte)-100, checkpoint.Metadata["test.i8"]);
        Assert.Equal((ushort)60000, checkpoint.Metadata["test.u16"]);
        Assert.Equal((short)-30000, checkpoint.Metadata["test.i16"]);
        Assert.Equal(4000000000u, checkpoint.Metadata["test.u32"]);
        Assert.Equal(-2000000000, checkpoint.Metadata["test.i32"]);
        Assert.Equal(ulong.MaxValue, checkpoint.Metadata["test.u64"]);
        Assert.Equal(long.MinValue, checkpoint.Metadata["test.i64"]);
        Assert.Equal(0.1f, checkpoint.Metadata["test.f32"]);
        Assert.Equal(0.1, checkpoint.Metadata["test.f64"]);
        Assert.Equal(true, checkpoint.Metadata["test.true"]);
        Assert.Equal(false, checkpoint.Metadata["test.false"]);
        Assert.Equal("naïve 日本 🦙", checkpoint.Metadata["test.string"]);
        Assert.Equal(["a", "", "ü"], Assert.IsType<string[]>(checkpoint.Metadata["test.strings"]));
        Assert.Equal([1, -2, 3], Assert.IsType<int[]>(checkpoint.Metadata["test.ints"]));
        Assert.Equal([0.5f, -1.5f], Assert.IsType<float[]>(checkpoint.Metadata["test.floats"]));
        Assert.Equal([true, false, true], Assert.IsType<bool[]>(checkpoint.Metadata["test.bools"]));
    }

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void A_llama_file_has_Hugging_Face_names_and_configuration(string logits)
    {
        string folder = Goldens.Folder("gguf");
        JsonElement expected = Goldens.Json(Path.Combine(folder, logits.Split('.')[0] + ".json")).GetProperty("config");
        using Checkpoint checkpoint = CheckpointFiles.Open(Path.Combine(folder, logits.Replace(".logits.bin", ".gguf", StringComparison.Ordinal)));
        ModelConfig config = checkpoint.Config;
        int hidden = expected.GetProperty("hidden").GetInt32(), vocabulary = expected.GetProperty("vocab").GetInt32();
        Assert.Equal("llama", config.ModelType);
        Assert.Equal(hidden, config.Int("hidden_size"));
        Assert.Equal(expected.GetProperty("layers").GetInt32(), config.Int("num_hidden_layers"));
        Assert.Equal(expected.GetProperty("heads").GetInt32(), config.Int("num_attention_heads"));
        Assert.Equal(expected.GetProperty("kv_heads").GetInt32(), config.Int("num_key_value_heads"));
        Assert.Equal(hidden / config.Int("num_attention_heads"), config.Int("head_dim"));
        Assert.Equal((float)expected.GetProperty("rms_eps").GetDouble(), config.Float("rms_norm_eps"));
        Assert.Equal((float)expected.GetProperty("rope_theta").GetDouble(), config.Float("rope_theta"));
        checkpoint.Require("model.embed_tokens.weight", vocabulary, hidden);
        checkpoint.Require("model.layers.1.self_attn.k_proj.weight", config.Int("num_key_value_heads") * config.Int("head_dim"), hidden);
        checkpoint.Require("model.layers.0.mlp.down_proj.weight", hidden, config.Int("intermediate_size"));
        Assert.Equal(checkpoint.Tensors.ContainsKey("lm_head.weight"), !config.Bool("tie_word_embeddings", true));
        Assert.All(checkpoint.Tensors.Keys, name => Assert.True(name.StartsWith("model.", StringComparison.Ordinal) || name == "lm_head.weight", name));
    }
}
