namespace QuantSuite.Evaluation.Rows;

/// <summary>
/// The filter expression of <c>dotnet test --filter</c>, for rows outside of a test run: <c>Model=microworld-m&amp;(Bits=4|Bits=8)&amp;Task!=stories</c>.
/// Operators: <c>=</c> equal, <c>!=</c> not equal, <c>~</c> contains, <c>!~</c> does not contain; <c>&amp;</c> binds tighter than <c>|</c>; a backslash
/// takes the next character as it is; case does not matter. A bare word matches where the row's display name contains it.
/// </summary>
public sealed class RowFilter
{
    private const string Operators = "()&|=!~";

    private readonly string text;
    private readonly Func<IReadOnlyDictionary<string, string>, bool> matches;
    private int position;

    private RowFilter(string text)
    {
        this.text = text;
        matches = Or();
        if (position < text.Length)
            throw Broken($"unexpected '{text[position]}'");
    }

    /// <summary>The expression as it was written.</summary>
    public override string ToString() => text;

    /// <summary>Reads an expression.</summary>
    /// <exception cref="SettingsException">It is not one; the message points at the place.</exception>
    public static RowFilter Parse(string text) => new(text);

    /// <summary>Whether a row with these traits is picked.</summary>
    /// <param name="traits">Values by trait name; names compare without case.</param>
    public bool Matches(IReadOnlyDictionary<string, string> traits) => matches(traits);

    private Func<IReadOnlyDictionary<string, string>, bool> Or()
    {
        var left = And();
        while (Take('|'))
        {
            var (a, b) = (left, And());
            left = traits => a(traits) || b(traits);
        }
        return left;
    }

    private Func<IReadOnlyDictionary<string, string>, bool> And()
    {
        var left = Term();
        while (Take('&'))
        {
            var (a, b) = (left, Term());
            left = traits => a(traits) && b(traits);
        }
        return left;
    }

    private Func<IReadOnlyDictionary<string, string>, bool> Term()
    {
        if (Take('('))
        {
            var inner = Or();
            return Take(')') ? inner : throw Broken("expected ')'");
        }
        string name = Word("a trait's name");
        bool negate = Take('!');
        if (Take('='))
            return Condition(name, Word("a value"), negate, contains: false);
        if (Take('~'))
            return Condition(name, Word("a value"), negate, contains: true);
        return negate ? throw Broken("expected '=' or '~' after '!'") : traits => Has(string.Join(" · ", RowTraits.DisplayOrder.Select(traits.GetValueOrDefault)), name);
    }

    private Func<IReadOnlyDictionary<string, string>, bool> Condition(string name, string value, bool negate, bool contains)
    {
        string trait = RowTraits.Names.FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw Broken($"unknown trait '{name}'; traits are {string.Join(", ", RowTraits.Names)}");
        return traits =>
        {
            string actual = traits.GetValueOrDefault(trait, "");
            return (contains ? Has(actual, value) : actual.Equals(value, StringComparison.OrdinalIgnoreCase)) != negate;
        };
    }

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

    private bool Take(char character)
    {
        while (position < text.Length && text[position] == ' ')
            position++;
        if (position == text.Length || text[position] != character)
            return false;
        position++;
        return true;
    }

    private string Word(string expected)
    {
        var word = new System.Text.StringBuilder();
        for (; position < text.Length && !Operators.Contains(text[position]); position++)
            word.Append(text[position] == '\\' && position + 1 < text.Length ? text[++position] : text[position]);
        return word.ToString().Trim() is { Length: > 0 } trimmed ? trimmed : throw Broken($"expected {expected}");
    }

    private SettingsException Broken(string what) =>
        new($"filter '{text}', character {position + 1}: {what}. Example: Model=microworld-m&Bits=4&Task=arithmetic");
}
