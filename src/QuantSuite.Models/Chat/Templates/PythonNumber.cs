using System.Globalization;
using System.Numerics;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>Python's numbers: whole ones of any size (up to a limit), doubles, and how they print.</summary>
internal static class PythonNumber
{
    private const int MostBits = 1 << 14;
    private const int MostDigits = 400;

    /// <summary>A number of any kind as a double, or null for what is none.</summary>
    public static double? AsDouble(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        BigInteger whole => (double)whole,
        double number => number,
        _ => null,
    };

    /// <summary>A whole number or a bool, or null for anything else.</summary>
    public static BigInteger? AsInteger(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        BigInteger whole => whole,
        _ => null,
    };

    /// <summary>A whole number that fits 32 bits; a larger one is cut to the limit, as an index is.</summary>
    public static int Index(object? value) => AsInteger(value) is BigInteger whole
        ? BigInteger.Abs(whole) > long.MaxValue ? throw new TemplateFault("cannot fit 'int' into an index-sized integer")
        : whole > int.MaxValue ? int.MaxValue : whole < -int.MaxValue ? -int.MaxValue : (int)whole
        : throw new TemplateFault($"{PythonText.Repr(TypeNames.Of(value))} object cannot be interpreted as an integer");

    /// <summary>The number itself, if it is not too large.</summary>
    public static BigInteger Limited(BigInteger value) =>
        value.GetBitLength() <= MostBits ? value : throw new TemplateFault($"a number of more than {MostBits} bits is refused");

    /// <summary>A power of whole numbers: whole where the exponent is not negative.</summary>
    public static object Power(BigInteger left, BigInteger right)
    {
        if (right < 0)
            return Math.Pow((double)left, (double)right);
        if (right > MostBits || (double)right * left.GetBitLength() > MostBits)
            throw new TemplateFault($"a number of more than {MostBits} bits is refused");
        return BigInteger.Pow(left, (int)right);
    }

    /// <summary>Division rounded down.</summary>
    public static BigInteger FloorDivide(BigInteger left, BigInteger right)
    {
        BigInteger quotient = BigInteger.DivRem(left, right, out BigInteger rest);
        return !rest.IsZero && rest.Sign < 0 != right.Sign < 0 ? quotient - 1 : quotient;
    }

    /// <summary>A double as Python prints it: the shortest digits that read back, an exponent below -4 and from 16 on.</summary>
    public static string Format(double value)
    {
        if (double.IsNaN(value))
            return "nan";
        if (double.IsInfinity(value))
            return value > 0 ? "inf" : "-inf";
        (string sign, string digits, int exponent) = Digits(value.ToString("R", CultureInfo.InvariantCulture));
        if (exponent is < -4 or >= 16)
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        if (exponent < 0)
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        return digits.Length <= exponent + 1
            ? $"{sign}{digits.PadRight(exponent + 1, '0')}.0"
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>A double with a number of digits after the point, exact ties to even.</summary>
    public static string ToFixed(double value, int digits)
    {
        if (!double.IsFinite(value))
            return Format(value);
        if (digits is < 0 or > MostDigits)
            throw new TemplateFault($"precision {digits} is refused");
        (BigInteger numerator, BigInteger denominator) = Exact(Math.Abs(value));
        numerator *= BigInteger.Pow(10, digits);
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        int half = (rest * 2).CompareTo(denominator);
        if (half > 0 || (half == 0 && !quotient.IsEven))
            quotient++;
        string text = quotient.ToString(CultureInfo.InvariantCulture).PadLeft(digits + 1, '0');
        string sign = double.IsNegative(value) ? "-" : "";
        return digits == 0 ? sign + text : $"{sign}{text[..^digits]}.{text[^digits..]}";
    }

    // The digits without sign, point, exponent and zeros at their ends, and the power of ten of the first.
    private static (string Sign, string Digits, int Exponent) Digits(string shortest)
    {
        string sign = shortest.StartsWith('-') ? "-" : "";
        int end = shortest.IndexOf('E') is >= 0 and int found ? found : shortest.Length;
        int power = end < shortest.Length ? int.Parse(shortest.AsSpan(end + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        string[] parts = shortest[sign.Length..end].Split('.');
        string all = string.Concat(parts), digits = all.TrimStart('0');
        if (digits.Length == 0)
            return (sign, "0", 0);
        int exponent = parts[0].Length - 1 - (all.Length - digits.Length) + power;
        return (sign, digits.TrimEnd('0'), exponent);
    }

    private static (BigInteger Numerator, BigInteger Denominator) Exact(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52 & 0x7FF);
        BigInteger mantissa = bits & 0xF_FFFF_FFFF_FFFF;
        if (exponent == 0)
            exponent = 1;
        else
            mantissa += BigInteger.One << 52;
        int shift = exponent - 1075;
        return shift >= 0 ? (mantissa << shift, BigInteger.One) : (mantissa, BigInteger.One << -shift);
    }
}
