using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization.SentencePiece;

/// <summary>The stages of a SentencePiece model (Kudo and Richardson 2018), equal to sentencepiece 0.2.3 to the id.</summary>
internal static class SentencePieceTokenizer
{
    private const double UserDefinedMalus = 0.1;

    /// <summary>
    /// The definition of a tokenizer. <paramref name="added"/> are tokens beyond the model's, and those of it that a text can spell; control pieces that are
    /// not among them are known to be special, but no text gives them, as in SentencePiece.
    /// </summary>
    public static TokenizerDefinition Define(SentencePieceData data, IReadOnlyList<AddedToken> added, PostProcessor postProcessor)
    {
        var vocabulary = new Vocabulary();
        for (int id = 0; id < data.Pieces.Count; id++)
            vocabulary.Set(data.Pieces[id].Text, id);
        var known = added.Select(token => token.Id).ToHashSet();
        IEnumerable<AddedToken> silent = Enumerable.Range(0, data.Pieces.Count)
            .Where(id => data.Pieces[id].Type == PieceType.Control && !known.Contains(id))
            .Select(id => new AddedToken(data.Pieces[id].Text, id, Special: true, InText: false));
        TokenModel model = data.IsBytePair ? new SentencePiecePairModel(data) : Unigram(data);
        return new TokenizerDefinition(vocabulary.With(added.Select(token => (token.Content, token.Id))), [.. added, .. silent],
            new SentencePieceNormalizer(data), null, model, postProcessor, new SentencePieceDecoder(data));
    }

    private static UnigramModel Unigram(SentencePieceData data)
    {
        float[] normal = data.Pieces.Where(piece => piece.Type == PieceType.Normal).Select(piece => piece.Score).DefaultIfEmpty().ToArray();
        // SentencePiece begins from the smallest positive number, not from the lowest.
        float highest = Math.Max(0, normal.Max());
        var vocabulary = new Vocabulary();
        for (int id = 0; id < data.Pieces.Count; id++)
            if (data.Pieces[id].Type is PieceType.Normal or PieceType.UserDefined or PieceType.Byte)
                vocabulary.Set(data.Pieces[id].Text, id);
        double[] scores = data.Pieces.Select(piece => piece.Type switch
        {
            PieceType.Normal => piece.Score,
            // Always worth taking.
            PieceType.UserDefined => data.Single ? System.Text.Encoding.UTF8.GetByteCount(piece.Text) * highest - UserDefinedMalus : 0,
            _ => double.NaN,
        }).ToArray();
        int unknown = data.Pieces.FindIndex(piece => piece.Type == PieceType.Unknown);
        return new UnigramModel(vocabulary, scores, normal.Min(), new UnigramOptions(unknown >= 0 ? unknown : null, data.ByteFallback, data.Single));
    }
}
