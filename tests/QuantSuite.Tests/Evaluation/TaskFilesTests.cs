using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Tasks;
using QuantSuite.Evaluation.Tasks.Benchmarks;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>Readers of published files: CSV, WikiText's pages, Python's idea of white space.</summary>
public sealed class TaskFilesTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Csv_fields_hold_commas_quotes_and_line_ends()
    {
        File.WriteAllText(folder["a.csv"], "a,\"b, \"\"c\"\"\",\"d\ne\"\r\n,,f");
        CsvRow[] rows = [.. Csv.Read(folder["a.csv"], 3)];
        Assert.Equal(["a", "b, \"c\"", "d\ne"], rows[0].Fields);
        Assert.Equal(["", "", "f"], rows[1].Fields);
        Assert.Equal((1, 3), (rows[0].Line, rows[1].Line));
    }

    [Theory]
    [InlineData("a,b,c\na,b\n", "(2): the row has 2 fields, expected 3")]
    [InlineData("a,b,\"c\n", "(1): a quoted field is not closed")]
    [InlineData("a,\"b\"x,c\n", "(1): expected a comma or a line end after a quoted field")]
    public void Broken_csv_is_named_by_file_and_line(string text, string problem)
    {
        File.WriteAllText(folder["a.csv"], text);
        string message = Assert.Throws<EvalDataException>(() => Csv.Read(folder["a.csv"], 3).ToList()).Message;
        Assert.StartsWith(folder["a.csv"] + problem, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Broken_benchmark_files_are_named_by_file_and_place()
    {
        var data = new EvalData(folder.Path);
        Directory.CreateDirectory(folder["llm_adapters"]);
        File.WriteAllText(folder["llm_adapters/piqa.test.json"], """[{"instruction":"Please?","answer":"solution1"}]""");
        Assert.Contains("record 0: expected 'Please choose", Assert.Throws<EvalDataException>(() => EvalTasks.Get("piqa").Load(data)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder["llm_adapters/piqa.test.json"], "[\n{");
        Assert.Contains("piqa.test.json(2): not valid JSON", Assert.Throws<EvalDataException>(() => EvalTasks.Get("piqa").Load(data)).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(folder["hellaswag"]);
        File.WriteAllText(folder["hellaswag/hellaswag_val_full.txt.bz2"], "plain text");
        Assert.Contains("no sound bzip2 file", Assert.Throws<EvalDataException>(() => EvalTasks.Get("hellaswag").Load(data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void White_space_is_python_s()
    {
        Assert.Equal("a\u200b", PythonText.Strip("\u001c\u00a0\u2003 a\u200b\u001f\n"));
        Assert.Equal(["a", "b"], PythonText.Split(" a\u001d\u3000b\n"));
        Assert.Empty(PythonText.Split(" \n"));
        Assert.Equal(1, PythonText.WordCount(""));
        Assert.Equal(4, PythonText.WordCount(" a  b "));
        Assert.Equal("i\u0307stanbul ß", PythonText.Lower("İSTANBUL ß"));
    }

    [Fact]
    public void Rows_and_pages_of_wikitext_follow_the_hub()
    {
        const string File = " \n = One = \n \n Text . \n \n = = Part = = \n = Two = \n last";
        Assert.Equal([" = One = \n \n Text . \n \n = = Part = = ", " = Two = \n last"], WikitextPages.Split(File));
        Assert.Equal("\n\n = One = \n\n\n\n\n Text . \n", WikitextPages.JoinRows(" \n = One = \n \n Text . \n"));
    }

    [SkippableFact]
    public void The_published_test_file_has_62_pages() =>
        Assert.Equal(62, WikitextPages.Split(File.ReadAllText(Path.Combine(Goldens.RequireShared("data"), "wikitext2/wiki.test.raw"))).Count());
}
