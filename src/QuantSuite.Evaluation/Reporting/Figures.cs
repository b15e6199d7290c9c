using System.Globalization;

namespace QuantSuite.Evaluation.Reporting;

/// <summary>How the page writes a number: invariant, a real minus sign, as many digits as mean something, the unit beside it.</summary>
internal static class Figures
{
    private const string None = "—";

    /// <summary>A metric: per cent for fractions of items, four significant digits for the rest.</summary>
    public static string Value(Metric metric) => metric.Unit.Length == 0 ? Fixed(100 * metric.Value, 1) : Significant(metric.Value);

    /// <summary>A metric's standard error in the metric's own writing, without the sign ±; a dash where none is defined.</summary>
    public static string Error(Metric metric) => metric.StandardError switch
    {
        null => None,
        double e when metric.Unit.Length == 0 => Fixed(100 * e, 1),
        double e => Significant(e, 2),
    };

    /// <summary>The unit to print after a metric.</summary>
    public static string Unit(Metric metric) => metric.Unit.Length == 0 ? "%" : metric.Unit;

    /// <summary>A change of the mean score, signed, in percentage points or nats per token, with as many digits as its error is worth.</summary>
    public static string Delta(double delta, double error, GateKind kind) => Signed(InUnit(delta, kind), Decimals(InUnit(error, kind), kind));

    /// <summary>A change of which no error is known.</summary>
    public static string Delta(double delta, GateKind kind) => Delta(delta, delta, kind);

    /// <summary>The size of an error, in the writing of <see cref="Delta(double, double, GateKind)"/>.</summary>
    public static string Spread(double error, GateKind kind) => Fixed(InUnit(error, kind), Decimals(InUnit(error, kind), kind));

    /// <summary>The unit of <see cref="Delta(double, GateKind)"/>.</summary>
    public static string DeltaUnit(GateKind kind) => kind == GateKind.LogLikelihood ? "nats/token" : "points";

    /// <summary>A probability as "= 0.034" or "&lt; 0.0001".</summary>
    public static string Probability(double p) => p < 0.0001 ? "< 0.0001" : $"= {Significant(p, 2)}";

    /// <summary>A count with thin group separators.</summary>
    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202F');

    /// <summary>Bytes in binary units.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{Fixed(bytes / (double)(1L << 30), 2)} GiB",
        >= 1L << 20 => $"{Fixed(bytes / (double)(1L << 20), 1)} MiB",
        _ => $"{Fixed(bytes / 1024d, 1)} KiB",
    };

    /// <summary>Seconds, or minutes and seconds.</summary>
    public static string Duration(double seconds) => seconds switch
    {
        < 10 => $"{Fixed(seconds, 1)} s",
        < 120 => $"{Fixed(seconds, 0)} s",
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)seconds / 60} min {(long)seconds % 60:00} s"),
    };

    /// <summary>Tokens per second: three digits.</summary>
    public static string Rate(double perSecond) => perSecond >= 100 ? Count((long)Math.Round(perSecond)) : Fixed(perSecond, 1);

    /// <summary>A number with a fixed count of decimals.</summary>
    public static string Fixed(double value, int decimals)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
        double rounded = Math.Round(Math.Abs(value), decimals, MidpointRounding.AwayFromZero);
        string text = rounded.ToString($"F{decimals}", CultureInfo.InvariantCulture);
        return value < 0 && text.AsSpan().ContainsAnyInRange('1', '9') ? "−" + text : text;
    }

    /// <summary>A number with about <paramref name="digits"/> significant digits, never in scientific notation below a million.</summary>
    public static string Significant(double value, int digits = 4)
    {
        if (!double.IsFinite(value) || value == 0)
            return Fixed(value, 0);
        int magnitude = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        return Math.Abs(value) >= 1e6
            ? value.ToString("0.00e0", CultureInfo.InvariantCulture)
            : Fixed(value, Math.Clamp(digits - 1 - magnitude, 0, 6));
    }

    /// <summary>The first digits of a hash.</summary>
    public static string Hash(string hash) => hash.Length > 12 ? hash[..12] : hash.Length == 0 ? None : hash;

    /// <summary>A machine's view of a number, for sorting; empty where it is not finite.</summary>
    public static string Key(double? value) => value is { } v && double.IsFinite(v) ? v.ToString("R", CultureInfo.InvariantCulture) : "";

    private static double InUnit(double value, GateKind kind) => kind == GateKind.LogLikelihood ? value : 100 * value;

    // As many as show one digit of the error, within what a column can hold.
    private static int Decimals(double error, GateKind kind)
    {
        (int least, int most) = kind == GateKind.LogLikelihood ? (3, 5) : (1, 2);
        double size = Math.Abs(error);
        return size > 0 && double.IsFinite(size) ? Math.Clamp((int)Math.Ceiling(-Math.Log10(size * 1.0001)), least, most) : least;
    }

    private static string Signed(double value, int decimals)
    {
        string text = Fixed(value, decimals);
        return value > 0 && text.AsSpan().ContainsAnyInRange('1', '9') ? "+" + text : text;
    }
}
