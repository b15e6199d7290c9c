using System.Globalization;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>
/// Unicode's decompositions (canonical and compatibility), compositions and combining classes, from the embedded UnicodeNormalizationData.txt; Hangul by
/// arithmetic. The version is 12.1, that of the reference tokenizers.
/// </summary>
internal static class NormalizationTable
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28, HangulCount = LeadCount * VowelCount * TailCount;

    private static readonly Dictionary<int, byte> Classes = [];
    private static readonly Dictionary<int, int[]> Decompositions = [];
    private static readonly Dictionary<int, int[]> CompatibilityDecompositions = [];
    private static readonly Dictionary<(int First, int Second), int> Compositions = [];
    private static readonly HashSet<int> Composing = [];

    static NormalizationTable()
    {
        using Stream stream = typeof(NormalizationTable).Assembly.GetManifestResourceStream("UnicodeNormalizationData.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith("class ", StringComparison.Ordinal))
                ReadClass(line.Split(' ')[1..]);
            else if (!line.StartsWith('#'))
                ReadDecomposition(line);
        }
    }

    /// <summary>Whether a text with this code point may not be in form C yet.</summary>
    public static bool MayCompose(int point) => point >= 0x300 && (Composing.Contains(point) || IsVowelOrTail(point));

    /// <summary>Canonical combining class; 0 for a starter.</summary>
    public static int CombiningClass(int point) => point < 0x300 ? 0 : Classes.GetValueOrDefault(point);

    /// <summary>Appends the full canonical decomposition or, with <paramref name="compatibility"/>, the full compatibility one.</summary>
    public static void Decompose(int point, bool compatibility, List<int> output)
    {
        int syllable = point - HangulBase;
        if (syllable is >= 0 and < HangulCount)
        {
            output.Add(LeadBase + syllable / (VowelCount * TailCount));
            output.Add(VowelBase + syllable / TailCount % VowelCount);
            if (syllable % TailCount != 0)
                output.Add(TailBase + syllable % TailCount);
        }
        else if (Decompositions.TryGetValue(point, out int[]? parts) || (compatibility && CompatibilityDecompositions.TryGetValue(point, out parts)))
            foreach (int part in parts)
                Decompose(part, compatibility, output);
        else
            output.Add(point);
    }

    /// <summary>The primary composite of two code points, or null.</summary>
    public static int? Compose(int first, int second)
    {
        if (first - LeadBase is >= 0 and < LeadCount && second - VowelBase is >= 0 and < VowelCount)
            return HangulBase + ((first - LeadBase) * VowelCount + second - VowelBase) * TailCount;
        if (first - HangulBase is >= 0 and < HangulCount && (first - HangulBase) % TailCount == 0 && second - TailBase is > 0 and < TailCount)
            return first + second - TailBase;
        return Compositions.TryGetValue((first, second), out int composed) ? composed : null;
    }

    private static bool IsVowelOrTail(int point) => point is >= VowelBase and < VowelBase + VowelCount or > TailBase and < TailBase + TailCount;

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static void ReadClass(string[] fields)
    {
        byte combiningClass = byte.Parse(fields[0], CultureInfo.InvariantCulture);
        foreach (string field in fields[1..])
        {
            string[] ends = field.Split('-');
            for (int point = Hex(ends[0]); point <= Hex(ends[^1]); point++)
            {
                Classes[point] = combiningClass;
                Composing.Add(point);
            }
        }
    }

    private static void ReadDecomposition(string line)
    {
        int sign = line.AsSpan().IndexOfAny('=', '~', '^');
        int point = Hex(line[..sign]);
        int[] parts = line[(sign + 1)..].Split(' ').Select(Hex).ToArray();
        if (line[sign] == '^')
        {
            CompatibilityDecompositions[point] = parts;
            return;
        }
        Decompositions[point] = parts;
        if (line[sign] == '~')
            Composing.Add(point);
        else
        {
            Compositions[(parts[0], parts[1])] = point;
            Composing.Add(parts[1]);
        }
    }
}
