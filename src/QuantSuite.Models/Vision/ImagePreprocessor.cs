using System.Text.Json;
using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using StbImageSharp;

namespace QuantSuite.Models.Vision;

/// <summary>
/// From an image file to the pixels that a vision tower reads, as preprocessor_config.json of CLIP's processor says: the shorter edge to a size by bicubic filtering (PIL's, in its
/// fixed-point arithmetic), the middle cut out, bytes scaled and normalized. PNG and JPEG are decoded by StbImageSharp (managed code: the same bytes on every system).
/// </summary>
public sealed class ImagePreprocessor
{
    /// <summary>The file's name in a model folder.</summary>
    internal const string FileName = "preprocessor_config.json";

    private const long PixelLimit = 1L << 27;

    private readonly int shortestEdge, side;
    private readonly float scale;
    private readonly float[] mean, deviation;

    private ImagePreprocessor(ModelConfig config, int side)
    {
        this.side = side;
        shortestEdge = Size(config, "size", "shortest_edge", side);
        int crop = Size(config, "crop_size", "height", side);
        scale = config.Float("rescale_factor", 1f / 255);
        mean = config.Floats("image_mean") ?? [0.48145466f, 0.4578275f, 0.40821073f];
        deviation = config.Floats("image_std") ?? [0.26862954f, 0.26130258f, 0.27577711f];
        bool whole = config.Bool("do_resize", true) & config.Bool("do_center_crop", true) & config.Bool("do_rescale", true) & config.Bool("do_normalize", true);
        if (!whole || config.Int("resample", 3) != 3 || crop != side || shortestEdge < side || mean.Length != 3 || deviation.Length != 3 || deviation.Contains(0))
            throw new CheckpointException(CheckpointFlaw.Field, $"preprocessor_config.json: a shorter edge of {shortestEdge} and a cut of {crop} for a tower of {side}; expected bicubic resizing to at least {side}, " +
                $"a cut of {side}, rescaling, and normalization by three means and deviations.");
    }

    /// <summary>The preprocessor of a model folder; CLIP's own numbers where it has no preprocessor_config.json.</summary>
    public static ImagePreprocessor Load(string folder, ClipVisionTower tower)
    {
        string path = Path.Combine(folder, FileName);
        return new ImagePreprocessor(File.Exists(path) ? ModelConfig.Read(path) : ModelConfig.Parse("{}"), tower.Side);
    }

    /// <summary>The preprocessor of a model: its folder's, else what a GGUF file of the tower says of colours, else CLIP's own numbers.</summary>
    public static ImagePreprocessor Load(Checkpoint checkpoint, ClipVisionTower tower)
    {
        string folder = Directory.Exists(checkpoint.Path) ? checkpoint.Path : Path.GetDirectoryName(Path.GetFullPath(checkpoint.Path))!;
        return !File.Exists(Path.Combine(folder, FileName)) && LlavaGguf.Preprocessor(checkpoint.Metadata) is { } own
            ? new ImagePreprocessor(ModelConfig.Parse(own), tower.Side)
            : Load(folder, tower);
    }

    /// <summary>Pixels [3, side·side] of an image file. The caller disposes them.</summary>
    /// <exception cref="CheckpointException">The file is not there, is no PNG or JPEG, or is too large.</exception>
    public Matrix Read(string path)
    {
        byte[] bytes = File.Exists(path) ? File.ReadAllBytes(path) : throw new CheckpointException(CheckpointFlaw.NotFound, $"{path}: no such image.");
        ImageResult image = Decode(path, bytes);
        (int width, int height) = image.Width <= image.Height
            ? (shortestEdge, (int)((long)shortestEdge * image.Height / image.Width))
            : ((int)((long)shortestEdge * image.Width / image.Height), shortestEdge);
        byte[] resized = BicubicResampling.Resize(image.Data, image.Width, image.Height, width, height);
        return Cut(resized, width, height);
    }

    private static ImageResult Decode(string path, byte[] bytes)
    {
        bool isPng = bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']), isJpeg = bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]);
        if (!isPng && !isJpeg)
            throw new CheckpointException(CheckpointFlaw.Magic, $"{path}: no PNG or JPEG by its first bytes; convert it to one of them.");
        try
        {
            using var stream = new MemoryStream(bytes);
            if (ImageInfo.FromStream(stream) is { } info && (long)info.Width * info.Height > PixelLimit)
                throw new CheckpointException(CheckpointFlaw.Size, $"{path}: {info.Width} · {info.Height} pixels, expected at most {PixelLimit}; scale it down.");
            return ImageResult.FromMemory(bytes, ColorComponents.RedGreenBlue);
        }
        catch (Exception e) when (e is not CheckpointException)
        {
            throw new CheckpointException(CheckpointFlaw.Length, $"{path}: the image cannot be decoded ({e.Message}); fetch or convert it again.", e);
        }
    }

    private Matrix Cut(byte[] rgb, int width, int height)
    {
        int left = (width - side) / 2, top = (height - side) / 2;
        var pixels = new Matrix(3, side * side);
        for (int channel = 0; channel < 3; channel++)
            for (int i = 0; i < side * side; i++)
                pixels[channel, i] = (rgb[3 * ((top + i / side) * width + left + i % side) + channel] * scale - mean[channel]) / deviation[channel];
        return pixels;
    }

    private static int Size(ModelConfig config, string key, string part, int fallback)
    {
        if (!config.Root.TryGetProperty(key, out var value) || value.ValueKind != JsonValueKind.Object)
            return config.Int(key, fallback);
        ModelConfig sizes = config.Object(key)!;
        return sizes.Int(part, sizes.Int("height", fallback));
    }
}
