namespace QuantSuite.Models.Checkpoints;

/// <summary>The catalog of layouts in Hugging Face folders, by config.json's <c>quantization_config.quant_method</c>.</summary>
public static class QuantizedLayouts
{
    private static readonly Dictionary<string, Func<ModelConfig, QuantizedLayout>> Readers = new(StringComparer.Ordinal)
    {
        ["gptq"] = settings => new GptqLayout(settings),
        ["awq"] = settings => new AwqLayout(settings),
        ["compressed-tensors"] = settings => new CompressedTensorsLayout(settings),
        ["bitsandbytes"] = settings => new BitsAndBytesLayout(settings),
        [QuantSuiteFormat.Method] = settings => new QuantSuiteLayout(settings),
        ["fp8"] = settings => new BlockFp8Layout(settings),
    };

    /// <summary>The methods that can be read.</summary>
    public static IReadOnlyCollection<string> Methods => Readers.Keys;

    /// <summary>The layout that a config.json declares; null where it declares none.</summary>
    /// <exception cref="CheckpointException">The method is not known, or its settings cannot be read.</exception>
    internal static QuantizedLayout? Of(ModelConfig config)
    {
        if (config.Object("quantization_config") is not { } settings)
            return null;
        string method = settings.String("quant_method", Guess(settings));
        return Readers.TryGetValue(method, out Func<ModelConfig, QuantizedLayout>? read) ? read(settings) : throw new CheckpointException(CheckpointFlaw.Field,
            $"config.json: quantization_config has the quant_method '{method}', which cannot be read; there are: {string.Join(", ", Methods)}. " +
            "Convert the checkpoint to one of them, or take the unquantized one.");
    }

    // bitsandbytes wrote no method at first.
    private static string? Guess(ModelConfig settings) => settings.Has("load_in_4bit") || settings.Has("load_in_8bit") ? "bitsandbytes" : null;
}
