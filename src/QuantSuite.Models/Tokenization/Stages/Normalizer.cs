namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Changes the text before it is cut. The <c>normalizer</c> of a tokenizer.json.</summary>
internal abstract class Normalizer
{
    /// <summary>The changed text, still aligned with the original.</summary>
    public abstract AlignedText Apply(AlignedText text);

    /// <summary>The normalizer that a tokenizer.json describes.</summary>
    public static Normalizer Read(TokenizerSpec spec) => spec.Type switch
    {
        "Sequence" => new SequenceNormalizer(spec.Array("normalizers").Select(Read).ToList()),
        "NFC" => UnicodeNormalizer.Nfc,
        "NFD" => UnicodeNormalizer.Nfd,
        "NFKC" => UnicodeNormalizer.Nfkc,
        "NFKD" => UnicodeNormalizer.Nfkd,
        "Lowercase" => new LowercaseNormalizer(),
        "Strip" => new StripNormalizer(spec.Bool("strip_left"), spec.Bool("strip_right")),
        "StripAccents" => new StripAccentsNormalizer(),
        "Nmt" => new NmtNormalizer(),
        "BertNormalizer" => BertNormalizer.Read(spec),
        "Prepend" => new PrependNormalizer(spec.String("prepend")),
        "Replace" => ReplaceNormalizer.Read(spec),
        "ByteLevel" => new ByteLevelNormalizer(),
        "Precompiled" => PrecompiledNormalizer.Read(spec),
        _ => throw spec.Unsupported("normalizer", "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, BertNormalizer, "
            + "Prepend, Replace, ByteLevel, Precompiled"),
    };
}

/// <summary>One after the other.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<Normalizer> steps) : Normalizer
{
    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text) => steps.Aggregate(text, (current, step) => step.Apply(current));
}
