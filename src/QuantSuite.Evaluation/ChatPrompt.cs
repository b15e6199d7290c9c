using QuantSuite.Models.Chat;
using QuantSuite.Models.Tokenization;

namespace QuantSuite.Evaluation;

/// <summary>
/// Conversations as the text that a model is asked with. Where both the template and the tokenizer would put BOS in front, the template's is taken off.
/// </summary>
/// <param name="template">The model's.</param>
/// <param name="tokenizer">The model's.</param>
public sealed class ChatPrompt(ChatTemplate template, Tokenizer tokenizer)
{
    private readonly string begin = tokenizer.BosId is { } bos && tokenizer.Encode("a") is [var first, ..] && first == bos ? tokenizer.Decode([bos], skipSpecial: false) : "";

    /// <summary>The text of a conversation, up to the beginning of the assistant's turn.</summary>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages)
    {
        string text = template.Render(messages);
        return begin.Length > 0 && text.StartsWith(begin, StringComparison.Ordinal) ? text[begin.Length..] : text;
    }
}
