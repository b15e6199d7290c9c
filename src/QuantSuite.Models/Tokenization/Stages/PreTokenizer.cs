using QuantSuite.Models.Tokenization.Patterns;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Cuts a text into the pieces that no token may cross, and may respell it. The <c>pre_tokenizer</c> of a tokenizer.json.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Each piece cut further; empty pieces are dropped.</summary>
    public abstract SplitText Apply(SplitText text);

    /// <summary>The pre-tokenizer that a tokenizer.json describes.</summary>
    public static PreTokenizer Read(TokenizerSpec spec) => spec.Type switch
    {
        "Sequence" => new SequencePreTokenizer(spec.Array("pretokenizers").Select(Read).ToList()),
        "ByteLevel" => new ByteLevelPreTokenizer(spec.Bool("add_prefix_space"), spec.Bool("use_regex", true)),
        "Metaspace" => MetaspacePreTokenizer.Read(spec),
        "Digits" => SplitPreTokenizer.Digits(spec.Bool("individual_digits")),
        "Punctuation" => SplitPreTokenizer.Punctuation(spec.Choice<SplitBehavior>("behavior", SplitBehavior.Isolated)),
        "Split" => SplitPreTokenizer.Read(spec),
        "Whitespace" => SplitPreTokenizer.Words,
        "WhitespaceSplit" => SplitPreTokenizer.WhiteSpace,
        "BertPreTokenizer" => new SequencePreTokenizer([SplitPreTokenizer.WhiteSpace, SplitPreTokenizer.Punctuation(SplitBehavior.Isolated)]),
        "CharDelimiterSplit" => new SplitPreTokenizer(UnicodePattern.Literal(spec.Character("delimiter")), SplitBehavior.Removed),
        "UnicodeScripts" => new ScriptPreTokenizer(),
        "FixedLength" => new FixedLengthPreTokenizer(spec.Integer("length", 1, int.MaxValue, 5)),
        _ => throw spec.Unsupported("pre-tokenizer", "Sequence, ByteLevel, Metaspace, Digits, Punctuation, Split, Whitespace, WhitespaceSplit, "
            + "BertPreTokenizer, CharDelimiterSplit, UnicodeScripts, FixedLength"),
    };
}

/// <summary>One after the other.</summary>
internal sealed class SequencePreTokenizer(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    /// <inheritdoc/>
    public override SplitText Apply(SplitText text) => steps.Aggregate(text, (current, step) => step.Apply(current));
}
