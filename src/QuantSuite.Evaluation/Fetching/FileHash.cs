using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace QuantSuite.Evaluation.Fetching;

/// <summary>What a file must hash to.</summary>
/// <param name="Kind"><c>sha256</c>, or <c>git</c>: SHA-1 over "blob", the length and the content, as git and the Hub name small files.</param>
/// <param name="Hex">Lower case.</param>
public sealed record FileHash(string Kind, string Hex)
{
    /// <summary>Whether a file is there, with this hash.</summary>
    /// <exception cref="FetchException">It is there with another content.</exception>
    public bool IsAt(string path)
    {
        if (!File.Exists(path))
            return false;
        FileHash got = Of(path);
        return got == this ? true : throw new FetchException($"'{path}' is there with another content: {got}, expected {this}. Move it away, and run the same command again.");
    }

    /// <summary>The hash of a file, of the same kind.</summary>
    public FileHash Of(string path)
    {
        using var hash = IncrementalHash.CreateHash(Kind == "git" ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        using FileStream file = File.OpenRead(path);
        if (Kind == "git")
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Length}\0")));
        byte[] buffer = new byte[1 << 16];
        for (int count; (count = file.Read(buffer)) > 0;)
            hash.AppendData(buffer.AsSpan(0, count));
        return this with { Hex = Convert.ToHexStringLower(hash.GetHashAndReset()) };
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}:{Hex}";
}
