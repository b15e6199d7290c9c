using System.Text.Json;
using System.Text.Json.Nodes;
using QuantSuite.Models.Checkpoints;

namespace QuantSuite.Models.Chat;

/// <summary>Finds a model's chat template and its special tokens.</summary>
internal static class ChatTemplateFiles
{
    private const long MaxBytes = 64L << 20;
    private static readonly string[] TokenNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>Template and tokens of a model folder or <c>.gguf</c> file, or null.</summary>
    /// <exception cref="ChatTemplateException">A file is malformed, or has no template of this name.</exception>
    public static (string Text, JsonObject Tokens)? Find(string path, string? name)
    {
        if (!Path.Exists(path))
            throw new ChatTemplateException($"{path} does not exist; expected a model folder or a .gguf file.", 0);
        string? folder = Directory.Exists(path) ? path
            : Path.GetExtension(path).Equals(".gguf", StringComparison.OrdinalIgnoreCase) ? null : Path.GetDirectoryName(Path.GetFullPath(path));
        if (folder is null)
            return FindInGguf(path, name);
        JsonObject config = ReadJson(Path.Combine(folder, "tokenizer_config.json")) ?? [];
        string? text = FindInFiles(folder, name) ?? Choose(config["chat_template"], name, folder)
            ?? Choose(ReadJson(Path.Combine(folder, "chat_template.json"))?["chat_template"], name, folder);
        if (text is not null)
            return (text, Tokens(config));
        return Directory.GetFiles(folder, "*.gguf") is [var single] ? FindInGguf(single, name) : null;
    }

    private static string? FindInFiles(string folder, string? name)
    {
        string file = name is null or "default" ? Path.Combine(folder, "chat_template.jinja") : Path.Combine(folder, "additional_chat_templates", $"{Path.GetFileName(name)}.jinja");
        return File.Exists(file) ? File.ReadAllText(RequireSize(file)) : null;
    }

    // One text, or a list of named ones.
    private static string? Choose(JsonNode? value, string? name, string place)
    {
        if (value is null)
            return null;
        if (value.GetValueKind() == JsonValueKind.String)
            return name is null or "default" ? value.GetValue<string>() : throw NoneNamed(place, name, ["default"]);
        if (value is not JsonArray list || list.Any(entry => Text(entry, "name") is null || Text(entry, "template") is null))
            throw new ChatTemplateException($"{place}: chat_template is neither a text nor a list of {{name, template}}.", 0);
        JsonNode? chosen = list.FirstOrDefault(entry => Text(entry, "name") == (name ?? "default"));
        return Text(chosen, "template") ?? throw NoneNamed(place, name ?? "default", list.Select(entry => Text(entry, "name")!));
    }

    private static string? Text(JsonNode? node, string key) =>
        node is JsonObject entry && entry[key] is { } value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static ChatTemplateException NoneNamed(string place, string name, IEnumerable<string> known) =>
        new($"{place} has no chat template '{name}'; it has {string.Join(", ", known)}.", 0);

    private static JsonObject Tokens(JsonObject config)
    {
        var tokens = new JsonObject();
        foreach (string name in TokenNames)
            if ((Text(config, name) ?? Text(config[name], "content")) is { } token)
                tokens[name] = token;
        return tokens;
    }

    private static JsonObject? ReadJson(string file)
    {
        if (!File.Exists(file))
            return null;
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(RequireSize(file))) as JsonObject ?? throw new ChatTemplateException($"{file} is not a JSON object.", 0);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new ChatTemplateException($"{file} is not valid JSON: {malformed.Message}", 0, malformed);
        }
    }

    private static string RequireSize(string file) => new FileInfo(file).Length is var length && length <= MaxBytes ? file
        : throw new ChatTemplateException($"{file} has {length} bytes, expected at most {MaxBytes}. Is it the right file?", 0);

    private static (string, JsonObject)? FindInGguf(string file, string? name)
    {
        using Checkpoint checkpoint = CheckpointFiles.Open(file);
        string key = name is null or "default" ? "tokenizer.chat_template" : $"tokenizer.chat_template.{name}";
        if (!checkpoint.Metadata.TryGetValue(key, out object? value) || value is not string text)
            return name is null ? null : throw NoneNamed(file, name, checkpoint.Metadata.Keys.Where(known => known.StartsWith("tokenizer.chat_template", StringComparison.Ordinal)));
        var tokens = new JsonObject();
        foreach ((string variable, string id) in (ReadOnlySpan<(string, string)>)[("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("pad_token", "padding")])
            if (checkpoint.Metadata.TryGetValue($"tokenizer.ggml.{id}_token_id", out object? number) && number is uint or int or ulong
                && checkpoint.Metadata.TryGetValue("tokenizer.ggml.tokens", out object? list) && list is string[] all
                && Convert.ToUInt64(number, System.Globalization.CultureInfo.InvariantCulture) is var index && index < (ulong)all.Length)
                tokens[variable] = all[index];
        return (text, tokens);
    }
}
