using System.Globalization;

namespace QuantSuite.Models.Tokenization.Stages;

/// <summary>Without combining marks of any kind (Mn, Mc, Me); accents on letters go only where a decomposition came before.</summary>
internal sealed class StripAccentsNormalizer : Normalizer
{
    /// <inheritdoc/>
    public override AlignedText Apply(AlignedText text) => text.Filter(point => CharUnicodeInfo.GetUnicodeCategory(point)
        is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark));
}
