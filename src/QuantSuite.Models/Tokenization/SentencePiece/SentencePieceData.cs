namespace QuantSuite.Models.Tokenization.SentencePiece;

/// <summary>What a piece is (sentencepiece_model.proto, and llama.cpp's token types).</summary>
internal enum PieceType
{
    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>Stands for what is no piece.</summary>
    Unknown = 2,

    /// <summary>A control symbol: no text gives it.</summary>
    Control = 3,

    /// <summary>A symbol that is always cut out of the text whole.</summary>
    UserDefined = 4,

    /// <summary>Never given, but others are made of it.</summary>
    Unused = 5,

    /// <summary>A byte, <c>&lt;0xXX&gt;</c>.</summary>
    Byte = 6,
}

/// <summary>A piece of the vocabulary; its place in the list is its id.</summary>
internal readonly record struct ScoredPiece(string Text, float Score, PieceType Type);

/// <summary>A SentencePiece model's content, from its file or from a GGUF file's metadata.</summary>
internal sealed record SentencePieceData(List<ScoredPiece> Pieces)
{
    private const int Unigram = 1, BytePair = 2;

    /// <summary>Whether pieces come of merges (BPE), not of the unigram model.</summary>
    public bool IsBytePair { get; init; }

    /// <summary>Whether unknown characters become bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Replacements before anything else, or null.</summary>
    public CharacterMap? Map { get; init; }

    /// <summary>Whether a space is put in front of a text.</summary>
    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Whether spaces at the ends go, and spaces in a row become one.</summary>
    public bool RemoveExtraSpaces { get; init; } = true;

    /// <summary>Whether spaces become ▁.</summary>
    public bool EscapeSpaces { get; init; } = true;

    /// <summary>What an unknown piece decodes to.</summary>
    public string UnknownSurface { get; init; } = " ⁇ ";

    /// <summary>Scores of a path add in single precision, as in SentencePiece; llama.cpp adds them in double.</summary>
    public bool Single { get; init; } = true;

    /// <summary>Ids of the beginning and the end of a text, or null.</summary>
    public int? BosId { get; init; }

    /// <inheritdoc cref="BosId"/>
    public int? EosId { get; init; }

    /// <summary>Reads a <c>.model</c> file.</summary>
    /// <exception cref="UnsupportedTokenizerException">A word or character model, or white space as a suffix.</exception>
    /// <exception cref="TokenizerException">It is malformed.</exception>
    public static SentencePieceData Parse(ReadOnlySpan<byte> file, string source)
    {
        var data = new SentencePieceData([]) { BosId = 1, EosId = 2 };
        var reader = new ProtobufReader(file, source);
        while (reader.Next())
            switch (reader.Field)
            {
                case 1:
                    data.Pieces.Add(ParsePiece(reader.Bytes, $"{source}: piece {data.Pieces.Count}"));
                    break;
                case 2:
                    data = ParseTrainer(data, reader.Bytes, source);
                    break;
                case 3:
                    data = ParseNormalizer(data, reader.Bytes, source);
                    break;
                case 5 when !reader.Bytes.IsEmpty:
                    RequireNoDenormalizer(reader.Bytes, source);
                    break;
            }
        if (data.Pieces.Count is 0 or > Vocabulary.MaxId)
            throw new TokenizerException($"{source} has {data.Pieces.Count} pieces, expected 1 to {Vocabulary.MaxId}. Is it a SentencePiece model?");
        return data with { BosId = Existing(data, data.BosId), EosId = Existing(data, data.EosId) };
    }

    private static int? Existing(SentencePieceData data, int? id) => id >= 0 && id < data.Pieces.Count ? id : null;

    private static ScoredPiece ParsePiece(ReadOnlySpan<byte> message, string place)
    {
        var reader = new ProtobufReader(message, place);
        (string text, float score, PieceType type) = ("", 0f, PieceType.Normal);
        while (reader.Next())
            switch (reader.Field)
            {
                case 1:
                    text = reader.Text();
                    break;
                case 2:
                    score = reader.Single;
                    break;
                case 3:
                    type = (PieceType)reader.Integer;
                    break;
            }
        if (text.Length == 0 || float.IsNaN(score) || !Enum.IsDefined(type))
            throw new TokenizerException($"{place} is '{text}' of score {score} and type {(int)type}; expected a text, a number and a type of 1 to 6.");
        return new ScoredPiece(text, score, type);
    }

    private static SentencePieceData ParseTrainer(SentencePieceData data, ReadOnlySpan<byte> message, string source)
    {
        var reader = new ProtobufReader(message, $"{source}: trainer_spec");
        int model = Unigram;
        while (reader.Next())
            switch (reader.Field)
            {
                case 3:
                    model = reader.Integer;
                    break;
                case 24 when reader.Bool:
                    throw new UnsupportedTokenizerException($"{source}: trainer_spec.treat_whitespace_as_suffix is true; only false is supported yet.");
                case 35:
                    data = data with { ByteFallback = reader.Bool };
                    break;
                case 41:
                    data = data with { BosId = reader.Integer };
                    break;
                case 42:
                    data = data with { EosId = reader.Integer };
                    break;
                case 44:
                    data = data with { UnknownSurface = reader.Text() };
                    break;
            }
        return model is Unigram or BytePair ? data with { IsBytePair = model == BytePair }
            : throw new UnsupportedTokenizerException($"{source}: trainer_spec.model_type is {model}; only {Unigram} (unigram) and {BytePair} (BPE) are supported yet.");
    }

    private static SentencePieceData ParseNormalizer(SentencePieceData data, ReadOnlySpan<byte> message, string source)
    {
        var reader = new ProtobufReader(message, $"{source}: normalizer_spec");
        while (reader.Next())
            data = reader.Field switch
            {
                2 => data with { Map = reader.Bytes.IsEmpty ? null : CharacterMap.Parse(reader.Bytes, $"{source}: precompiled_charsmap") },
                3 => data with { AddDummyPrefix = reader.Bool },
                4 => data with { RemoveExtraSpaces = reader.Bool },
                5 => data with { EscapeSpaces = reader.Bool },
                _ => data,
            };
        return data;
    }

    private static void RequireNoDenormalizer(ReadOnlySpan<byte> message, string source)
    {
        var reader = new ProtobufReader(message, $"{source}: denormalizer_spec");
        while (reader.Next())
            if (reader.Field == 2 && !reader.Bytes.IsEmpty)
                throw new UnsupportedTokenizerException($"{source}: denormalizer_spec has a character map; only none is supported yet.");
    }
}
