using System.Globalization;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>What a baseline keeps of an item: one character where it is right or wrong, a number of seven digits where it is not.</summary>
internal static class OutcomeScore
{
    /// <summary>
    /// The score as a baseline holds it. Seven significant digits are as many as the float32 behind them, move a mean of log-likelihoods by at most 5e-8
    /// of itself, and leave two runs equal that differ in the last bits only. Both sides of a comparison are rounded so.
    /// </summary>
    public static double Stored(GateKind kind, double score) =>
        kind == GateKind.RightOrWrong ? score : double.Parse(Text(score), CultureInfo.InvariantCulture);

    /// <summary>The number in a baseline's line.</summary>
    public static string Text(double score) => score.ToString("G7", CultureInfo.InvariantCulture);

    /// <summary>The character of an item whose log-likelihoods are not numbers; it counts as wrong.</summary>
    public const char Broken = '!';

    /// <summary>Whether a character stands for a right answer, a wrong one, or (null) for neither.</summary>
    public static bool? IsRight(char code) => code switch
    {
        '+' or (>= 'A' and <= 'Z') => true,
        '-' or Broken or (>= 'a' and <= 'z') => false,
        _ => null,
    };
}
