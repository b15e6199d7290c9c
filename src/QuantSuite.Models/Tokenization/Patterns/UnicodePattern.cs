namespace QuantSuite.Models.Tokenization.Patterns;

/// <summary>
/// A regular expression over code points with Oniguruma's meaning of <c>\s</c>, <c>\p{L}</c> and the rest, as Hugging Face tokenizers uses it.
/// <para>
/// .NET's own Regex reads UTF-16 units: to it an astral letter is two surrogates and no letter, and <c>(?i:'s)</c> leaves out <c>'ſ</c>. So the few
/// constructs that tokenizers need are compiled here for a small backtracking machine. A repetition of one class (nearly all there are) is a
/// single instruction and one entry on the stack however long its run, and the number of steps is limited in proportion to the text, so that a
/// hostile pattern ends in a message.
/// </para>
/// </summary>
internal sealed class UnicodePattern
{
    private const int MaxInstructions = 100_000;

    private readonly List<Instruction> program = [];
    private readonly string source;
    private readonly AsciiSet? firsts;

    private UnicodePattern(PatternNode node, string source)
    {
        this.source = source;
        firsts = Firsts(node);
        Emit(node);
        Add(Operation.Match);
    }

    /// <summary>Compiles a pattern.</summary>
    public static UnicodePattern Parse(string pattern) => new(PatternParser.Parse(pattern), pattern);

    /// <summary>A pattern that matches exactly this text.</summary>
    public static UnicodePattern Literal(string text) =>
        new(new PatternNode.Sequence(text.EnumerateRunes().Select(rune => new PatternNode.One(CodePointSet.Single(rune.Value))).ToList()), text);

    /// <summary>The <c>pattern</c> of a component: <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
    public static UnicodePattern Read(TokenizerSpec component)
    {
        TokenizerSpec pattern = component.Object("pattern");
        return pattern.Has("String") ? Literal(pattern.String("String")) : Parse(pattern.String("Regex"));
    }

    /// <summary>All matches that do not overlap, from left to right; after an empty one the search goes on one code point later.</summary>
    public void FindAll(ReadOnlySpan<char> text, List<Piece> matches)
    {
        using var machine = new PatternMachine(program, text, source);
        for (int position = 0; position <= text.Length;)
        {
            if (firsts is { } possible && (position == text.Length || possible.Lacks(text[position])))
            {
                position++;
                continue;
            }
            int end = machine.Match(position);
            if (end >= 0)
                matches.Add(new Piece(position, end));
            position = end > position ? end : position + UnitsAt(text, position);
        }
    }

    /// <summary>UTF-16 units of the code point at <paramref name="position"/>; 1 at the end.</summary>
    internal static int UnitsAt(ReadOnlySpan<char> text, int position) =>
        position + 1 < text.Length && char.IsHighSurrogate(text[position]) && char.IsLowSurrogate(text[position + 1]) ? 2 : 1;

    /// <summary>A pattern as a message shows it.</summary>
    internal static string Shorten(string pattern) => pattern.Length <= 300 ? pattern : pattern[..300] + "…";

    // The ASCII characters that a match can begin with, or null where it may be empty.
    private static AsciiSet? Firsts(PatternNode node) => node.Nullable ? null : AsciiSet.Where(node.CanBeginWith);

    private int Add(Operation operation, int x = 0, int y = 0, CodePointSet? set = null)
    {
        if (program.Count >= MaxInstructions)
            throw new UnsupportedTokenizerException($"pattern /{Shorten(source)}/ compiles to more than {MaxInstructions} instructions.");
        program.Add(new Instruction(operation, x, y, set));
        return program.Count - 1;
    }

