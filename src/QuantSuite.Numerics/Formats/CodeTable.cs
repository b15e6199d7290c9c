namespace QuantSuite.Numerics.Formats;

/// <summary>
/// The one decoder and encoder of every format of at most 8 bits that is no plain integer: a list of values by code, and the nearest of them to any number.
/// </summary>
/// <remarks>
/// The values that can be encoded are sorted; between two neighbours lies a threshold, the smallest float32 that rounds to the upper one. The rule for ties is folded into
/// the thresholds when the table is made, so encoding is a binary search and nothing else, whatever the format. Outside the table the last value stands (saturation).
/// Entries that are NaN or infinite decode, and are never encoded. Of equal entries the lowest code is used; under <see cref="TieRule.Lower"/> numbers above them take the highest,
/// as bitsandbytes' two zeros of FP4 show. Where the table has a −0, numbers below zero that round to zero take it.
/// </remarks>
public sealed class CodeTable
{
    /// <summary>The most entries of a table.</summary>
    public const int LengthLimit = 256;

    private readonly float[] values;
    private readonly float[] sorted;
    private readonly float[] thresholds;
    private readonly byte[] codes;
    private readonly int zeroCode = -1;
    private readonly int negativeZeroCode = -1;

    /// <summary>A table of these values; the index is the code.</summary>
    /// <param name="values">1 to 256 values, at least one of them finite.</param>
    /// <param name="ties">Which neighbour a number half way between two takes.</param>
    /// <param name="limit">Entries of larger magnitude are never encoded.</param>
    public CodeTable(IEnumerable<float> values, TieRule ties, float limit = float.MaxValue)
    {
        this.values = [.. values];
        if (this.values.Length is 0 or > LengthLimit)
            throw new ArgumentException($"A table of codes holds 1 to {LengthLimit} values, got {this.values.Length}.", nameof(values));
        (float Value, int Code)[] usable = [.. this.values.Select((value, code) => (value, code)).Where(entry => MathF.Abs(entry.value) <= limit)
            .OrderBy(entry => entry.value).ThenBy(entry => entry.code)];
        if (ties != TieRule.Lower)
            usable = [.. usable.DistinctBy(entry => entry.Value)];
        if (usable.Length == 0)
            throw new ArgumentException("A table of codes needs a finite value, got none.", nameof(values));
        sorted = [.. usable.Select(entry => entry.Value)];
        codes = [.. usable.Select(entry => (byte)entry.Code)];
        thresholds = [.. usable.Zip(usable.Skip(1), (lower, upper) => Threshold(lower.Value, upper.Value, ties, upper.Code))];
        for (int code = this.values.Length - 1; code >= 0; code--)
            if (this.values[code] == 0)
                (zeroCode, negativeZeroCode) = float.IsNegative(this.values[code]) ? (zeroCode, code) : (code, negativeZeroCode);
        if (negativeZeroCode < 0)
            negativeZeroCode = zeroCode;
        Largest = Math.Max(MathF.Abs(sorted[0]), MathF.Abs(sorted[^1]));
    }

    /// <summary>The value of each code.</summary>
    public IReadOnlyList<float> Values => values;

    /// <summary>The largest magnitude that can be encoded.</summary>
    public float Largest { get; }

    /// <summary>The code of the value nearest to a number that is not NaN; beyond the ends, the end.</summary>
    public int Encode(float number)
    {
        int first = 0, count = thresholds.Length;
        while (count > 0)
        {
            int half = (count + 1) / 2;
            if (number >= thresholds[first + half - 1])
            {
                first += half;
                count -= half;
            }
            else
                count = half - 1;
        }
        int code = codes[first];
        return code == zeroCode && float.IsNegative(number) ? negativeZeroCode : code;
    }

    // The smallest float32 that rounds to the upper neighbour. The midpoint of two float32 values is exact in double; bitsandbytes' are float32.
    private static float Threshold(float lower, float upper, TieRule ties, int upperCode)
    {
        double middle = ((double)lower + upper) / 2;
        var threshold = (float)middle;
        return ties switch
        {
            TieRule.Lower => MathF.BitIncrement(threshold),
            TieRule.EvenCode when threshold == middle && upperCode % 2 != 0 => MathF.BitIncrement(threshold),
            _ => threshold < middle ? MathF.BitIncrement(threshold) : threshold,
        };
    }
}

/// <summary>Which of two neighbours a number half way between them takes.</summary>
public enum TieRule
{
    /// <summary>The one whose code is even: IEEE 754's rule, for codes whose last bit is a significand's.</summary>
    EvenCode,

    /// <summary>The smaller one, half way being the midpoint rounded to float32, as bitsandbytes does.</summary>
    Lower,

    /// <summary>The larger one, as ml_dtypes rounds to powers of two.</summary>
    Upper,
}
