using System.Text;
using QuantSuite.Models.Tokenization.Stages;

namespace QuantSuite.Models.Tokenization.Decoders;

/// <summary>Bytes of the characters that spell them (<see cref="ByteLevelAlphabet"/>); a token with a character that spells none stands for its own text.</summary>
internal sealed class ByteLevelDecoder : TokenDecoder
{
    /// <inheritdoc/>
    public override List<string> Apply(List<string> tokens)
    {
        var bytes = new List<byte>(tokens.Count * 4);
        foreach (string token in tokens)
            if (token.All(letter => ByteLevelAlphabet.Byte(letter) >= 0))
                bytes.AddRange(token.Select(letter => (byte)ByteLevelAlphabet.Byte(letter)));
            else
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
        return [Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes))];
    }
}
