using QuantSuite.Models;
using QuantSuite.Models.Chat;

namespace QuantSuite.Evaluation;

/// <summary>One item of a task: what the model is asked, and all that is needed to judge the answer.</summary>
public abstract record EvalItem
{
    /// <summary>The item's own id, e.g. <c>hellaswag/17</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The document or subject that the item shares with others, or empty where items are independent.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>Numbers that belong to the item and go into its outcome (lines, depth, words), by name.</summary>
    public IReadOnlyDictionary<string, double> Values { get; init; } = new SortedDictionary<string, double>(StringComparer.Ordinal);

    /// <summary>How many requests the item makes.</summary>
    public abstract int RequestCount { get; }

    /// <summary>How often the item makes them, one after the other: once, or once for each turn of a dialogue.</summary>
    public virtual int RoundCount => 1;

    /// <summary>What is asked, in words.</summary>
    public abstract string Prompt { get; }

    /// <summary>The right answer in words, or empty.</summary>
    public abstract string Expected { get; }

    /// <summary>The prompt as a description (system), worked examples and the question (user, assistant, user); empty where all of it is one user's turn.</summary>
    public IReadOnlyList<ChatMessage> Conversation { get; init; } = [];

    /// <summary>The item as it is put to a model with a chat template; plain text to be scored stays as it is.</summary>
    /// <param name="render">The template, with the beginning of the assistant's turn.</param>
    public virtual EvalItem InChat(Func<IReadOnlyList<ChatMessage>, string> render) => this;

    /// <summary>The item with a limit on what is written in answer.</summary>
    public virtual EvalItem WithAtMost(int newTokenCount) => this;

    /// <summary>The item with windows of at most so many tokens, where it is a text that is cut in windows.</summary>
    public virtual EvalItem WithWindows(int tokenCount) => this;

    /// <summary>A prompt as turns.</summary>
    protected IReadOnlyList<ChatMessage> TurnsOf(string prompt) => Conversation.Count > 0 ? Conversation : [new ChatMessage("user", prompt)];
}

/// <summary>Choices, each scored as a continuation of its context; the choice of the highest score is the model's answer.</summary>
public sealed record ChoiceItem : EvalItem
{
    /// <summary>One request a choice.</summary>
    public required IReadOnlyList<ScoreRequest> Requests { get; init; }

    /// <summary>The bare choices, without the delimiter: what length normalization counts.</summary>
    public required IReadOnlyList<string> Choices { get; init; }

    /// <summary>Index of the right choice; of the first, where there are several.</summary>
    public required int Gold { get; init; }

    /// <summary>What every continuation begins with to set it apart from its context.</summary>
    public string Delimiter { get; init; } = "";

    /// <summary>Further choices that count as right, by index.</summary>
    public IReadOnlyList<int> AlsoRight { get; init; } = [];

    /// <inheritdoc/>
    public override int RequestCount => Requests.Count;

    /// <inheritdoc/>
    public override string Prompt => Requests[0].Context;

    /// <inheritdoc/>
    public override string Expected => Choices[Gold];

    /// <summary>Whether a choice counts as right.</summary>
    public bool IsRight(int choice) => choice == Gold || AlsoRight.Contains(choice);

    /// <summary>The context through the template; each continuation follows it without its delimiter, which lm-evaluation-harness drops there.</summary>
    /// <inheritdoc/>
    public override EvalItem InChat(Func<IReadOnlyList<ChatMessage>, string> render)
    {
        var contexts = Requests.Select(request => request.Context).Distinct().ToDictionary(context => context, context => context.Length == 0 ? "" : render(TurnsOf(context)));
        return this with
        {
            Delimiter = "",
            Requests = [.. Requests.Select(request => request with { Context = contexts[request.Context], Continuation = request.Continuation[Delimiter.Length..] })],
        };
    }

    /// <summary>The usual item: one context, and a delimiter between it and each choice.</summary>
    public static ChoiceItem Of(string id, string context, IReadOnlyList<string> choices, int gold, string delimiter = " ", int? prefix = null) => new()
    {
        Id = id,
        Requests = [.. choices.Select(choice => new ScoreRequest(context, delimiter + choice, prefix))],
        Delimiter = delimiter,
        Choices = choices,
        Gold = gold,
    };
}

/// <summary>A text whose log-likelihood is asked, and the lengths that perplexities are spread over.</summary>
public sealed record TextItem : EvalItem
{
    /// <summary>The request.</summary>
    public required RollingRequest Request { get; init; }

    /// <summary>Words of the text as published, or 0 where none are counted.</summary>
    public int WordCount { get; init; }

    /// <summary>UTF-8 bytes of the text as published, or 0 where none are counted.</summary>
    public int ByteCount { get; init; }

    /// <inheritdoc/>
    public override int RequestCount => 1;

    /// <inheritdoc/>
    public override string Prompt => Request.Windows is { } windows ? $"{Request.Rule.Name}, windows {windows}" : Request.Text;

    /// <inheritdoc/>
    public override string Expected => "";

    /// <inheritdoc/>
    public override EvalItem WithWindows(int tokenCount) => this with { Request = Request with { Rule = Request.Rule.AtMost(tokenCount) } };
}

/// <summary>A text to be generated, and what it should say.</summary>
public sealed record GenerationItem : EvalItem
{
    /// <summary>The request.</summary>
    public required GenerateRequest Request { get; init; }

    /// <summary>The reference answer.</summary>
    public required string Target { get; init; }

    /// <summary>All answers that count as right, where there are several.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <inheritdoc/>
    public override int RequestCount => 1;

    /// <inheritdoc/>
    public override string Prompt => Request.Context;

    /// <inheritdoc/>
    public override string Expected => Target;

    /// <inheritdoc/>
    public override EvalItem InChat(Func<IReadOnlyList<ChatMessage>, string> render) => this with { Request = Request with { Context = render(TurnsOf(Request.Context)) } };

    /// <inheritdoc/>
    public override EvalItem WithAtMost(int newTokenCount) => Request.MaxTokensBeyond is null
        ? this with { Request = Request with { MaxTokens = Math.Min(Request.MaxTokens, newTokenCount) } }
        : this;
}
