using System.Text;
using QuantSuite.Evaluation.Tasks;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

/// <summary>The decoder against streams made by Python's bz2, and against every way to damage one.</summary>
public sealed class Bzip2Tests
{
    private const string Hello = "QlpoOTFBWSZTWcNklYgAAAidgGAEEAAAQBIkwBAgADEDQNAj9VAGmll2EvNQ2pKoUp8XckU4UJDDZJWI";
    private const string Runs = "QlpoOTFBWSZTWZh6cf0AAANBAeAAPgAAgAAIIAAhtUyep5QgyYjW6SJDKyQlw2JZ8XckU4UJCYenH9A=";
    private const string Two = "QlpoOTFBWSZTWc+6oLQAAAGRAEAAAgGgACGaaDNNDLxdyRThQkM+6oLQQlpoOTFBWSZTWc3cjZoAAACBgAAAhIAgACGYGYRhdyRThQkM3cjZoA==";
    private const string Blocks = "QlpoMTFBWSZTWesSjzoAPiFbgAAQQAAAgAQAG2mywDAA2AU0yMTExCmmRiYmIFKqeoaDT1HlMAVDYFQ5gVD4BUPUCocAVDgCoZxAqGYFQzAqGAKh7gVDUCoZgVDYFQ3A"
        + "qGgKhxAqGoFQ3AqHICofzFBWSZTWS7A5zcAsYXbgAAQQAAAgAQAG2mywDAA2AU0yMTExCmmRiYmIFKqeoeo0eo09TECobgVD2BUNQKhxAqGYFQzAqHQCoaAqGoFQxAqHECofgKhoCobg"
        + "VDYFQ5gVDIFQ5AqGwKhjcBUP5igrJMprL09L+sAMFLtwAAIIAAAQAIADbTZYBgAbAKaZGJiYhTTIxMTEE1VTTTR6j1GnpsCRaBIvgJFkEixBIuASLiCRdgSLIJFmCRbAkWIJF/BIsgk"
        + "WgSLQJFyCRY8wSLkEi0CRagSLoXckU4UJCLsa1TA=";

    public static TheoryData<string, string> Streams => new()
    {
        { "QlpoORdyRThQkAAAAAA=", "" },
        { Hello, "Hello, bzip2! Hello, bzip2! Hello, bzip2! " },
        { Runs, new string('a', 1000) + "bbbbccccc" + new string('d', 259) + "e" },
        { Two, "one two" },
        { Blocks, string.Concat(Enumerable.Repeat("The quick brown fox 7\n", 12000)) },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Streams_of_the_reference_are_decoded(string base64, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(Bzip2.Decode(Convert.FromBase64String(base64))));

    [Theory]
    [InlineData(Hello)]
    [InlineData(Runs)]
    public void A_cut_stream_ends_in_a_message(string base64)
    {
        byte[] data = Convert.FromBase64String(base64);
        for (int length = 0; length < data.Length; length++)
            Assert.Throws<InvalidDataException>(() => Bzip2.Decode(data.AsSpan(0, length)));
    }

    [Theory]
    [InlineData(Hello)]
    [InlineData(Runs)]
    public void A_flipped_bit_ends_in_a_message_or_changes_only_padding(string base64)
    {
        byte[] data = Convert.FromBase64String(base64), sound = Bzip2.Decode(data);
        for (int bit = 0; bit < data.Length * 8; bit++)
        {
            byte[] damaged = [.. data];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Assert.Equal(sound, Bzip2.Decode(damaged));
            }
            catch (InvalidDataException)
            {
            }
        }
    }
}
