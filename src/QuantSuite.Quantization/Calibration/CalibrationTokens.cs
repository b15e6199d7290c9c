using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace QuantSuite.Quantization.Calibration;

/// <summary>Sequences of token ids that methods calibrate on.</summary>
/// <param name="Name">Where they come from, as reports show it, e.g. <c>wikitext2 (test, from token 200000)</c>.</param>
/// <param name="Sequences">The ids of each sequence.</param>
public sealed record CalibrationTokens(string Name, IReadOnlyList<int[]> Sequences)
{
    /// <summary>The n-grams of the text that a leak would share with a task's items; empty where the text is not known.</summary>
    public string Text { get; init; } = "";

    /// <summary>SHA-256 over name and ids, lower-case hex.</summary>
    public string ContentHash { get; } = HashOf(Name, Sequences);

    private static string HashOf(string name, IReadOnlyList<int[]> sequences)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(name));
        foreach (int[] sequence in sequences)
        {
            hash.AppendData(MemoryMarshal.AsBytes<int>([sequence.Length]));
            hash.AppendData(MemoryMarshal.AsBytes<int>(sequence));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
