using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Tasks;
using QuantSuite.Models;

namespace QuantSuite.Cli;

/// <summary>The requests of a file, sorted by kind, with the line that each belongs to.</summary>
internal sealed class RequestFile
{
    private readonly List<(int Line, ScoreRequest Request)> scores = [];
    private readonly List<(int Line, RollingRequest Request)> texts = [];
    private readonly List<(int Line, GenerateRequest Request)> generations = [];

    /// <summary>How answers are written: property names as they are, text readable, NaN by its name.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Number of requests.</summary>
    public int Count { get; private set; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="EvalDataException">A line is no request; the message names it.</exception>
    public static RequestFile Read(string path)
    {
        var file = new RequestFile();
        foreach (JsonLine line in JsonLines.Read(path))
            file.Add(line);
        return file;
    }

    /// <summary>The answers in the order of the lines.</summary>
    public object[] AnswerBy(LanguageModel model, Action<int> progress, CancellationToken cancellation)
    {
        var answers = new object[Count];
        int done = 0;
        void Put(int line, object answer)
        {
            answers[line] = answer;
            progress(++done);
        }
        model.Score([.. scores.Select(entry => entry.Request)],
            (i, answer) => Put(scores[i].Line, new { loglikelihood = answer.LogLikelihood, is_greedy = answer.IsGreedy, tokens = answer.TokenCount }), cancellation);
        model.ScoreRolling([.. texts.Select(entry => entry.Request)],
            (i, answer) => Put(texts[i].Line, new { loglikelihood = answer.LogLikelihood, tokens = answer.TokenCount }), cancellation);
        model.GenerateUntil([.. generations.Select(entry => entry.Request)],
            (i, answer) => Put(generations[i].Line, new { response = answer.Text }), cancellation);
        return answers;
    }

    private void Add(JsonLine line)
    {
        if (line.Has("continuation"))
            scores.Add((Count, new ScoreRequest(line.Text("context"), line.Text("continuation"))));
        else if (line.Has("text"))
            texts.Add((Count, new RollingRequest(line.Text("text"), WindowRule.LmEval)));
        else if (line.Has("until"))
            generations.Add((Count, new GenerateRequest(line.Text("context"), line.Texts("until"), TokenLimit(line))));
        else
            throw line.Error("expected {\"context\",\"continuation\"}, {\"text\"}, or {\"context\",\"until\":[…],\"max_tokens\"}.");
        Count++;
    }

    private static int TokenLimit(JsonLine line) => line.Int("max_tokens") is > 0 and var limit ? limit : throw line.Error("'max_tokens' is below 1.");
}
