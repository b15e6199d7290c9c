using System.Globalization;
using System.Text;

namespace QuantSuite.Models.Tokenization.Decoders;

/// <summary>Runs of tokens <c>&lt;0xXX&gt;</c> become the text of their bytes; where these are no UTF-8, one U+FFFD for each.</summary>
internal sealed class ByteFallbackDecoder : TokenDecoder
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens)
    {
        var output = new List<string>(tokens.Count);
        var bytes = new List<byte>();
        foreach (string token in tokens)
        {
            if (ByteOf(token) is byte value)
            {
                bytes.Add(value);
                continue;
            }
            Flush(bytes, output);
            output.Add(token);
        }
        Flush(bytes, output);
        return output;
    }

    /// <summary>The byte that a token stands for, or null.</summary>
    public static byte? ByteOf(string token) => token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) ? value : null;

    private static void Flush(List<byte> bytes, List<string> output)
    {
        if (bytes.Count == 0)
            return;
        try
        {
            output.Add(Strict.GetString(bytes.ToArray()));
        }
        catch (DecoderFallbackException)
        {
            output.Add(new string('\uFFFD', bytes.Count));
        }
        bytes.Clear();
    }
}
