using System.Text;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>Comma-separated values (RFC 4180): a quoted field may hold commas, line ends and doubled quotes.</summary>
internal static class Csv
{
    /// <summary>The rows of a file, each of the expected number of fields.</summary>
    /// <exception cref="EvalDataException">A row has another number of fields, or a quote stays open.</exception>
    public static IEnumerable<CsvRow> Read(string path, int fieldCount)
    {
        string text = File.ReadAllText(path);
        int position = 0, line = 1;
        while (position < text.Length)
        {
            int first = line;
            List<string> fields = ReadRow(path, text, ref position, ref line);
            if (fields.Count != fieldCount)
                throw EvalDataException.AtLine(path, first, $"the row has {fields.Count} fields, expected {fieldCount}.");
            yield return new CsvRow(path, first, fields);
        }
    }

    private static List<string> ReadRow(string path, string text, ref int position, ref int line)
    {
        var fields = new List<string>();
        while (true)
        {
            fields.Add(position < text.Length && text[position] == '"' ? ReadQuoted(path, text, ref position, ref line) : ReadPlain(text, ref position));
            if (position < text.Length && text[position] == ',')
            {
                position++;
                continue;
            }
            position += position < text.Length && text[position] == '\r' ? 1 : 0;
            if (position < text.Length && text[position] != '\n')
                throw EvalDataException.AtLine(path, line, "expected a comma or a line end after a quoted field.");
            position++;
            line++;
            return fields;
        }
    }

    private static string ReadPlain(string text, ref int position)
    {
        int start = position;
        while (position < text.Length && text[position] is not (',' or '\n' or '\r'))
            position++;
        return text[start..position];
    }

    private static string ReadQuoted(string path, string text, ref int position, ref int line)
    {
        var field = new StringBuilder();
        int first = line;
        for (position++; position < text.Length; position++)
        {
            if (text[position] == '"' && (position + 1 == text.Length || text[position + 1] != '"'))
            {
                position++;
                return field.ToString();
            }
            position += text[position] == '"' ? 1 : 0;
            line += text[position] == '\n' ? 1 : 0;
            field.Append(text[position]);
        }
        throw EvalDataException.AtLine(path, first, "a quoted field is not closed.");
    }
}

/// <summary>The fields of one row, with its place for messages.</summary>
internal sealed record CsvRow(string Path, int Line, IReadOnlyList<string> Fields)
{
    public string this[int index] => Fields[index];

    public EvalDataException Error(string problem) => EvalDataException.AtLine(Path, Line, problem);
}
