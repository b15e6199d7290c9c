using QuantSuite.Models;
using QuantSuite.Models.Chat;

namespace QuantSuite.Evaluation;

/// <summary>Questions that a user asks one after the other, each after the answer to the one before.</summary>
public sealed record DialogueItem : EvalItem
{
    /// <summary>What stands between the turns in an outcome's answer.</summary>
    public const string TurnDivider = "\n\n----- next turn -----\n\n";

    /// <summary>The user's turns.</summary>
    public required IReadOnlyList<string> Turns { get; init; }

    /// <summary>Stop strings of each answer.</summary>
    public IReadOnlyList<string> Until { get; init; } = [];

    /// <summary>The most new tokens of each answer.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>How a conversation that ends with a user's turn becomes a prompt.</summary>
    public required Func<IReadOnlyList<ChatMessage>, string> Render { get; init; }

    /// <inheritdoc/>
    public override int RequestCount => 1;

    /// <inheritdoc/>
    public override int RoundCount => Turns.Count;

    /// <inheritdoc/>
    public override string Prompt => string.Join(TurnDivider, Turns);

    /// <inheritdoc/>
    public override string Expected => "";

    /// <summary>The request of a turn, after the answers to those before it.</summary>
    public GenerateRequest Request(IReadOnlyList<string> answers)
    {
        var messages = new List<ChatMessage>();
        for (int turn = 0; turn < answers.Count; turn++)
            messages.AddRange([new ChatMessage("user", Turns[turn]), new ChatMessage("assistant", answers[turn])]);
        return new GenerateRequest(Render([.. messages, new ChatMessage("user", Turns[answers.Count])]), Until, MaxTokens);
    }

    /// <inheritdoc/>
    public override EvalItem InChat(Func<IReadOnlyList<ChatMessage>, string> render) => this with { Render = render, Until = [] };

    /// <inheritdoc/>
    public override EvalItem WithAtMost(int newTokenCount) => this with { MaxTokens = Math.Min(MaxTokens, newTokenCount) };
}
