using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization;

/// <summary>
/// Loads the models of a run, one after the other, from the same data folders and cache. However many recipes calibrate a model, its calibration text is tokenized once.
/// </summary>
/// <param name="dataFolders">Folders with calibration texts, the first that has one wins.</param>
/// <param name="calibrationOf">The text for a model's path where the recipe names none: a catalog name or a text file, or null for the default.</param>
/// <param name="cacheFolder">The folder for caches, which keeps models of recipes that calibrate.</param>
/// <param name="warn">Told what the user should know.</param>
public sealed class ModelLoader(IReadOnlyList<string> dataFolders, Func<string, string?> calibrationOf, string cacheFolder, Action<string> warn)
{
    private readonly CalibrationTexts texts = new(dataFolders);
    private readonly QuantizedModelCache cache = new(cacheFolder);

    /// <summary>Where the calibration tokens of the model come from that was loaded last; null before the first.</summary>
    public CalibrationSource? Calibration { get; private set; }

    /// <summary>Opens a model and stores its weights as the recipe says; parameters and errors are those of <see cref="Quantizer.Load"/>.</summary>
    public DecoderModel Load(string path, Recipe recipe, Kernels kernels, IProgress<QuantizationProgress>? progress = null, CancellationToken cancellation = default)
    {
        Calibration = new CalibrationSource(texts, calibrationOf(path));
        return Quantizer.Load(path, recipe, kernels, progress, cancellation, Calibration.Draw, warn, cache);
    }
}
