namespace QuantSuite.Models.Chat;

/// <summary>A chat template that cannot be read or rendered, or that refused its input (<c>raise_exception</c>).</summary>
/// <param name="reason">What is wrong, in Jinja's words where Jinja has some.</param>
/// <param name="line">The template's line, from 1, or 0 where there is none.</param>
public sealed class ChatTemplateException(string reason, int line, Exception? inner = null)
    : Exception(line > 0 ? $"{reason} (line {line} of the chat template)" : reason, inner)
{
    /// <summary>What is wrong.</summary>
    public string Reason { get; } = reason;

    /// <summary>The template's line, from 1, or 0 where there is none.</summary>
    public int Line { get; } = line;
}
