namespace QuantSuite.Evaluation.Reporting;

/// <summary>Ordinal order in which runs of digits compare as numbers: retrieval8 before retrieval16.</summary>
internal sealed class NaturalOrder : IComparer<string>
{
    public static readonly NaturalOrder Instance = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x, b = y;
        while (a.Length > 0 && b.Length > 0)
        {
            ReadOnlySpan<char> left = Head(a), right = Head(b);
            int order = char.IsAsciiDigit(left[0]) && char.IsAsciiDigit(right[0]) ? CompareNumbers(left, right) : left.SequenceCompareTo(right);
            if (order != 0)
                return order;
            a = a[left.Length..];
            b = b[right.Length..];
        }
        int rest = a.Length.CompareTo(b.Length);
        return rest != 0 ? rest : string.CompareOrdinal(x, y);
    }

    // The digits at the front, or what comes before the first digit.
    private static ReadOnlySpan<char> Head(ReadOnlySpan<char> text)
    {
        int end = char.IsAsciiDigit(text[0]) ? text.IndexOfAnyExceptInRange('0', '9') : text.IndexOfAnyInRange('0', '9');
        return end < 0 ? text : text[..end];
    }

    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        left = left.TrimStart('0');
        right = right.TrimStart('0');
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);
    }
}
