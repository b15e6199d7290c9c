using System.Globalization;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>The Script property of Unicode 9.0 (UAX #24), from the embedded UnicodeScriptsData.txt. Scripts are numbered in the file's order from 1.</summary>
internal static class UnicodeScripts
{
    private static readonly List<string> Names = ["Unknown"];
    private static readonly List<(int First, int Last, byte Script)> Ranges = [];

    static UnicodeScripts()
    {
        using Stream stream = typeof(UnicodeScripts).Assembly.GetManifestResourceStream("UnicodeScriptsData.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            if (!line.StartsWith('#'))
                ReadScript(line.Split(' '));
        Ranges.Sort();
    }

    /// <summary>The number of the script of this name, or null.</summary>
    public static int? Find(string name) => Names.IndexOf(name) is > 0 and int script ? script : null;

    /// <summary>The script's number, or 0 for a character that 9.0 lacks.</summary>
    public static int Of(int point)
    {
        int low = 0, high = Ranges.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (point < Ranges[middle].First)
                high = middle - 1;
            else if (point > Ranges[middle].Last)
                low = middle + 1;
            else
                return Ranges[middle].Script;
        }
        return 0;
    }

    private static void ReadScript(string[] fields)
    {
        Names.Add(fields[0]);
        foreach (string field in fields[1..])
        {
            string[] ends = field.Split('-');
            Ranges.Add((Hex(ends[0]), Hex(ends[^1]), (byte)(Names.Count - 1)));
        }
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
