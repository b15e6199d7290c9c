using System.Reflection;
using System.Security.Cryptography;
using QuantSuite.Models;
using QuantSuite.Numerics;

namespace QuantSuite.Quantization;

/// <summary>
/// A hash over the assemblies that compute numbers. Builds are deterministic, so a module's version id is a hash of its code: other code, other hash, and no cached answer of
/// the old code is taken for one of the new.
/// </summary>
public static class EngineIdentity
{
    /// <summary>SHA-256, lower-case hex.</summary>
    public static string Hash { get; } = Compute();

    private static string Compute()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Assembly assembly in (ReadOnlySpan<Assembly>)[typeof(Matrix).Assembly, typeof(LanguageModel).Assembly, typeof(EngineIdentity).Assembly])
            hash.AppendData(assembly.ManifestModule.ModuleVersionId.ToByteArray());
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
