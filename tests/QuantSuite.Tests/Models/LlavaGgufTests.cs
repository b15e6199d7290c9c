using System.Runtime.InteropServices;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Vision;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>LLaVA in llama.cpp's two files says the same, to the bit, as the checkpoint that they were made from.</summary>
public sealed class LlavaGgufTests : IDisposable
{
    private const int ImageToken = 60, VocabularySize = 64, ImageSide = 14, ImageFeatureCount = 4;
    private const string Text = """{"model_type":"llama","vocab_size":64,"hidden_size":32,"intermediate_size":40,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"max_position_embeddings":64,"rms_norm_eps":0.003,"rope_theta":10000.0}""";
    private const string Vision = """{"hidden_size":16,"intermediate_size":24,"num_hidden_layers":3,"num_attention_heads":2,"image_size":14,"patch_size":7,"layer_norm_eps":0.002,"hidden_act":"quick_gelu"}""";

    private readonly TestFolder folder = new();
    private readonly Dictionary<string, object> head = new()
    {
        ["general.architecture"] = "clip",
        ["clip.has_text_encoder"] = false,
        ["clip.has_vision_encoder"] = true,
        ["clip.has_llava_projector"] = true,
        ["clip.projector_type"] = "mlp",
        ["clip.use_gelu"] = false,
        ["clip.vision.embedding_length"] = 16u,
        ["clip.vision.feed_forward_length"] = 24u,
        ["clip.vision.block_count"] = 2u,
        ["clip.vision.attention.head_count"] = 2u,
        ["clip.vision.attention.layer_norm_epsilon"] = 0.002f,
        ["clip.vision.image_size"] = 14u,
        ["clip.vision.patch_size"] = 7u,
        ["clip.vision.image_mean"] = new[] { 0.5f, 0.25f, 0f },
        ["clip.vision.image_std"] = new[] { 0.5f, 1f, 2f },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheTwoFilesSayWhatTheCheckpointSays(bool crossed)
    {
        WriteOriginal();
        WriteLanguage();
        WriteProjector(crossed);
        int[] ids = [1, 7, .. Enumerable.Repeat(ImageToken, ImageFeatureCount), 9, 30, 2];
        foreach (string recipe in (string[])["fp32", "rtn-int4-g16"])
        {
            using Kernels kernels = Kernels.Create(2);
            using DecoderModel original = Quantizer.Load(folder["original"], Recipe.Parse(recipe), kernels), model = Quantizer.Load(folder["two"], Recipe.Parse(recipe), kernels);
            Assert.Equal(("llava", VocabularySize), (model.Architecture.ModelType, model.Architecture.Vision!.ImageToken)); // the first id that is no token
            using Matrix pixels = Pixels();
            using Matrix seen = original.Features([pixels]), features = model.Features([pixels]);
            Assert.Equal(ImageFeatureCount, features.Rows);
            Assert.True(Bits(seen).SequenceEqual(Bits(features)), recipe);
            using Matrix expected = original.Logits(ids, images: [pixels]);
            foreach (bool stepwise in new[] { false, true })
                using (Matrix logits = model.Logits([.. ids.Select(id => id == ImageToken ? VocabularySize : id)], stepwise, [pixels]))
                    Assert.True(Bits(expected).SequenceEqual(Bits(logits)), $"{recipe}, stepwise {stepwise}");
            Assert.Throws<ArgumentException>(() => model.Logits([1, VocabularySize]));
        }
    }

    [Fact]
    public void TheFolderIsFoundAndItsImagesHaveItsColours()
    {
        WriteOriginal();
        WriteLanguage();
        WriteProjector(crossed: true);
        ModelLocation location = Assert.Single(ModelLocation.Find(folder["two"]));
        Assert.Equal(("two", "llava"), (location.Name, location.Family));
        using Checkpoint checkpoint = CheckpointFiles.Open(folder["two"]);
        using Kernels kernels = Kernels.Create(1);
        using DecoderModel model = Quantizer.Load(folder["two"], Recipe.Parse("fp32"), kernels);
        ImagePreprocessorTests.WritePng(folder["even.png"], 20, 30, (_, _) => (200, 100, 50));
        using Matrix pixels = ImagePreprocessor.Load(checkpoint, model.Architecture.Vision!).Read(folder["even.png"]);
        Assert.All(pixels.Row(0).ToArray(), value => Assert.Equal((200 / 255f - 0.5f) / 0.5f, value, 1e-5));
        Assert.All(pixels.Row(1).ToArray(), value => Assert.Equal(100 / 255f - 0.25f, value, 1e-5));
        Assert.All(pixels.Row(2).ToArray(), value => Assert.Equal(50 / 255f / 2f, value, 1e-5));
    }

    [Fact]
    public void WhatIsQuantizedFromTheTwoIsWrittenWhole()
    {
        WriteOriginal();
        WriteLanguage();
        WriteProjector(crossed: true);
        int[] ids = [1, .. Enumerable.Repeat(VocabularySize, ImageFeatureCount), 9];
        using Kernels kernels = Kernels.Create(1);
        using Matrix pixels = Pixels();
        using DecoderModel model = Quantizer.Load(folder["two"], Recipe.Parse("rtn-int4-g16"), kernels);
        CheckpointWriter.Write(model, "rtn-int4-g16", null, folder["written"]);
        using DecoderModel read = Quantizer.Load(folder["written"], Recipe.Parse("file"), kernels);
        using Matrix expected = model.Logits(ids, images: [pixels]), logits = read.Logits(ids, images: [pixels]);
        Assert.True(Bits(expected).SequenceEqual(Bits(logits)));
        Assert.Equal("""{"image_mean":[0.5,0.25,0],"image_std":[0.5,1,2]}""", File.ReadAllText(folder["written/preprocessor_config.json"]));
    }

    [Theory]
    [InlineData("clip.projector_type", "ldpv2", "'ldpv2'; only 'mlp'")]
    [InlineData("clip.vision.mm_patch_merge_type", "spatial_unpad", "LLaVA 1.6")]
    [InlineData("clip.has_text_encoder", true, "no other encoder")]
    [InlineData("clip.vision.feature_layer", new[] { 1, 2 }, "names 2 layers")]
    [InlineData("clip.vision.patch_size", null, "'clip.vision.patch_size' is missing")]
    public void AnotherProjectorIsRefusedByName(string key, object? value, string problem)
    {
        WriteOriginal();
        WriteLanguage();
        if (value is null)
            head.Remove(key);
        else
            head[key] = value;
        WriteProjector(crossed: true);
        using Checkpoint checkpoint = CheckpointFiles.Open(folder["two"]);
        string message = Assert.Throws<CheckpointException>(() => checkpoint.Config).Message;
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.Contains("mmproj-model.gguf", message, StringComparison.Ordinal);
    }

    [Fact]
    public void AProjectorAloneIsNoModel()
    {
        WriteOriginal();
        WriteProjector(crossed: true);
        using Checkpoint checkpoint = CheckpointFiles.Open(folder["two/mmproj-model.gguf"]);
        Assert.Contains("name the folder that holds it and the language model's file", Assert.Throws<CheckpointException>(() => checkpoint.Config).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALayerThatIsNamedIsTheLastThatRuns()
    {
        WriteOriginal();
        WriteLanguage();
        head["clip.vision.feature_layer"] = new[] { 1 };
        WriteProjector(crossed: true);
        using Kernels kernels = Kernels.Create(1);
        File.WriteAllText(folder["original/config.json"], File.ReadAllText(folder["original/config.json"]).Replace("\"vision_feature_layer\":-2", "\"vision_feature_layer\":1", StringComparison.Ordinal));
        using DecoderModel original = Quantizer.Load(folder["original"], Recipe.Parse("fp32"), kernels), model = Quantizer.Load(folder["two"], Recipe.Parse("fp32"), kernels);
        using Matrix pixels = Pixels(), expected = original.Features([pixels]), features = model.Features([pixels]);
        Assert.True(Bits(expected).SequenceEqual(Bits(features)));
    }

    private static Matrix Pixels()
    {
        var pixels = new Matrix(3, ImageSide * ImageSide);
        for (int i = 0; i < pixels.Rows * pixels.Columns; i++)
            pixels.Span[i] = (i * 37 % 101 - 50) / 25f;
        return pixels;
    }

    private void WriteOriginal()
    {
        string[] linears = ["self_attn.q_proj 16 16", "self_attn.k_proj 16 16", "self_attn.v_proj 16 16", "self_attn.out_proj 16 16", "mlp.fc1 24 16", "mlp.fc2 16 24", "layer_norm1 16", "layer_norm2 16"];
        string[] vision = ["pre_layrnorm 16", "post_layernorm 16", .. Enumerable.Range(0, 3).SelectMany(layer => linears.Select(linear => $"encoder.layers.{layer}.{linear}"))];
        string[] names =
        [
            "language_model.model.embed_tokens.weight 64 32", "language_model.model.norm.weight 32", "language_model.lm_head.weight 64 32",
            .. Enumerable.Range(0, 2).SelectMany(layer => new[]
            {
                "self_attn.q_proj.weight 32 32", "self_attn.k_proj.weight 16 32", "self_attn.v_proj.weight 16 32", "self_attn.o_proj.weight 32 32", "mlp.gate_proj.weight 40 32",
                "mlp.up_proj.weight 40 32", "mlp.down_proj.weight 32 40", "input_layernorm.weight 32", "post_attention_layernorm.weight 32",
            }.Select(part => $"language_model.model.layers.{layer}.{part}")),
            "multi_modal_projector.linear_1 32 16", "multi_modal_projector.linear_2 32 32", .. vision.Select(name => $"vision_tower.vision_model.{name}"),
            "vision_tower.vision_model.embeddings.class_embedding 16", "vision_tower.vision_model.embeddings.patch_embedding.weight 16 3 7 7",
            "vision_tower.vision_model.embeddings.position_embedding.weight 5 16",
        ];
        TestCheckpoint.Write(folder["original"], null, TestCheckpoint.Random(11, names));
        File.WriteAllText(folder["original/config.json"],
            $$"""{"model_type":"llava","text_config":{{Text}},"vision_config":{{Vision}},"vision_feature_layer":-2,"image_token_index":{{ImageToken}},"projector_hidden_act":"gelu"}""");
    }

    private void WriteLanguage()
    {
        const string Prefix = "language_model.";
        using (Checkpoint original = CheckpointFiles.Open(folder["original"]))
            TestCheckpoint.Write(folder["text"], null, [.. Tensors(original, name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(tensor => tensor with { Name = tensor.Name[Prefix.Length..] })]);
        File.WriteAllText(folder["text/config.json"], Text);
        Directory.CreateDirectory(folder["two"]);
        using Checkpoint text = CheckpointFiles.Open(folder["text"]);
        LlamaCppFile.Write(folder["two/ggml-model.gguf"], text, GgufArchitectures.All.Single(entry => entry.Name == "llama"), "");
    }

    // Names as the converter cuts them down; crossed: the first linear of an MLP is called down, as in all files before 2025.
    private void WriteProjector(bool crossed)
    {
        (string, string)[] cuts =
        [
            ("vision_tower.vision_model", "v"), ("multi_modal_projector.linear_1", "mm.0"), ("multi_modal_projector.linear_2", "mm.2"), ("encoder.layers", "blk"), ("embeddings.", ""), ("_proj", ""),
            ("self_attn.", "attn_"), ("layer_norm", "ln"), ("layrnorm", "ln"), ("mlp.fc1", crossed ? "ffn_down" : "ffn_up"), ("mlp.fc2", crossed ? "ffn_up" : "ffn_down"), ("embedding", "embd"),
        ];
        using Checkpoint original = CheckpointFiles.Open(folder["original"]);
        IEnumerable<TestTensor> seeing = Tensors(original, name => !name.StartsWith("language_model.", StringComparison.Ordinal)
            && !name.Contains("layers.2.", StringComparison.Ordinal) && !name.Contains("post_layernorm", StringComparison.Ordinal));
        Directory.CreateDirectory(folder["two"]);
        TestGguf.Write(folder["two/mmproj-model.gguf"], head, [.. seeing.Select(tensor =>
            new TestGgufTensor(cuts.Aggregate(tensor.Name, (name, cut) => name.Replace(cut.Item1, cut.Item2, StringComparison.Ordinal)), tensor.Shape, tensor.Values))]);
    }

    private static IEnumerable<TestTensor> Tensors(Checkpoint checkpoint, Func<string, bool> isWanted) => checkpoint.Tensors.Values.Where(info => isWanted(info.Name)).Select(info =>
    {
        var values = new float[info.ElementCount];
        checkpoint.Read(info.Name, values);
        return new TestTensor(info.Name, [.. info.Shape.Select(size => (int)size)], values);
    });

    private static ReadOnlySpan<int> Bits(Matrix matrix) => MemoryMarshal.Cast<float, int>(matrix.Span);
}
