using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QuantSuite.Models;

namespace QuantSuite.Evaluation;

/// <summary>
/// SHA-256 over values, each with its length or in fixed width, so that different values never run together. What an answer, an item or a run is
/// known by: content, never a name.
/// </summary>
public sealed class ContentHash : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private string? lastText;
    private byte[] lastTextHash = [];

    /// <summary>Hash of the items: ids, clusters, values, expected answers and requests, in order.</summary>
    public static string Of(IReadOnlyList<EvalItem> items)
    {
        using var hash = new ContentHash();
        foreach (EvalItem item in items)
            hash.Add(item);
        return hash.Hex();
    }

    /// <summary>Hash of a text.</summary>
    public static string Of(string text)
    {
        using var hash = new ContentHash();
        return hash.Add(text).Hex();
    }

    /// <summary>Hash of everything that a model's numbers depend on.</summary>
    public static string Of(LanguageModel model)
    {
        ModelIdentity identity = model.Identity;
        using var hash = new ContentHash();
        hash.Add(identity.Weights).Add(identity.Tokenizer).Add(identity.Recipe).Add(identity.Calibration).Add(identity.Engine).Add(model.MaxLength);
        return hash.Hex();
    }

    /// <summary>Adds a text, or null.</summary>
    public ContentHash Add(string? text)
    {
        Add(text is null ? -1 : Encoding.UTF8.GetByteCount(text));
        hash.AppendData(Encoding.UTF8.GetBytes(text ?? ""));
        return this;
    }

    /// <summary>Adds a number.</summary>
    public ContentHash Add(long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
        return this;
    }

    /// <summary>Adds the bits of a number: −0 is not 0, and NaNs with different payloads differ.</summary>
    public ContentHash Add(double number) => Add(BitConverter.DoubleToInt64Bits(number));

    /// <summary>Adds a request.</summary>
    public ContentHash Add(ScoreRequest request) => Add("score").Add(request.Context).Add(request.Continuation).Add(request.Prefix ?? -1);

    /// <summary>Adds a request; a text that many windows share is hashed once.</summary>
    public ContentHash Add(RollingRequest request)
    {
        if (!ReferenceEquals(request.Text, lastText))
            (lastText, lastTextHash) = (request.Text, SHA256.HashData(Encoding.UTF8.GetBytes(request.Text)));
        Add("rolling");
        hash.AppendData(lastTextHash);
        return Add(request.Rule.Name).Add(request.Prefix ?? -1).Add(request.Windows?.ToString());
    }

    /// <summary>Adds a request.</summary>
    public ContentHash Add(GenerateRequest request)
    {
        Add("generate").Add(request.Context).Add(request.MaxTokens).Add(request.Prefix ?? -1).Add(request.MaxTokensBeyond).Add(request.Until.Count);
        foreach (string stop in request.Until)
            Add(stop);
        return this;
    }

    private void Add(EvalItem item)
    {
        Add(item.Id).Add(item.Cluster).Add(item.Expected);
        foreach ((string name, double value) in item.Values)
            Add(name).Add(value);
        switch (item)
        {
            case ChoiceItem choice:
                Add(choice.Gold);
                foreach ((ScoreRequest request, string text) in choice.Requests.Zip(choice.Choices))
                    Add(request).Add(text);
                break;
            case TextItem text:
                Add(text.Request).Add(text.WordCount).Add(text.ByteCount);
                break;
            case DialogueItem dialogue:
                Add(dialogue.Request([]));
                foreach (string turn in dialogue.Turns)
                    Add(turn);
                break;
            case GenerationItem generation:
                Add(generation.Request);
                foreach (string alias in generation.Aliases)
                    Add(alias);
                break;
        }
    }

    /// <summary>The hash so far in lower-case hex; what is added later continues it.</summary>
    public string Hex() => Convert.ToHexStringLower(hash.GetCurrentHash());

    /// <summary>The hash so far in lower-case hex, and a fresh start.</summary>
    public string HexAndReset() => Convert.ToHexStringLower(hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();
}
