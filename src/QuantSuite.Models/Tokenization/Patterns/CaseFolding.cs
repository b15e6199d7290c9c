using System.Text;

namespace QuantSuite.Models.Tokenization.Patterns;

/// <summary>Unicode's simple case mappings, from the runtime's own table, with the three letters that share another's lower case.</summary>
internal static class CaseFolding
{
    /// <summary>Simple lower case; ſ, the Kelvin sign and the Ångström sign go to s, k and å.</summary>
    public static int ToLower(int codePoint) => codePoint switch
    {
        0x17F => 's',
        0x212A => 'k',
        0x212B => 0xE5,
        _ => Rune.IsValid(codePoint) ? Rune.ToLowerInvariant(new Rune(codePoint)).Value : codePoint,
    };

    /// <summary>Simple upper case.</summary>
    public static int ToUpper(int codePoint) => Rune.IsValid(codePoint) ? Rune.ToUpperInvariant(new Rune(codePoint)).Value : codePoint;
}
