using System.Buffers.Binary;
using System.IO.Compression;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Models.Vision;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Image files: what is one becomes pixels, what is none is refused by name.</summary>
public sealed class ImagePreprocessorTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void AnEvenImageKeepsItsColour()
    {
        WritePng(folder["even.png"], 40, 30, (_, _) => (200, 100, 50));
        byte[] resized = BicubicResampling.Resize([.. Enumerable.Repeat((byte[])[200, 100, 50], 1200).SelectMany(colour => colour)], 40, 30, 17, 13);
        Assert.All(resized.Chunk(3), colour => Assert.Equal([200, 100, 50], colour));
        ClipVisionTower tower = Tower(28);
        using Matrix pixels = ImagePreprocessor.Load(folder.Path, tower).Read(folder["even.png"]);
        Assert.Equal((3, 28 * 28), (pixels.Rows, pixels.Columns));
        Assert.All(pixels.Row(0).ToArray(), value => Assert.Equal((200 / 255f - 0.48145466f) / 0.26862954f, value, 1e-5));
        Assert.All(pixels.Row(2).ToArray(), value => Assert.Equal((50 / 255f - 0.40821073f) / 0.27577711f, value, 1e-5));
    }

    // Four columns to two: the filter is twice as wide; weights of the first target are those of sources at distances ¼, ¾, 5/4 and 7/4 (halved steps), normalized.
    [Fact]
    public void ShrinkingFollowsTheFilter()
    {
        byte[] row = [10, 10, 10, 60, 60, 60, 200, 200, 200, 250, 250, 250];
        byte[] resized = BicubicResampling.Resize(row, 4, 1, 2, 1);
        double[] weights = [.. new[] { 0.25, 0.25, 0.75, 1.25 }.Select(x => x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : -0.5 * (x * x * x - 5 * x * x + 8 * x - 4))];
        double expected = (weights[0] * 10 + weights[1] * 60 + weights[2] * 200 + weights[3] * 250) / weights.Sum();
        Assert.Equal(Math.Round(expected), resized[0]);
        Assert.Equal(6, resized.Length);
    }

    [Fact]
    public void WhatIsNoImageIsRefused()
    {
        ImagePreprocessor preprocessor = ImagePreprocessor.Load(folder.Path, Tower(28));
        File.WriteAllText(folder["text.png"], "no image");
        Assert.Contains("no PNG or JPEG", Refusal("text.png"));
        Assert.Contains("no such image", Refusal("missing.png"));
        WritePng(folder["cut.png"], 40, 30, (x, y) => ((byte)(x * 7 * y), (byte)y, 0));
        File.WriteAllBytes(folder["cut.png"], File.ReadAllBytes(folder["cut.png"])[..60]);
        Assert.Contains("cut.png", Refusal("cut.png"));
        WritePng(folder["vast.png"], 1 << 20, 1 << 20, null);
        Assert.Contains("vast.png", Refusal("vast.png"));
        File.WriteAllText(folder["preprocessor_config.json"], """{"size": {"shortest_edge": 14}, "crop_size": 14}""");
        Assert.Contains("cut of 28", Assert.Throws<CheckpointException>(() => ImagePreprocessor.Load(folder.Path, Tower(28))).Message);

        string Refusal(string name) => Assert.Throws<CheckpointException>(() => preprocessor.Read(folder[name])).Message;
    }

    private static ClipVisionTower Tower(int side) =>
        new(side, 7, new Matrix(4, 147), new float[4], new float[68], new QuantSuite.Models.Layers.LayerNorm(new float[4], null, 1e-5f), [], default, [], Activation.Gelu) { ImageToken = 1 };

    internal static void WritePng(string path, int width, int height, Func<int, int, (byte, byte, byte)>? colour)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        Chunk(file, "IHDR"u8, header);
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
            for (int y = 0; colour is not null && y < height; y++)
            {
                zlib.WriteByte(0);
                for (int x = 0; x < width; x++)
                {
                    (byte r, byte g, byte b) = colour(x, y);
                    zlib.Write([r, g, b]);
                }
            }
        Chunk(file, "IDAT"u8, data.ToArray());
        Chunk(file, "IEND"u8, []);
        File.WriteAllBytes(path, file.ToArray());
    }

    // The check sums are not looked at.
    private static void Chunk(Stream file, ReadOnlySpan<byte> type, byte[] data)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        file.Write(length);
        file.Write(type);
        file.Write(data);
        file.Write(new byte[4]);
    }
}
