using System.Text.Json;
using System.Text.Json.Nodes;

namespace QuantSuite.Models.Checkpoints;

/// <summary>
/// The settings that AutoGPTQ (quantize_config.json) and AutoAWQ (quant_config.json) wrote before transformers took them into config.json: read as the <c>quantization_config</c>
/// that is missing there. AutoGPTQ's zero points are v1 unless <c>checkpoint_format</c> says otherwise; AutoAWQ had names of its own for bits and group size.
/// </summary>
internal static class OldSettings
{
    /// <summary>AutoGPTQ's file.</summary>
    public const string Gptq = "quantize_config.json";

    /// <summary>AutoAWQ's file.</summary>
    public const string Awq = "quant_config.json";

    private const string Section = "quantization_config";

    /// <summary>config.json with the settings of the file beside it, where it has none itself.</summary>
    /// <exception cref="CheckpointException">The file beside it is no JSON object.</exception>
    public static JsonElement AddTo(JsonElement config, string configPath)
    {
        if (config.TryGetProperty(Section, out JsonElement own) && own.ValueKind != JsonValueKind.Null)
            return config;
        string folder = Path.GetDirectoryName(Path.GetFullPath(configPath))!, gptq = Path.Combine(folder, Gptq), awq = Path.Combine(folder, Awq);
        if ((File.Exists(gptq) ? ReadGptq(gptq) : File.Exists(awq) ? ReadAwq(awq) : null) is not { } settings)
            return config;
        JsonObject whole = JsonObject.Create(config)!;
        whole[Section] = settings;
        return JsonSerializer.SerializeToElement(whole);
    }

    private static JsonObject ReadGptq(string path)
    {
        JsonObject settings = JsonObject.Create(JsonFile.Object(path))!;
        settings.TryAdd("quant_method", "gptq");
        if (settings["is_marlin_format"] is JsonValue marlin && marlin.GetValueKind() == JsonValueKind.True)
            settings["checkpoint_format"] = "marlin";
        return settings;
    }

    private static JsonObject ReadAwq(string path)
    {
        JsonObject settings = JsonObject.Create(JsonFile.Object(path))!;
        settings.TryAdd("quant_method", "awq");
        settings.TryAdd("bits", settings["w_bit"]?.DeepClone());
        settings.TryAdd("group_size", settings["q_group_size"]?.DeepClone());
        return settings;
    }
}
