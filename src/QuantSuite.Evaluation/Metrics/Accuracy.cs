using System.Text;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// Which choice wins, as lm-evaluation-harness decides: <c>acc</c> takes argmax ln p, <c>acc_norm</c> argmax ln p / code points of the bare choice
/// (Python's <c>len</c>: neither UTF-16 units nor bytes nor tokens, and without the delimiter). The first of equals wins.
/// Here NaN never wins, while numpy's argmax would let it.
/// </summary>
public static class Accuracy
{
    /// <summary>Index of the largest score, −1 if all are NaN.</summary>
    public static int Best(ReadOnlySpan<double> scores)
    {
        int best = -1;
        for (int i = 0; i < scores.Length; i++)
            if (!double.IsNaN(scores[i]) && (best < 0 || scores[i] > scores[best]))
                best = i;
        return best;
    }

    /// <summary>Log-likelihoods divided by the choices' lengths in code points.</summary>
    public static double[] ByCharacters(ReadOnlySpan<double> sums, IReadOnlyList<string> choices)
    {
        double[] normalized = sums.ToArray();
        for (int i = 0; i < normalized.Length; i++)
            normalized[i] /= CodePointCount(choices[i]);
        return normalized;
    }

    /// <summary>Log-likelihoods divided by the choices' lengths in UTF-8 bytes (<c>acc_bytes</c>).</summary>
    public static double[] ByBytes(ReadOnlySpan<double> sums, IReadOnlyList<string> choices)
    {
        double[] normalized = sums.ToArray();
        for (int i = 0; i < normalized.Length; i++)
            normalized[i] /= Encoding.UTF8.GetByteCount(choices[i]);
        return normalized;
    }

    private static int CodePointCount(string text)
    {
        int count = 0;
        foreach (Rune _ in text.EnumerateRunes())
            count++;
        return count;
    }
}
