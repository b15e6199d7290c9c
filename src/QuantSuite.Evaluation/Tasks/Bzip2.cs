using System.Text;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>
/// A decoder for bzip2, in which HellaSwag is published and which .NET lacks. The format has no official document; this follows its public
/// description (Joe Tsai, "BZIP2: Format Specification", 2016): a stream of blocks, each run-length coded, Burrows–Wheeler transformed, moved to
/// front, run-length coded again and Huffman coded. Every length, table and pointer is checked before use, and both checksums are verified.
/// </summary>
internal static class Bzip2
{
    /// <summary>The decompressed UTF-8 text of a file.</summary>
    /// <exception cref="EvalDataException">The file is damaged.</exception>
    public static string ReadAllText(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(Decode(File.ReadAllBytes(path)));
        }
        catch (InvalidDataException exception)
        {
            throw new EvalDataException($"{path} is no sound bzip2 file: {exception.Message}", exception);
        }
    }

    /// <summary>Decompresses one or more concatenated streams.</summary>
    /// <exception cref="InvalidDataException">The data is damaged or cut short.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> data)
    {
        var output = new List<byte>();
        var bits = new BitReader(data);
        do
        {
            DecodeStream(ref bits, output);
            bits.AlignToByte();
        }
        while (!bits.AtEnd);
        return [.. output];
    }

    private static void DecodeStream(ref BitReader bits, List<byte> output)
    {
        Require(bits.Read(24) == 0x425A68, "it does not begin with 'BZh'");
        int level = bits.Read(8) - '0';
        Require(level is >= 1 and <= 9, "its block size is not 1 to 9");
        uint combined = 0;
        while (true)
        {
            long magic = ((long)bits.Read(24) << 24) | (uint)bits.Read(24);
            uint expected = (uint)bits.Read(16) << 16 | (uint)bits.Read(16);
            if (magic == 0x177245385090)
            {
                Require(expected == combined, "the checksum of the stream differs");
                return;
            }
            Require(magic == 0x314159265359, "a block has no header");
            uint sum = Bzip2Block.Decode(ref bits, level * 100_000, output);
            Require(sum == expected, "the checksum of a block differs");
            combined = ((combined << 1) | (combined >> 31)) ^ sum;
        }
    }

    /// <summary>Throws what is wrong unless the condition holds.</summary>
    public static void Require(bool condition, string problem)
    {
        if (!condition)
            throw new InvalidDataException(problem + ".");
    }

    /// <summary>Bits from the most significant one of each byte on.</summary>
    public ref struct BitReader(ReadOnlySpan<byte> data)
    {
        private readonly ReadOnlySpan<byte> data = data;
        private int position, held;
        private ulong bits;

        /// <summary>Whether all whole bytes are read.</summary>
        public readonly bool AtEnd => position >= data.Length && held < 8;

        /// <summary>At most 24 bits as a number.</summary>
        public int Read(int count)
        {
            while (held < count)
            {
                Require(position < data.Length, "it ends too early");
                bits = (bits << 8) | data[position++];
                held += 8;
            }
            held -= count;
            return (int)(bits >> held) & ((1 << count) - 1);
        }

        /// <summary>Skips to the next whole byte.</summary>
        public void AlignToByte() => held &= ~7;
    }
}
