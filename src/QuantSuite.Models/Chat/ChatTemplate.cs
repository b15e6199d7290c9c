using System.Text.Json.Nodes;
using QuantSuite.Models.Chat.Templates;

namespace QuantSuite.Models.Chat;

/// <summary>
/// The Jinja template by which a model's conversations become text. It is rendered as transformers 5 renders it (Jinja 3.1, immutable sandbox, trim_blocks,
/// lstrip_blocks, loop controls, <c>generation</c>, <c>raise_exception</c>, <c>strftime_now</c>, its <c>tojson</c>), to the byte; what a template cannot
/// reach is .NET: values are JSON's, members are a fixed list, and steps, recursion and output are bounded. No library that renders Jinja to the byte was found, so the lexer,
/// parser and evaluator are here. Safe to use from several threads.
/// </summary>
public sealed class ChatTemplate
{
    private readonly IReadOnlyList<Statement> body;
    private readonly JsonObject specialTokens;

    private ChatTemplate(string source, JsonObject specialTokens)
    {
        Source = source;
        this.specialTokens = specialTokens;
        body = TemplateParser.Parse(source);
    }

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>
    /// What <c>strftime_now</c> takes for now where no clock is given: a fixed day (the one that Llama 3.1's template falls back to), so that a prompt is
    /// the same tomorrow.
    /// </summary>
    public static DateTime DefaultClock { get; } = new(2024, 7, 26);

    /// <summary>A template of a text, with the special tokens that it may name.</summary>
    /// <param name="specialTokens"><c>bos_token</c>, <c>eos_token</c> and such, as variables.</param>
    /// <exception cref="ChatTemplateException">It is no template, or has an unknown construct; the message has the line.</exception>
    public static ChatTemplate Parse(string template, IReadOnlyDictionary<string, string>? specialTokens = null)
    {
        var tokens = new JsonObject();
        foreach ((string name, string token) in specialTokens ?? new Dictionary<string, string>())
            tokens[name] = token;
        return new ChatTemplate(template, tokens);
    }

    /// <summary>
    /// The template of a model: of a folder its chat_template.jinja, else <c>chat_template</c> in tokenizer_config.json or chat_template.json, else that
    /// of the one GGUF file in it; of a <c>.gguf</c> file <c>tokenizer.chat_template</c>. Special tokens come from the same place.
    /// </summary>
    /// <param name="name">Which of several templates (<c>tool_use</c>, <c>rag</c>); by default <c>default</c>.</param>
    /// <exception cref="ChatTemplateException">There is none, or none of this name, or it is no template.</exception>
    public static ChatTemplate Load(string path, string? name = null) => ChatTemplateFiles.Find(path, name) is var (text, tokens)
        ? new ChatTemplate(text, tokens)
        : throw new ChatTemplateException($"{path} has no chat template: looked for chat_template.jinja, chat_template in tokenizer_config.json, and "
            + "tokenizer.chat_template of a .gguf file. Base models have none; instruction-tuned ones do.", 0);

    /// <summary>The text of a conversation.</summary>
    /// <param name="messages">In order.</param>
    /// <param name="addGenerationPrompt">Whether the text ends with the beginning of the assistant's next turn.</param>
    /// <exception cref="ChatTemplateException">The template refused the conversation, or failed.</exception>
    public string Render(IEnumerable<ChatMessage> messages, bool addGenerationPrompt = true) => Render(
        new JsonArray(messages.Select(message => (JsonNode)new JsonObject { ["role"] = message.Role, ["content"] = message.Content }).ToArray()), addGenerationPrompt);

    /// <summary>The text of a conversation in JSON, as transformers' <c>apply_chat_template</c> takes it.</summary>
    /// <param name="messages">Objects with role and content; content may be a list of parts, and there may be more (<c>tool_calls</c>).</param>
    /// <param name="addGenerationPrompt">Whether the text ends with the beginning of the assistant's next turn.</param>
    /// <param name="tools">JSON schemas of tools, or null.</param>
    /// <param name="variables">What the template may name besides (<c>enable_thinking</c>, <c>documents</c>).</param>
    /// <param name="clock">What <c>strftime_now</c> takes for now; by default <see cref="DefaultClock"/>.</param>
    /// <exception cref="ChatTemplateException">The template refused the conversation, or failed.</exception>
    public string Render(JsonArray messages, bool addGenerationPrompt, JsonArray? tools = null, JsonObject? variables = null, DateTime? clock = null)
    {
        var all = new JsonObject
        {
            ["messages"] = messages.DeepClone(),
            ["tools"] = tools?.DeepClone(),
            ["documents"] = null,
            ["add_generation_prompt"] = addGenerationPrompt,
        };
        foreach ((string name, JsonNode? value) in variables ?? [])
            all[name] = value?.DeepClone();
        return Render(all, clock);
    }

    /// <summary>The template's text with these variables, and the special tokens where they have not one of the name.</summary>
    /// <exception cref="ChatTemplateException">The template failed; the message has the line.</exception>
    public string Render(JsonObject variables, DateTime? clock = null)
    {
        var run = new TemplateRun(clock ?? DefaultClock, variables.ToJsonString().Length);
        try
        {
            var globals = new TemplateScope(null);
            Globals.Define(globals);
            foreach ((string name, JsonNode? value) in specialTokens)
                globals.Set(name, JsonValues.From(value));
            foreach ((string name, JsonNode? value) in variables)
                globals.Set(name, JsonValues.From(value));
            Statement.RunAll(body, run, new TemplateScope(globals));
            return run.Text;
        }
        catch (TemplateFault fault)
        {
            throw new ChatTemplateException(fault.Message, run.Line, fault);
        }
    }
}
