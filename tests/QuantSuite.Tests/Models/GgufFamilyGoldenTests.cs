using System.Runtime.InteropServices;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>The golden checkpoints written as llama.cpp's converter writes them (names, order of rows, whole gains, experts in one tensor), and read back: the same logits.</summary>
public sealed class GgufFamilyGoldenTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string, string> Cases() => new()
    {
        { "qwen2", "qwen2", "" },
        { "qwen3", "qwen3", "attention.key_length=16" },
        { "gemma", "gemma", "attention.key_length=16" },
        { "olmo2", "olmo2", "" },
        { "smollm3", "smollm3", "" },
        { "phi3", "phi3", "attention.sliding_window=20" },
        { "phi", "phi2", "rope.dimension_count=6" },
        { "stablelm", "stablelm", "rope.dimension_count=4" },
        { "glm", "chatglm", "attention.key_length=16 rope.dimension_count=8" },
        { "glm4", "glm4", "attention.key_length=16 rope.dimension_count=8" },
        { "gpt2", "gpt2", "" },
        { "gpt_neox", "gptneox", "rope.dimension_count=4" },
        { "bloom", "bloom", "" },
        { "falcon-7b-style", "falcon", "attention.head_count_kv=1" },
        { "falcon-40b-style", "falcon", "attention.head_count_kv=2" },
        { "mixtral", "llama", "expert_count=4 expert_used_count=2" },
        { "mamba", "mamba", "ssm.conv_kernel=4 ssm.inner_size=96 ssm.state_size=8 ssm.time_step_rank=5" },
    };

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void LogitsAreThoseOfTheOriginal(string name, string architecture, string extra)
    {
        string golden = Path.Combine(Goldens.Folder("families"), name);
        int[] ids = [.. Goldens.Json(Path.Combine(golden, "golden.json")).GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt32())];
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(golden, "logits.bin"))).ToArray();
        GgufArchitecture known = name switch
        {
            "mixtral" => GgufArchitectures.Mixtral,
            "glm" => GgufArchitectures.Glm,
            _ => GgufArchitectures.All.Single(entry => entry.Name == architecture),
        };
        using (Checkpoint original = CheckpointFiles.Open(golden))
            LlamaCppFile.Write(folder["model.gguf"], original, known, extra);
        using Kernels kernels = Kernels.Create();
        using DecoderModel model = Quantizer.Load(folder["model.gguf"], Recipe.Parse("fp32"), kernels);
        using Matrix logits = model.Logits(ids);
        double worst = expected.Select((value, i) => Math.Abs((double)value - logits.Span[i])).Max();
        Assert.True(worst <= 2e-4, $"{name}: logits differ by {worst}");
    }
}
