namespace QuantSuite.Models.Tokenization.Patterns;

/// <summary>Runs a compiled pattern over one text, with an explicit stack of choices: recursion only as deep as look-around nests.</summary>
internal ref struct PatternMachine
{
    private readonly ReadOnlySpan<Instruction> program;
    private readonly ReadOnlySpan<char> text;
    private readonly string source;
    [ThreadStatic]
    private static Choice[]? spareStack;

    private Choice[] stack;
    private int stackCount;
    private long stepsLeft;

    public PatternMachine(List<Instruction> program, ReadOnlySpan<char> text, string source)
    {
        this.program = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(program);
        this.text = text;
        this.source = source;
        stepsLeft = 1_000_000 + 2_000L * text.Length;
        stack = spareStack ?? new Choice[32];
        spareStack = null;
    }

    /// <summary>Leaves the stack to the next machine on this thread.</summary>
    public readonly void Dispose() => spareStack = stack;

    /// <summary>End of the match that begins at <paramref name="position"/>, or -1.</summary>
    public int Match(int position) => Run(0, position);

    /// <summary>What to try next: an instruction with a place; for a run, every place from there back to <paramref name="Lowest"/>.</summary>
    private readonly record struct Choice(int Instruction, int Position, int Lowest);

    private int Run(int instruction, int position)
    {
        int bottom = stackCount;
        while (true)
        {
            if (--stepsLeft < 0)
                throw new TokenizerException($"pattern /{UnicodePattern.Shorten(source)}/ backtracks without end on {text.Length} characters; refused.");
            if (program[instruction].Operation == Operation.Match)
            {
                stackCount = bottom;
                return position;
            }
            if (Step(ref instruction, ref position))
                continue;
            if (stackCount == bottom)
                return -1;
            TakeBack(out instruction, out position);
        }
    }

    private bool Step(ref int instruction, ref int position)
    {
        ref readonly Instruction current = ref program[instruction];
        switch (current.Operation)
        {
            case Operation.One:
                instruction++;
                return Advance(ref position, current.Set!);
            case Operation.Run or Operation.PossessiveRun:
                instruction++;
                return AdvanceRun(instruction, ref position, current);
            case Operation.Split when current.Firsts is { } firsts && (position == text.Length || firsts.Lacks(text[position])):
                instruction = current.Y;
                return true;
            case Operation.Split:
                Push(new Choice(current.Y, position, position));
                instruction = current.X;
                return true;
            case Operation.Jump:
                instruction = current.X;
                return true;
            case Operation.Atomic:
                position = Run(instruction + 1, position);
                instruction = current.X;
                return position >= 0;
            case Operation.Look or Operation.NotLook:
                bool found = Back(position, current.Y) is int start && Run(instruction + 1, start) >= 0;
                instruction = current.X;
                return found == (current.Operation == Operation.Look);
            default:
                instruction++;
                return Holds((Anchor)current.X, position);
        }
    }

    private readonly bool Advance(ref int position, CodePointSet set)
    {
        if (position >= text.Length)
            return false;
        char unit = text[position];
        if (unit < 0x80 || !char.IsHighSurrogate(unit) || UnicodePattern.UnitsAt(text, position) == 1)
        {
            position++;
            return set.Contains(unit);
        }
        int point = char.ConvertToUtf32(unit, text[position + 1]);
        position += 2;
        return set.Contains(point);
    }

    private bool AdvanceRun(int after, ref int position, in Instruction run)
    {
        int lowest = position, count = 0;
        for (int ahead = position; count < run.Y && Advance(ref ahead, run.Set!); count++)
        {
            position = ahead;
            if (count < run.X)
                lowest = position;
        }
        stepsLeft -= count;
        if (count > run.X && run.Operation == Operation.Run)
            Push(new Choice(after, Before(position), lowest));
        return count >= run.X;
    }

    private void TakeBack(out int instruction, out int position)
    {
        ref Choice top = ref stack[stackCount - 1];
        (instruction, position) = (top.Instruction, top.Position);
        if (top.Position > top.Lowest)
            top = top with { Position = Before(top.Position) };
        else
            stackCount--;
    }

    private void Push(Choice choice)
    {
        if (stackCount == stack.Length)
            Array.Resize(ref stack, stackCount * 2);
        stack[stackCount++] = choice;
    }

    private readonly int Before(int position) =>
        position - (position >= 2 && char.IsLowSurrogate(text[position - 1]) && char.IsHighSurrogate(text[position - 2]) ? 2 : 1);

    private readonly int? Back(int position, int count)
    {
        for (; count > 0 && position > 0; count--)
            position = Before(position);
        return count == 0 ? position : null;
    }

    private readonly bool Holds(Anchor anchor, int position) => anchor switch
    {
        Anchor.TextStart => position == 0,
        Anchor.TextEnd => position == text.Length,
        Anchor.LineStart => position == 0 || (text[position - 1] == '\n' && position < text.Length),
        Anchor.LineEnd => position == text.Length || text[position] == '\n',
        Anchor.WordBoundary => WordBefore(position) != WordAt(position),
        _ => WordBefore(position) == WordAt(position),
    };

    private readonly bool WordAt(int position) => Advance(ref position, CodePointSet.Word);

    private readonly bool WordBefore(int position) => position > 0 && WordAt(Before(position));
}
