using System.Reflection;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>Worked examples that a benchmark's prompt begins with, where they are too long for code; each a text file under Shots/.</summary>
internal static class ShotText
{
    /// <summary>The text of a file, without its final line end.</summary>
    public static string Read(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("QuantSuite.Evaluation.Shots." + file)!;
        using var reader = new StreamReader(stream);
        string text = reader.ReadToEnd();
        return text.EndsWith('\n') ? text[..^1] : text;
    }
}
