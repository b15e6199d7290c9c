using System.Text;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>
/// Comma-separated values (RFC 4180), and tab-separated ones by the same rules: a quoted field may hold separators, line ends and doubled quotes.
/// </summary>
internal static class Csv
{
    /// <summary>The rows of a file without a heading, each of the expected number of fields.</summary>
    /// <exception cref="EvalDataException">A row has another number of fields, or a quote stays open.</exception>
    public static IEnumerable<CsvRow> Read(string path, int fieldCount) => Rows(path, File.ReadAllText(path), ',').Select(row => row.Require(fieldCount));

    /// <summary>The rows below a heading, whose fields are asked for by name; further columns may be there.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="text">Its content.</param>
    /// <param name="columns">Names that the heading must have.</param>
    /// <exception cref="EvalDataException">The heading lacks a column, or a row has another number of fields than the heading.</exception>
    public static IEnumerable<CsvRow> ReadTable(string path, string text, IReadOnlyList<string> columns, char separator = ',')
    {
        IReadOnlyList<string>? heading = null;
        foreach (CsvRow row in Rows(path, text.TrimStart('\uFEFF'), separator))
        {
            if (heading is not null)
                yield return row.Require(heading.Count) with { Heading = heading };
            else if (columns.Except(row.Fields).ToList() is { Count: > 0 } missing)
                throw row.Error(Missing(missing, row.Fields));
            heading ??= row.Fields;
        }
    }

    /// <summary>The same of a whole file.</summary>
    public static IEnumerable<CsvRow> ReadTable(string path, params IReadOnlyList<string> columns) => ReadTable(path, File.ReadAllText(path), columns);

    /// <summary>What is wrong with a file of other columns, for files of all kinds.</summary>
    public static string Missing(IReadOnlyList<string> missing, IEnumerable<string> found) =>
        $"the column{(missing.Count > 1 ? "s" : "")} {string.Join(", ", missing.Select(name => $"'{name}'"))} {(missing.Count > 1 ? "are" : "is")} missing; found: "
        + $"{string.Join(", ", found.Select(name => $"'{name}'"))}. Is it the benchmark's file as published ('list tasks' names it)?";

    /// <summary>The rows of a text, of any number of fields.</summary>
    public static IEnumerable<CsvRow> Rows(string path, string text, char separator)
    {
        int position = 0, line = 1;
        while (position < text.Length)
        {
            int first = line;
            yield return new CsvRow(path, first, ReadRow(path, text, separator, ref position, ref line));
        }
    }

    private static List<string> ReadRow(string path, string text, char separator, ref int position, ref int line)
    {
        var fields = new List<string>();
        while (true)
        {
            bool quoted = position < text.Length && text[position] == '"';
            fields.Add(quoted ? ReadQuoted(path, text, ref position, ref line) : ReadPlain(text, separator, ref position));
            if (position < text.Length && text[position] == separator)
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

    private static string ReadPlain(string text, char separator, ref int position)
    {
        int start = position;
        while (position < text.Length && text[position] != separator && text[position] is not ('\n' or '\r'))
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
    /// <summary>The names of the fields, where the file has a heading.</summary>
    public IReadOnlyList<string> Heading { get; init; } = [];

    public string this[int index] => Fields[index];

    public string this[string column]
    {
        get
        {
            for (int i = 0; i < Heading.Count; i++)
                if (Heading[i] == column)
                    return Fields[i];
            throw Error(Csv.Missing([column], Heading));
        }
    }

    /// <summary>Which of several texts a column has.</summary>
    public int OneOf(string column, params ReadOnlySpan<string> texts) => texts.IndexOf(this[column]) is >= 0 and var index
        ? index
        : throw Error($"'{column}' is '{this[column]}', expected one of {string.Join(", ", texts.ToArray())}.");

    /// <summary>This row, if it has so many fields.</summary>
    public CsvRow Require(int fieldCount) =>
        Fields.Count == fieldCount ? this : throw Error($"the row has {Fields.Count} fields, expected {fieldCount}.");

    public EvalDataException Error(string problem) => EvalDataException.AtLine(Path, Line, problem);
}
