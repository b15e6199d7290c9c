namespace QuantSuite.Models.Tokenization;

/// <summary>Token strings and ids. An id has one token; a token that several ids have is found by the last.</summary>
internal sealed class Vocabulary
{
    /// <summary>The largest id that is believed.</summary>
    public const int MaxId = 1 << 22;

    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> idsBySpan;
    private readonly List<string?> tokens = [];
    private readonly int?[] bytes = new int?[256];

    public Vocabulary() => idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>One more than the largest id.</summary>
    public int Size => tokens.Count;

    /// <summary>Adds a token.</summary>
    /// <exception cref="TokenizerException">The token or the id is taken by another.</exception>
    public void Add(string token, int id)
    {
        if (ids.TryGetValue(token, out int known) && known != id)
            throw new TokenizerException($"vocabulary: token '{token}' has the ids {known} and {id}, expected one. Is the tokenizer file intact?");
        Set(token, id);
    }

    /// <summary>Adds a token that may have other ids too (lists of pieces hold such).</summary>
    /// <exception cref="TokenizerException">The id is taken by another token.</exception>
    public void Set(string token, int id)
    {
        while (tokens.Count <= id)
            tokens.Add(null);
        if (tokens[id] is { } other && other != token)
            throw new TokenizerException($"vocabulary: tokens '{other}' and '{token}' both have id {id}, expected one id each. Is the tokenizer file intact?");
        ids[token] = id;
        tokens[id] = token;
        if (ByteOf(token) is byte value)
            bytes[value] = id;
    }

    /// <summary>The id of a token, or null.</summary>
    public int? Find(ReadOnlySpan<char> token) => idsBySpan.TryGetValue(token, out int id) ? id : null;

    /// <summary>The id of the token <c>&lt;0xXX&gt;</c> of a byte, in capitals, or null.</summary>
    public int? FindByte(byte value) => bytes[value];

    /// <summary>The token of an id, or null for an id that is out of range or unused.</summary>
    public string? Token(int id) => (uint)id < (uint)tokens.Count ? tokens[id] : null;

    /// <summary>These tokens and others.</summary>
    /// <exception cref="TokenizerException">One of the others has a token or an id that is taken.</exception>
    public Vocabulary With(IEnumerable<(string Token, int Id)> others)
    {
        var all = new Vocabulary();
        all.ids.EnsureCapacity(ids.Count);
        for (int id = 0; id < tokens.Count; id++)
            if (tokens[id] is { } token)
                all.Set(token, id);
        foreach ((string token, int id) in others)
            all.Add(token, id);
        return all;
    }

    private static byte? ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>' && Digit(token[3]) is int high && Digit(token[4]) is int low
            ? (byte)(high * 16 + low) : null;

    private static int? Digit(char c) => c is >= '0' and <= '9' ? c - '0' : c is >= 'A' and <= 'F' ? c - 'A' + 10 : null;
}
