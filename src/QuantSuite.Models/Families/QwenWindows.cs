using QuantSuite.Models.Checkpoints;

namespace QuantSuite.Models.Families;

/// <summary>Which layers of a Qwen have a sliding window: none unless <c>use_sliding_window</c>; then those from <c>max_window_layers</c> on, or those that <c>layer_types</c> names.</summary>
internal static class QwenWindows
{
    private const int DefaultWindow = 4096;
    private const int DefaultFullLayers = 28;

    /// <summary>The window of each layer, 0 for none.</summary>
    /// <param name="slides">By layer and <c>max_window_layers</c>, where <c>layer_types</c> is absent; null for layers from there on.</param>
    public static int[] Read(DecoderParts parts, Func<int, int, bool>? slides = null)
    {
        ModelConfig config = parts.Config;
        bool used = config.Bool("use_sliding_window", false);
        int window = config.IntOrNone("sliding_window", DefaultWindow), full = config.Int("max_window_layers", DefaultFullLayers);
        slides ??= static (layer, full) => layer >= full;
        return [.. parts.Sliding(layer => slides(layer, full)).Select(slide => slide && used ? window : 0)];
    }
}
