using System.Text;
using QuantSuite.Models;

namespace QuantSuite.Evaluation.Tasks.Benchmarks;

/// <summary>WikiText-2 by word, byte and bit: the model sees detokenized pages, words and bytes are those of the published pages.</summary>
public sealed class WikitextTask() : PerplexityTask(new(
    "wikitext", "language modelling", "lm-evaluation-harness wikitext 2.0: rolling windows over detokenized pages",
    "wikitext2/wiki.test.raw", "Merity et al. 2016, 1609.07843"))
{
    /// <inheritdoc/>
    protected override IEnumerable<TextItem> Read(EvalData data) => WikitextPages.Split(File.ReadAllText(data.Require(Source))).Select(Item);

    private static TextItem Item(string page, int index) => new()
    {
        Id = $"wikitext/{index}",
        Request = new RollingRequest(WikitextPages.Detokenize(page), WindowRule.LmEval),
        WordCount = PythonText.WordCount(page),
        ByteCount = Encoding.UTF8.GetByteCount(page),
    };
}