    private void Emit(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.One one:
                Add(Operation.One, set: one.Set);
                break;
            case PatternNode.Sequence sequence:
                foreach (PatternNode part in sequence.Parts)
                    Emit(part);
                break;
            case PatternNode.Choice choice:
                EmitChoice(choice);
                break;
            case PatternNode.Repeat { Body: PatternNode.One one, Greed: not Greed.Lazy } repeat:
                Add(repeat.Greed == Greed.Greedy ? Operation.Run : Operation.PossessiveRun, repeat.Min, repeat.Max ?? int.MaxValue, one.Set);
                break;
            case PatternNode.Repeat { Greed: Greed.Possessive } repeat:
                EmitNested(Operation.Atomic, repeat with { Greed = Greed.Greedy });
                break;
            case PatternNode.Repeat repeat:
                EmitRepeat(repeat);
                break;
            case PatternNode.Look look:
                EmitNested(look.Negative ? Operation.NotLook : Operation.Look, look.Body, look.Behind ? look.Body.Width!.Value : 0);
                break;
            case PatternNode.Atomic atomic:
                EmitNested(Operation.Atomic, atomic.Body);
                break;
            case PatternNode.Place place:
                Add(Operation.Place, (int)place.Anchor);
                break;
        }
    }

    private void EmitChoice(PatternNode.Choice choice)
    {
        var jumps = new List<int>();
        for (int i = 0; i < choice.Choices.Count - 1; i++)
        {
            int split = Add(Operation.Split);
            Emit(choice.Choices[i]);
            jumps.Add(Add(Operation.Jump));
            program[split] = new(Operation.Split, split + 1, program.Count) { Firsts = Firsts(choice.Choices[i]) };
        }
        Emit(choice.Choices[^1]);
        foreach (int jump in jumps)
            program[jump] = new(Operation.Jump, program.Count);
    }

    // x{2,4} is xx(x(x)?)?, and x{2,} is xxx*; a lazy one prefers the way out at each split.
    private void EmitRepeat(PatternNode.Repeat repeat)
    {
        for (int i = 0; i < repeat.Min; i++)
            Emit(repeat.Body);
        var splits = new List<int>();
        for (int i = repeat.Min; i < (repeat.Max ?? repeat.Min + 1); i++)
        {
            splits.Add(Add(Operation.Split));
            Emit(repeat.Body);
        }
        if (repeat.Max is null)
            Add(Operation.Jump, splits[0]);
        foreach (int split in splits)
            program[split] = repeat.Greed == Greed.Lazy ? new(Operation.Split, program.Count, split + 1) : new(Operation.Split, split + 1, program.Count);
    }

    // The nested program runs from the next instruction to its own Match; X is where the outer one goes on, Y how far back it looks.
    private void EmitNested(Operation operation, PatternNode body, int back = 0)
    {
        int at = Add(operation);
        Emit(body);
        Add(Operation.Match);
        program[at] = new(operation, program.Count, back);
    }
}

/// <summary>One instruction; what <paramref name="X"/> and <paramref name="Y"/> mean is the operation's matter.</summary>
internal readonly record struct Instruction(Operation Operation, int X = 0, int Y = 0, CodePointSet? Set = null)
{
    /// <summary>Of a split, what X can begin with: where something else comes, Y is taken at once.</summary>
    public AsciiSet? Firsts { get; init; }
}

/// <summary>A set of ASCII characters.</summary>
internal readonly record struct AsciiSet(ulong Low, ulong High)
{
    /// <summary>The characters that pass a test.</summary>
    public static AsciiSet Where(Func<char, bool> test)
    {
        ulong low = 0, high = 0;
        for (int c = 0; c < 64; c++)
        {
            low |= test((char)c) ? 1UL << c : 0;
            high |= test((char)(c + 64)) ? 1UL << c : 0;
        }
        return new AsciiSet(low, high);
    }

    /// <summary>Whether it is an ASCII character that the set does not have.</summary>
    public bool Lacks(char c) => c < 128 && ((c < 64 ? Low : High) >> c & 1) == 0;
}

/// <summary>What the pattern machine can do.</summary>
internal enum Operation
{
    /// <summary>Consume one code point of the set.</summary>
    One,

    /// <summary>Consume X to Y code points of the set, as many as there are; give back one by one.</summary>
    Run,

    /// <summary>The same, giving nothing back.</summary>
    PossessiveRun,

    /// <summary>Go on at X; if that fails, at Y.</summary>
    Split,

    /// <summary>Go on at X.</summary>
    Jump,

    /// <summary>Nested program must match, Y code points back; go on at X in the same place.</summary>
    Look,

    /// <summary>Nested program must not match, Y code points back; go on at X in the same place.</summary>
    NotLook,

    /// <summary>Nested program must match; go on at X after its match.</summary>
    Atomic,

    /// <summary>Anchor X must hold.</summary>
    Place,

    /// <summary>Matched.</summary>
    Match,
}
