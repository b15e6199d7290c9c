namespace QuantSuite.Models.Tokenization;

/// <summary>Token strings and ids, one to one.</summary>
internal sealed class Vocabulary
{
    /// <summary>The largest id that is believed.</summary>
    public const int MaxId = 1 << 22;

    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> idsBySpan;
    private readonly List<string?> tokens = [];

    public Vocabulary() => idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>One more than the largest id.</summary>
    public int Size => tokens.Count;

    /// <summary>Adds a token.</summary>
    /// <exception cref="TokenizerException">The token or the id is taken by another.</exception>
    public void Add(string token, int id)
    {
        while (tokens.Count <= id)
            tokens.Add(null);
        if (tokens[id] is { } other && other != token)
            throw new TokenizerException($"vocabulary: tokens '{other}' and '{token}' both have id {id}, expected one id each. Is the tokenizer file intact?");
        if (!ids.TryAdd(token, id) && ids[token] != id)
            throw new TokenizerException($"vocabulary: token '{token}' has the ids {ids[token]} and {id}, expected one. Is the tokenizer file intact?");
        tokens[id] = token;
    }

    /// <summary>The id of a token, or null.</summary>
    public int? Find(ReadOnlySpan<char> token) => idsBySpan.TryGetValue(token, out int id) ? id : null;

    /// <summary>The token of an id, or null for an id that is out of range or unused.</summary>
    public string? Token(int id) => (uint)id < (uint)tokens.Count ? tokens[id] : null;
}
