using System.Security.Cryptography;
using System.Text;
using QuantSuite.Models;
using QuantSuite.Models.Checkpoints;

namespace QuantSuite.Quantization;

/// <summary>
/// Quantized models that took calibration, kept by content: a folder in our own layout for each weights × recipe × calibration × engine. What is found again has the bits of what was
/// computed. A model that no layout holds is computed every time; a folder that cannot be written is a warning, and one that cannot be read is made anew.
/// </summary>
/// <param name="folder">The folder for caches; models lie in a folder of their own below it.</param>
public sealed class QuantizedModelCache(string folder)
{
    private const string Models = "models";

    /// <summary>Where a model is or would be kept.</summary>
    /// <param name="name">The model's name, for people who look into the folder.</param>
    /// <param name="identity">What makes its content.</param>
    public string PathOf(string name, ModelIdentity identity)
    {
        string[] parts = [identity.Weights, identity.Tokenizer, identity.Recipe, identity.Calibration, identity.Engine];
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts)));
        return Path.Combine(folder, Models, $"{Plain(name)}-{Plain(identity.Recipe)}-{Convert.ToHexStringLower(hash)[..32]}");
    }

    /// <summary>The kept checkpoint, or null; the caller disposes it.</summary>
    public static Checkpoint? Find(string path, Action<string> warn)
    {
        if (!Directory.Exists(path))
            return null;
        try
        {
            return CheckpointFiles.Open(path);
        }
        catch (CheckpointException e)
        {
            warn($"the cached model cannot be read and is made anew: {e.Message}");
            TryDelete(path);
            return null;
        }
    }

    /// <summary>Keeps a model, where a layout holds it and the disk takes it.</summary>
    public static void Keep(DecoderModel model, string path, string recipe, Action<string> warn)
    {
        if (CheckpointWriter.Refusal(model) is not null || model.Linears.Any(weight => weight.Panels is not Numerics.DensePanels && CheckpointFormats.Own.Refusal(weight) is not null))
            return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            CheckpointWriter.Write(model, recipe, CheckpointFormats.Own, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!Directory.Exists(path)) // else another run was first
                warn($"the quantized model is not kept: {e.Message}");
        }
    }

    /// <summary>The models kept below a folder for caches.</summary>
    public static IReadOnlyList<(string Name, int FileCount, long ByteCount)> Show(string folder)
    {
        var models = new DirectoryInfo(Path.Combine(folder, Models));
        return !models.Exists ? [] : [.. models.EnumerateDirectories().Select(model => (model.Name, model.GetFiles().Length, model.EnumerateFiles().Sum(file => file.Length)))];
    }

    /// <summary>Deletes them. Returns the bytes freed.</summary>
    public static long Clear(string folder)
    {
        long freed = Show(folder).Sum(model => model.ByteCount);
        if (Directory.Exists(Path.Combine(folder, Models)))
            Directory.Delete(Path.Combine(folder, Models), recursive: true);
        return freed;
    }

    private static void TryDelete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It will be in the way of the next one, which says so.
        }
    }

    private static string Plain(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '+' or '.' ? c : '_'));
}
