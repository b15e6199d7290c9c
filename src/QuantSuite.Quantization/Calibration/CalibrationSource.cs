using QuantSuite.Models.Tokenization;

namespace QuantSuite.Quantization.Calibration;

/// <summary>Where the calibration tokens of a run come from: the text that a recipe names, else the user's, else the default.</summary>
/// <param name="texts">The texts that there are.</param>
/// <param name="chosen">A catalog name or a text file, or null for the default.</param>
public sealed class CalibrationSource(CalibrationTexts texts, string? chosen = null)
{
    /// <summary>What was drawn last, or null where no recipe asked yet.</summary>
    public CalibrationTokens? Drawn { get; private set; }

    /// <summary>The tokens for a recipe on a model.</summary>
    /// <param name="maxLength">The most positions that the model takes.</param>
    /// <exception cref="CalibrationException">There is no such text, or it is too short.</exception>
    public CalibrationTokens Draw(Recipe recipe, Tokenizer tokenizer, int maxLength) =>
        Drawn = texts.Draw(recipe.Calibration ?? chosen ?? texts.Default, tokenizer, Math.Min(maxLength, CalibrationTexts.DefaultLength));

    /// <summary>So many sequences of the user's text, or of the default one, for a model under any recipe.</summary>
    /// <exception cref="CalibrationException">There is no such text, or it is too short.</exception>
    public CalibrationTokens Draw(Tokenizer tokenizer, int maxLength, int sequenceCount) =>
        texts.Draw(chosen ?? texts.Default, tokenizer, Math.Min(maxLength, CalibrationTexts.DefaultLength), sequenceCount);
}
