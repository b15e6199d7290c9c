using System.Runtime.InteropServices;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using QuantSuite.Quantization;
using QuantSuite.Quantization.Calibration;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>Quantized models of every family, written in our own layout and read back: the same bits, whatever the family's names, layouts and gains.</summary>
public sealed class WrittenFamilyTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Folders() => Goldens.Cases("families", "golden.json", SearchOption.AllDirectories);

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void WhatIsWrittenIsReadToTheBit(string file)
    {
        string golden = Path.Combine(Goldens.Folder("families"), file), source = folder["source"];
        int[] ids = [.. Goldens.Json(golden).GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt32())];
        Directory.CreateDirectory(source);
        foreach (string part in Directory.EnumerateFiles(Path.GetDirectoryName(golden)!, "*.*").Where(part => Path.GetFileName(part) is not "golden.json"))
            File.Copy(part, Path.Combine(source, Path.GetFileName(part)));
        File.Copy(Path.Combine(QuantizedMicroWorld.Folder, "tokenizer.json"), Path.Combine(source, "tokenizer.json"));
        using Kernels kernels = Kernels.Create();
        int[] expected;
        using (DecoderModel model = Quantizer.Load(source, Recipe.Parse("awq-int4-g16"), kernels, calibration: (_, _, _) => new CalibrationTokens("test", [ids])))
        {
            using Matrix logits = model.Logits(ids);
            expected = MemoryMarshal.Cast<float, int>(logits.Span).ToArray();
            CheckpointWriter.Write(model, "awq-int4-g16", CheckpointFormats.Own, folder["written"]);
        }
        using DecoderModel read = Quantizer.Load(folder["written"], Recipe.Parse("file"), kernels);
        using Matrix again = read.Logits(ids);
        Assert.Equal(expected, MemoryMarshal.Cast<float, int>(again.Span).ToArray());
    }
}
