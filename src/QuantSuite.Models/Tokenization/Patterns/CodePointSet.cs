using System.Globalization;
using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization.Patterns;

/// <summary>
/// A set of Unicode code points given by a test. Categories are the runtime's own table (<see cref="CharUnicodeInfo"/>): the same on every system
/// and in every culture. ASCII is tabulated, since most text that a pattern meets is.
/// </summary>
internal sealed class CodePointSet
{
    // The short names, in the order of UnicodeCategory.
    private static readonly string[] CategoryNames =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static readonly int? HanScript = UnicodeScripts.Find("Han");

    private readonly Func<int, bool> contains;
    private readonly ulong low;
    private readonly ulong high;

    private CodePointSet(Func<int, bool> contains)
    {
        this.contains = contains;
        for (int c = 0; c < 64; c++)
        {
            low |= contains(c) ? 1UL << c : 0;
            high |= contains(c + 64) ? 1UL << c : 0;
        }
    }

    /// <summary>Unicode's White_Space property, Oniguruma's <c>\s</c>.</summary>
    public static CodePointSet WhiteSpace { get; } = new(static c => c <= char.MaxValue && char.IsWhiteSpace((char)c));

    /// <summary>Unicode's <c>\w</c>: letters, marks, decimal and letter numbers, connectors, joiners, and alphabetic symbols (circled letters).</summary>
    public static CodePointSet Word { get; } = new(static c =>
        (MaskOf(c) & (Categories("L") | Categories("M") | Categories("Nd") | Categories("Nl") | Categories("Pc"))) != 0
        || c is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189));

    /// <summary>Whether the set has <paramref name="codePoint"/>.</summary>
    public bool Contains(int codePoint) => codePoint switch
    {
        < 64 => (low >> codePoint & 1) != 0,
        < 128 => (high >> codePoint & 1) != 0,
        _ => contains(codePoint),
    };

    public static CodePointSet Single(int codePoint) => new(c => c == codePoint);

    public static CodePointSet Range(int first, int last) => new(c => c >= first && c <= last);

    public static CodePointSet Union(IReadOnlyList<CodePointSet> sets) => sets.Count == 1 ? sets[0] : new(c => Any(sets, c));

    public static CodePointSet Intersection(CodePointSet left, CodePointSet right) => new(c => left.Contains(c) && right.Contains(c));

    public static CodePointSet Complement(CodePointSet set) => new(c => !set.Contains(c));

    /// <summary>The set closed under simple case folding: with s also S and ſ, with k also K and the Kelvin sign.</summary>
    public static CodePointSet IgnoreCase(CodePointSet set) => new(c =>
    {
        int lower = CaseFolding.ToLower(c);
        return set.Contains(c) || set.Contains(lower) || set.Contains(CaseFolding.ToUpper(c)) || set.Contains(CaseFolding.ToUpper(lower));
    });

    /// <summary>The Han script, with the ideographs that came after Unicode 9.0.</summary>
    public static CodePointSet Han { get; } = new(static c =>
        UnicodeScripts.Of(c) == HanScript
        || c is (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0x20000 and <= 0x2EE5F) or (>= 0x30000 and <= 0x323AF));

    /// <summary>General categories by their short name (<c>L</c>, <c>Lu</c>), or null for a name that is none.</summary>
    public static CodePointSet? Category(string name)
    {
        uint mask = Categories(name);
        return mask == 0 ? null : new(c => (MaskOf(c) & mask) != 0);
    }

    private static uint MaskOf(int codePoint) => 1U << (int)CharUnicodeInfo.GetUnicodeCategory(codePoint);

    private static uint Categories(string name)
    {
        uint mask = 0;
        for (int i = 0; i < CategoryNames.Length && name.Length is 1 or 2; i++)
            mask |= CategoryNames[i].StartsWith(name, StringComparison.Ordinal) ? 1U << i : 0;
        return mask;
    }

    private static bool Any(IReadOnlyList<CodePointSet> sets, int codePoint)
    {
        for (int i = 0; i < sets.Count; i++)
            if (sets[i].Contains(codePoint))
                return true;
        return false;
    }
}
