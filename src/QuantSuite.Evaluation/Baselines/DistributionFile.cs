using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// The k most likely tokens at each position of some sequences, small enough to commit: for k = 64, 320 bytes a token (the full distribution of 49,152
/// tokens takes 192 KiB). What is left of
/// the probability is the tail, as one number, so a comparison with it is a certified lower bound of the divergence (<see cref="CoarseDistribution"/>)
/// and says so.
/// <code>
/// "QSDIST01" · i32 vocabulary · i32 k · i32 positions · SHA-256 of the token ids (32 bytes) · i32 length and UTF-8 of the origin
/// position: k × (u24 token id, u16 code), ln p = −code/2048, the most likely first; all little-endian
/// </code>
/// </summary>
/// <param name="VocabularySize">Tokens of the vocabulary.</param>
/// <param name="Origin">What was recorded: model, recipe and the hash of the weights, in words.</param>
/// <param name="SequencesHash">Of the token ids; other sequences are refused.</param>
/// <param name="Positions">One distribution a scored position, in order.</param>
public sealed record DistributionFile(int VocabularySize, string Origin, string SequencesHash, IReadOnlyList<CoarseDistribution> Positions)
{
    /// <summary>The largest rounding of a stored ln p.</summary>
    public const double Slack = Step / 2;

    private const double Step = 1.0 / 2048;
    private const int MostTokens = 1 << 24, MostPositions = 1 << 24, MostOrigin = 1 << 12;
    private const int EntrySize = 5;

    private static ReadOnlySpan<byte> Magic => "QSDIST01"u8;

    /// <summary>The hash of sequences of token ids.</summary>
    public static string HashOf(IEnumerable<int[]> sequences)
    {
        using var hash = new ContentHash();
        foreach (int[] ids in sequences)
        {
            hash.Add(ids.Length);
            foreach (int id in ids)
                hash.Add(id);
        }
        return hash.Hex();
    }

    /// <summary>Writes the file in one step.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void Write(string path) => AtomicFile.Write(path, Write);

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is none, or damaged; the message says how.</exception>
    public static DistributionFile Read(string path)
    {
        using FileStream stream = File.OpenRead(path);
        using var reader = new BinaryReader(stream);
        try
        {
            return Read(reader, stream.Length);
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"{path} holds no distributions: {e.Message} Record it again.", e);
        }
    }

    private int Width => Positions.Count == 0 ? 0 : Positions[0].Tokens.Count;

    private void Write(Stream stream)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        byte[] origin = Encoding.UTF8.GetBytes(Origin);
        writer.Write(Magic);
        writer.Write(VocabularySize);
        writer.Write(Width);
        writer.Write(Positions.Count);
        writer.Write(Convert.FromHexString(SequencesHash));
        writer.Write(origin.Length);
        writer.Write(origin);
        var entry = new byte[EntrySize];
        foreach (CoarseDistribution position in Positions)
            for (int i = 0; i < Width; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(entry, position.Tokens[i]);
                BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(3), (ushort)Math.Clamp(Math.Round(-position.LogP[i] / Step), 0, ushort.MaxValue));
                writer.Write(entry);
            }
    }

    private static DistributionFile Read(BinaryReader reader, long length)
    {
        if (!reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic))
            throw new FormatException("it does not begin with QSDIST01.");
        int vocabulary = Bounded(reader.ReadInt32(), 1, MostTokens, "vocabulary"), k = Bounded(reader.ReadInt32(), 0, vocabulary, "k");
        int positions = Bounded(reader.ReadInt32(), 0, MostPositions, "positions");
        string hash = Convert.ToHexStringLower(reader.ReadBytes(SHA256.HashSizeInBytes));
        string origin = Encoding.UTF8.GetString(reader.ReadBytes(Bounded(reader.ReadInt32(), 0, MostOrigin, "length of the origin")));
        if (length - reader.BaseStream.Position != checked((long)positions * k * EntrySize))
            throw new FormatException($"{length - reader.BaseStream.Position} bytes follow the header, expected {(long)positions * k * EntrySize}.");
        var all = new CoarseDistribution[positions];
        for (int i = 0; i < positions; i++)
            all[i] = ReadPosition(reader, k, vocabulary);
        return new DistributionFile(vocabulary, origin, hash, all);
    }

    private static CoarseDistribution ReadPosition(BinaryReader reader, int k, int vocabulary)
    {
        byte[] bytes = reader.ReadBytes(k * EntrySize);
        var tokens = new int[k];
        var logP = new double[k];
        for (int i = 0; i < k; i++)
        {
            ReadOnlySpan<byte> entry = bytes.AsSpan(i * EntrySize, EntrySize);
            tokens[i] = Bounded(entry[0] | entry[1] << 8 | entry[2] << 16, 0, vocabulary - 1, "token id");
            logP[i] = -BinaryPrimitives.ReadUInt16LittleEndian(entry[3..]) * Step;
        }
        return new CoarseDistribution(tokens, logP);
    }

    private static int Bounded(int value, int least, int most, string what) =>
        value >= least && value <= most ? value : throw new FormatException($"its {what} is {value}, expected {least} to {most}.");
}
