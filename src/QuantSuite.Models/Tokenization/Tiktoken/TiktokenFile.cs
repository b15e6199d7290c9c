using System.Buffers.Text;
using System.Globalization;
using System.Text;
using QuantSuite.Models.Tokenization.Decoders;
using QuantSuite.Models.Tokenization.Patterns;
using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization.Tiktoken;

/// <summary>
/// Reads tiktoken's vocabulary files: on each line a token's bytes in base64, and its rank, which is its id. Neighbours are joined whose bytes together are a
/// token, the lowest rank first; a word that is a token is taken whole. Tokens are kept in byte-level spelling, so the stages are those of byte-level BPE.
/// </summary>
internal static class TiktokenFile
{
    /// <summary>Whether bytes begin as such a file does: base64, a space, digits.</summary>
    public static bool IsOne(ReadOnlySpan<byte> file)
    {
        int end = file.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end >= 0 ? file[..end].TrimEnd((byte)'\r') : file;
        int space = line.IndexOf((byte)' ');
        return space > 0 && space < line.Length - 1 && line.Length < 10_000 && !line[(space + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Base64.IsValid(line[..space]);
    }

    /// <summary>The definition of a file's tokenizer, with its BOS and EOS.</summary>
    /// <exception cref="TokenizerException">A line is malformed, or the file's encoding is not known.</exception>
    public static (TokenizerDefinition Definition, int? BosId, int? EosId) Read(ReadOnlySpan<byte> file, string source)
    {
        var ranks = new Vocabulary();
        int line = 0, count = 0;
        foreach (Range range in file.Split((byte)'\n'))
        {
            line++;
            ReadOnlySpan<byte> text = file[range].TrimEnd((byte)'\r');
            if (text.IsEmpty)
                continue;
            (string token, int rank) = ReadLine(text, $"{source}: line {line}");
            ranks.Add(token, rank);
            count++;
        }
        TiktokenEncoding encoding = TiktokenEncoding.Of(source, count);
        List<AddedToken> special = encoding.Special.Select(token => new AddedToken(token.Token, token.Id, Special: true)).ToList();
        PreTokenizer split = new SequencePreTokenizer([new SplitPreTokenizer(UnicodePattern.Parse(encoding.Pattern), SplitBehavior.Isolated),
            new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: false)]);
        var model = new BytePairModel(ranks, Merges(ranks), new BytePairOptions(IgnoreMerges: true));
        var definition = new TokenizerDefinition(ranks.With(special.Select(token => (token.Content, token.Id))), special, null, split, model,
            PostProcessor.Around(encoding.BosId is int bos ? [bos] : [], []), new ByteLevelDecoder());
        return (definition, encoding.BosId, encoding.EosId);
    }

    private static (string Token, int Rank) ReadLine(ReadOnlySpan<byte> line, string place)
    {
        int space = line.IndexOf((byte)' ');
        var bytes = new byte[Math.Max(space, 0)];
        if (space <= 0 || !Utf8Parser.TryParse(line[(space + 1)..], out int rank, out int used)
            || used != line.Length - space - 1 || rank is < 0 or > Vocabulary.MaxId
            || !Convert.TryFromBase64String(Encoding.ASCII.GetString(line[..space]), bytes, out int length) || length == 0)
            throw new TokenizerException(string.Create(CultureInfo.InvariantCulture,
                $"{place} is not base64, a space and a rank of at most {Vocabulary.MaxId}. Is the file intact?"));
        return (string.Concat(bytes[..length].Select(ByteLevelAlphabet.Letter)), rank);
    }

    // Every way to cut a token in two tokens.
    private static BytePairMerges Merges(Vocabulary ranks)
    {
        const int longest = 1024;
        var merges = new BytePairMerges(ranks.Size * 4);
        for (int rank = 0; rank < ranks.Size; rank++)
        {
            if (ranks.Token(rank) is not { } token)
                continue;
            if (token.Length > longest)
                throw new TokenizerException($"token {rank} has {token.Length} bytes, expected at most {longest}. Is the file intact?");
            for (int cut = 1; cut < token.Length; cut++)
                if (ranks.Find(token.AsSpan(0, cut)) is int left && ranks.Find(token.AsSpan(cut)) is int right)
                    merges.Add(left, right, rank, rank);
        }
        return merges;
    }
}
