using QuantSuite.Models.Checkpoints;

namespace QuantSuite.Models.Families;

/// <summary>Which layers of a Qwen have a sliding window: none unless <c>use_sliding_window</c>; then those from <c>max_window_layers</c> on, or those that <c>layer_types</c> names.</summary>
internal static class QwenWindows
{
    private const int DefaultWindow = 4096;
    private const int DefaultFullLayers = 28;

    /// <summary>The window of each layer, 0 for none.</summary>
    public static int[] Read(DecoderParts parts)
    {
        ModelConfig config = parts.Config;
        bool used = config.Bool("use_sliding_window", false);
        int window = config.IntOrNone("sliding_window", DefaultWindow), full = config.Int("max_window_layers", DefaultFullLayers);
        bool[] slides = parts.Sliding(layer => used && window > 0 && layer >= full);
        return [.. slides.Select(slide => slide && used ? window : 0)];
    }
}
