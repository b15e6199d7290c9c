using System.Buffers.Binary;
using System.Text;

namespace QuantSuite.Models.Tokenization.SentencePiece;

/// <summary>Fields of one protobuf message, one after the other. Lengths are checked against the bytes that are there before anything is taken.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, string place)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly int length = message.Length;
    private ReadOnlySpan<byte> rest = message;
    private ReadOnlySpan<byte> content;
    private ulong number;

    /// <summary>The number of the field that was read.</summary>
    public int Field { get; private set; }

    /// <summary>Reads the next field; false at the message's end.</summary>
    /// <exception cref="TokenizerException">It is no protobuf message.</exception>
    public bool Next()
    {
        if (rest.IsEmpty)
            return false;
        ulong tag = Varint();
        Field = tag >> 3 is > 0 and <= 0x1FFF_FFFF ? (int)(tag >> 3) : throw Malformed("a field number out of range");
        content = [];
        number = 0;
        switch (tag & 7)
        {
            case 0:
                number = Varint();
                break;
            case 1:
                number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case 2:
                content = Take(Varint());
                break;
            case 5:
                number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw Malformed($"a field of the wire type {tag & 7}");
        }
        return true;
    }

    /// <summary>The field as bytes, or as a nested message's bytes.</summary>
    public readonly ReadOnlySpan<byte> Bytes => content;

    /// <summary>The field as a text.</summary>
    public readonly string Text()
    {
        try
        {
            return Strict.GetString(content);
        }
        catch (DecoderFallbackException broken)
        {
            throw new TokenizerException($"{place}: field {Field} is not UTF-8. Is the file intact?", broken);
        }
    }

    /// <summary>The field as a signed number or an enumeration's.</summary>
    public readonly int Integer => unchecked((int)number);

    /// <summary>The field as true or false.</summary>
    public readonly bool Bool => number != 0;

    /// <summary>The field as a 32-bit float.</summary>
    public readonly float Single => BitConverter.UInt32BitsToSingle((uint)number);

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw Malformed("a number of more than ten bytes");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)rest.Length)
            throw Malformed($"a field of {count} bytes where {rest.Length} are left");
        ReadOnlySpan<byte> taken = rest[..(int)count];
        rest = rest[(int)count..];
        return taken;
    }

    private readonly TokenizerException Malformed(string what) =>
        new($"{place}: {what}, at byte {length - rest.Length} of a message of {length}: not a SentencePiece model, or not all of it. Fetch it again.");
}
