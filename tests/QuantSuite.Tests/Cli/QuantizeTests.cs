using System.Diagnostics;
using System.Text.Json;
using QuantSuite.Cli;
using QuantSuite.Tests.Models;
using Xunit;

namespace QuantSuite.Tests.Cli;

/// <summary>A quantized model is a file: what <c>quantize</c> writes gives the bits of the recipe, and what cannot be written is refused with a reason.</summary>
public sealed class QuantizeTests : IDisposable
{
    private readonly TestFolder folder = new();

    [Theory]
    [InlineData("rtn-int4-g32", "auto", "compressed-tensors")]
    [InlineData("rtn-int4-g32", "quantsuite", "quantsuite")]
    [InlineData("rtn-int4-sym", "auto", "compressed-tensors")]
    [InlineData("rtn-int3-g32", "auto", "quantsuite")]
    [InlineData("rtn-int8", "auto", "compressed-tensors")]
    [InlineData("rtn-int8-a8", "auto", "quantsuite")]
    [InlineData("rtn-int5-g20", "auto", "quantsuite")]
    [InlineData("rtn-int2-tensor", "auto", "quantsuite")]
    [InlineData("rtn-int4-g32[down_proj=int8][layers.0=bf16]", "auto", "quantsuite")]
    [InlineData("rtn-fp8_e4m3-afp8_e4m3", "auto", "compressed-tensors")]
    [InlineData("rtn-fp8_e5m2", "auto", "quantsuite")]
    [InlineData("rtn-nvfp4", "auto", "compressed-tensors")]
    [InlineData("rtn-mxfp4", "auto", "compressed-tensors")]
    [InlineData("rtn-mxint4", "auto", "quantsuite")]
    [InlineData("rtn-nf4", "auto", "quantsuite")]
    [InlineData("rtn-nf4-dq", "auto", "quantsuite")]
    [InlineData("rtn-binary-g32", "auto", "quantsuite")]
    [InlineData("hqq-int3-g32", "auto", "quantsuite")]
    [InlineData("bf16", "auto", "safetensors")]
    public Task The_written_folder_gives_the_recipe_s_bits(string recipe, string format, string layout) => CheckBits(recipe, format, layout);

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData("gptq-int4-g32", "compressed-tensors")]
    [InlineData("gptq-int3-g32-actorder", "quantsuite")]
    [InlineData("awq-int4-g32", "compressed-tensors")]
    [InlineData("smoothquant-int8-a8", "quantsuite")]
    [InlineData("smoothquant-int8-tensor-a8-tensor", "quantsuite")]
    [InlineData("llmint8-int8-a8-threshold2", "quantsuite")]
    public Task The_written_folder_of_a_calibrated_recipe_gives_its_bits(string recipe, string layout) => CheckBits(recipe, "auto", layout);

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task One_folder_of_Any_Precision_serves_every_width()
    {
        await CheckBits("anyprecision-int4", "auto", "quantsuite");
        Assert.Equal(await Logits("microworld-s", "anyprecision-int6"), await Logits(folder["model"], "file-anyprecision-int6"));
    }

    [Theory]
    [InlineData("gptq")]
    [InlineData("awq")]
    public async Task Layouts_of_float16_scales_say_that_they_round(string format)
    {
        CommandRun written = await CommandRun.Of("quantize", "microworld-s", "rtn-int4-g32", "-o", folder["model"], "--format", format);
        Assert.Equal(ExitCode.Done, written.ExitCode);
        Assert.Contains("scales rounded to float16", written.Output);
        float[] exact = await Floats("microworld-s", "rtn-int4-g32"), rounded = await Floats(folder["model"], "file");
        Assert.InRange(exact.Zip(rounded, (a, b) => Math.Abs(a - b)).Max(), 1e-7, 0.05);

        CommandRun again = await CommandRun.Of("quantize", folder["model"], "file", "-o", folder["again"], "--format", format);
        Assert.Equal(ExitCode.Done, again.ExitCode);
        Assert.Contains("equal to the recipe in every bit", again.Output);
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder["model"], "model.safetensors"))[^4096..], File.ReadAllBytes(Path.Combine(folder["again"], "model.safetensors"))[^4096..]);
        Assert.Equal(await Logits(folder["model"], "file"), await Logits(folder["again"], "file"));
    }

    [Fact]
    public async Task Run_names_the_rows_after_the_file()
    {
        Assert.Equal(ExitCode.Done, (await CommandRun.Of("quantize", "microworld-s", "rtn-int4-g32", "-o", folder["model"], "--format", "quantsuite")).ExitCode);
        string[] command = ["run", "--task", "sentiment", "--limit", "4", "--artifacts", folder["artifacts"], "--baselines", folder["baselines"], "--json"];
        CommandRun file = await CommandRun.Of([.. command, "--model", folder["model"], "--recipe", "file"]);
        JsonElement row = file.Json.GetProperty("rows")[0];
        Assert.Equal("file-rtn-int4-g32", row.GetProperty("recipe").GetString());
        CommandRun recipe = await CommandRun.Of([.. command, "--model", "microworld-s", "--recipe", "rtn-int4-g32"]);
        Assert.Equal(recipe.Json.GetProperty("rows")[0].GetProperty("metrics").GetRawText(), row.GetProperty("metrics").GetRawText());

        CommandRun twice = await CommandRun.Of([.. command, "--model", folder["model"], "--recipe", "rtn-int8"]);
        Assert.Contains("came quantized (file-rtn-int4-g32)", twice.Error);
    }

    [Fact]
    public async Task A_lone_GGUF_file_takes_its_tokenizer_along()
    {
        string gguf = MicroWorldGguf.Write(folder["world.gguf"]);
        File.WriteAllText(folder["tokenizer.json"], "of another model");
        Assert.Equal(ExitCode.Done, (await CommandRun.Of("quantize", gguf, "rtn-int4-g32", "-o", folder["model"])).ExitCode);
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.gguf"], Directory.GetFiles(folder["model"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(await Logits("microworld-s", "rtn-int4-g32"), await Logits(folder["model"], "file"));

        string[] command = ["run", "--task", "sentiment", "--limit", "4", "--artifacts", folder["artifacts"], "--baselines", folder["baselines"], "--json"];
        CommandRun original = await CommandRun.Of([.. command, "--model", gguf, "--recipe", "rtn-int4-g32"]), written = await CommandRun.Of([.. command, "--model", folder["model"], "--recipe", "file"]);
        Assert.Equal(original.Json.GetProperty("rows")[0].GetProperty("metrics").GetRawText(), written.Json.GetProperty("rows")[0].GetProperty("metrics").GetRawText());

        Assert.Equal(ExitCode.Done, (await CommandRun.Of("quantize", folder["model"], "file", "-o", folder["again"])).ExitCode);
        Assert.True(File.Exists(Path.Combine(folder["again"], "tokenizer.gguf")));
    }

    [Theory]
    [InlineData("rtn-int3-g32", "awq", "3 bits, expected 4")]
    [InlineData("rtn-int3-g32", "compressed-tensors", "3 bits, expected 4, 8")]
    [InlineData("rtn-int5", "gptq", "5 bits, expected 2, 3, 4, 8")]
    [InlineData("rtn-int8-a8", "gptq", "inputs of int8")]
    [InlineData("rtn-int4-g20", "awq", "a last short group")]
    [InlineData("rtn-int4-g32-kv8", "auto", "a checkpoint has no cache")]
    [InlineData("file", "auto", "is not quantized")]
    public async Task What_a_layout_cannot_hold_is_refused(string recipe, string format, string expected)
    {
        CommandRun run = await CommandRun.Of("quantize", "microworld-s", recipe, "-o", folder["model"], "--format", format);
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains(expected, run.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task An_existing_folder_is_left_alone()
    {
        Directory.CreateDirectory(folder["model"]);
        CommandRun run = await CommandRun.Of("quantize", "microworld-s", "rtn-int4-g32", "-o", folder["model"]);
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("exists already", run.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["model"]));
    }

    [SkippableFact]
    public async Task A_full_disk_leaves_nothing()
    {
        Directory.CreateDirectory(folder["disk"]);
        bool mounted = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Execute("mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", folder["disk"]);
        Skip.IfNot(mounted, "a small disk can only be mounted by root");
        try
        {
            CommandRun run = await CommandRun.Of("quantize", "microworld-s", "rtn-int4-g32", "-o", Path.Combine(folder["disk"], "model"));
            Assert.Equal(ExitCode.BadInput, run.ExitCode);
            Assert.Contains("Nothing is left of it", run.Error);
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder["disk"]));
        }
        finally
        {
            Execute("umount", folder["disk"]);
        }
    }

    public void Dispose() => folder.Dispose();

    private async Task CheckBits(string recipe, string format, string layout)
    {
        CommandRun written = await CommandRun.Of("quantize", "microworld-s", recipe, "-o", folder["model"], "--format", format, "--json");
        Assert.Equal(ExitCode.Done, written.ExitCode);
        Assert.Equal(layout, written.Json.GetProperty("format").GetString());
        Assert.True(written.Json.GetProperty("exact").GetBoolean());
        Assert.Equal(await Logits("microworld-s", recipe), await Logits(folder["model"], recipe == "bf16" ? "fp32" : "file"));
    }

    private async Task<byte[]> Logits(string model, string recipe)
    {
        CommandRun run = await CommandRun.Of("logits", model, "--recipe", recipe, "--ids", "1,17,93,4,4,120", "-o", folder["logits.bin"]);
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        return await File.ReadAllBytesAsync(folder["logits.bin"]);
    }

    private async Task<float[]> Floats(string model, string recipe) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(await Logits(model, recipe)).ToArray();

    private static bool Execute(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true });
        process!.WaitForExit();
        return process.ExitCode == 0;
    }
}
