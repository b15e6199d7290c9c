using QuantSuite.Models.Checkpoints;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>A manifest of good and bad files: each has an <c>expect</c> of accept, accept_or_refuse, or the kind of complaint that is due.</summary>
public static class MalformedFiles
{
    /// <summary>Kinds by the manifests' words, where the names differ.</summary>
    private static readonly Dictionary<string, CheckpointFlaw> Words = new()
    {
        ["dims"] = CheckpointFlaw.Shape,
        ["dtype"] = CheckpointFlaw.Type,
        ["missing_shard"] = CheckpointFlaw.MissingShard,
        ["missing_tensor"] = CheckpointFlaw.MissingTensor,
    };

    /// <summary>(name, expect) of every entry; one row "(absent)" where there is no manifest.</summary>
    public static TheoryData<string, string> Cases(string folder, string key)
    {
        var data = new TheoryData<string, string>();
        string manifest = Path.Combine(Goldens.Root, folder, "manifest.json");
        if (File.Exists(manifest))
            foreach (var entry in Goldens.Json(manifest).EnumerateArray())
                data.Add(entry.GetProperty(key).GetString()!, entry.GetProperty("expect").GetString()!);
        if (data.Count == 0)
            data.Add("(absent)", "accept");
        return data;
    }

    /// <summary>Opens, and asks for the configuration where a complaint is due only when a model is built.</summary>
    public static void Check(string path, string expect, Action<Checkpoint>? build = null)
    {
        CheckpointException? complaint = Complaint(path, expect is "accept" or "accept_or_refuse" ? null : build);
        if (expect == "accept")
            Assert.Null(complaint);
        if (expect is "accept" or "accept_or_refuse")
            return;
        Assert.NotNull(complaint);
        Assert.Contains(path, complaint.Message, StringComparison.Ordinal);
        Assert.Equal(Words.TryGetValue(expect, out CheckpointFlaw flaw) ? flaw : Enum.Parse<CheckpointFlaw>(expect, ignoreCase: true), complaint.Flaw);
    }

    private static CheckpointException? Complaint(string path, Action<Checkpoint>? build)
    {
        try
        {
            using Checkpoint checkpoint = CheckpointFiles.Open(path);
            foreach (TensorInfo tensor in checkpoint.Tensors.Values)
                if (checkpoint.TryRawRows(tensor.Name, 0, (int)tensor.RowCount, out ReadOnlySpan<byte> bytes))
                    Assert.Equal(tensor.ByteCount, bytes.Length);
            build?.Invoke(checkpoint);
            return null;
        }
        catch (CheckpointException complaint)
        {
            return complaint;
        }
    }
}
