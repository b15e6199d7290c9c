using static QuantSuite.Evaluation.Tasks.Bzip2;

namespace QuantSuite.Evaluation.Tasks;

/// <summary>One block of a bzip2 stream: Huffman codes, move to front, Burrows–Wheeler, runs.</summary>
internal static class Bzip2Block
{
    private const int GroupLength = 50;
    private const int LongestCode = 20;
    private static readonly uint[] Crc = MakeCrcTable();

    /// <summary>Appends the block's bytes and returns their CRC-32 (most significant bit first).</summary>
    public static uint Decode(ref BitReader bits, int capacity, List<byte> output)
    {
        Require(bits.Read(1) == 0, "it uses the obsolete randomized mode");
        int origin = bits.Read(24);
        byte[] alphabet = ReadAlphabet(ref bits);
        Huffman[] codes = ReadCodes(ref bits, alphabet.Length + 2, out byte[] selectors);
        uint[] column = new uint[capacity];
        int length = ReadSymbols(ref bits, alphabet, codes, selectors, column);
        Require(origin < length, "a block's origin lies outside of it");
        return Invert(column.AsSpan(0, length), origin, output);
    }

    private static byte[] ReadAlphabet(ref BitReader bits)
    {
        int ranges = bits.Read(16);
        var alphabet = new List<byte>();
        for (int range = 0; range < 16; range++)
            if ((ranges >> (15 - range) & 1) != 0)
                for (int i = 0, used = bits.Read(16); i < 16; i++)
                    if ((used >> (15 - i) & 1) != 0)
                        alphabet.Add((byte)((range * 16) + i));
        Require(alphabet.Count > 0, "a block uses no byte at all");
        return [.. alphabet];
    }

    private static Huffman[] ReadCodes(ref BitReader bits, int symbolCount, out byte[] selectors)
    {
        var codes = new Huffman[bits.Read(3)];
        Require(codes.Length is >= 2 and <= 6, "a block has not 2 to 6 code tables");
        selectors = new byte[bits.Read(15)];
        Require(selectors.Length > 0, "a block selects no code table");
        byte[] order = [.. Enumerable.Range(0, codes.Length).Select(i => (byte)i)];
        for (int i = 0; i < selectors.Length; i++)
        {
            int index = 0;
            while (bits.Read(1) != 0)
                Require(++index < codes.Length, "a block selects a code table that is not there");
            selectors[i] = ToFront(order, index);
        }
        for (int i = 0; i < codes.Length; i++)
            codes[i] = ReadCode(ref bits, symbolCount);
        return codes;
    }

    private static Huffman ReadCode(ref BitReader bits, int symbolCount)
    {
        int[] lengths = new int[symbolCount];
        int length = bits.Read(5);
        for (int symbol = 0; symbol < symbolCount; symbol++)
        {
            while (true)
            {
                Require(length is >= 1 and <= LongestCode, "a code is shorter than 1 or longer than 20 bits");
                if (bits.Read(1) == 0)
                    break;
                length += bits.Read(1) == 0 ? 1 : -1;
            }
            lengths[symbol] = length;
        }
        return new Huffman(lengths);
    }

    // Symbols 0 and 1 are the digits (1 and 2, base 2) of a run of the front byte; the last one ends the block.
    private static int ReadSymbols(ref BitReader bits, byte[] alphabet, Huffman[] codes, byte[] selectors, uint[] column)
    {
        byte[] order = [.. alphabet];
        int count = 0, read = 0, run = 0, digit = 1, end = alphabet.Length + 1;
        while (true)
        {
            Require(read / GroupLength < selectors.Length, "a block has more symbols than its selectors cover");
            int symbol = codes[selectors[read++ / GroupLength]].Read(ref bits);
            if (symbol <= 1)
            {
                run += digit << symbol;
                digit <<= 1;
                Require(run <= column.Length - count, "a block is longer than the stream allows");
                continue;
            }
            column.AsSpan(count, run).Fill(order[0]);
            count += run;
            (run, digit) = (0, 1);
            if (symbol == end)
                return count;
            Require(count < column.Length, "a block is longer than the stream allows");
            column[count++] = ToFront(order, symbol - 1);
        }
    }

    private static byte ToFront(Span<byte> order, int index)
    {
        byte moved = order[index];
        order[..index].CopyTo(order[1..]);
        order[0] = moved;
        return moved;
    }

    // The low byte of an entry is the last column of the sorted rotations; the high 24 bits become the link to the next entry.
    private static uint Invert(Span<uint> column, int origin, List<byte> output)
    {
        Span<int> start = stackalloc int[257];
        foreach (uint value in column)
            start[(byte)value + 1]++;
        for (int i = 1; i < 257; i++)
            start[i] += start[i - 1];
        for (int i = 0; i < column.Length; i++)
            column[start[(byte)column[i]]++] |= (uint)i << 8;
        uint crc = uint.MaxValue;
        int equal = 0, previous = -1;
        uint link = column[origin] >> 8;
        for (int i = 0; i < column.Length; i++)
        {
            byte value = (byte)column[(int)link];
            link = column[(int)link] >> 8;
            if (equal == 4)
            {
                for (int repeat = 0; repeat < value; repeat++)
                    Put((byte)previous, output, ref crc);
                (equal, previous) = (0, -1);
                continue;
            }
            equal = value == previous ? equal + 1 : 1;
            previous = value;
            Put(value, output, ref crc);
        }
        return ~crc;
    }

    private static void Put(byte value, List<byte> output, ref uint crc)
    {
        output.Add(value);
        crc = (crc << 8) ^ Crc[(crc >> 24) ^ value];
    }

    private static uint[] MakeCrcTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            uint value = i << 24;
            for (int bit = 0; bit < 8; bit++)
                value = (value << 1) ^ ((value >> 31) * 0x04C11DB7);
            table[i] = value;
        }
        return table;
    }

    /// <summary>A canonical Huffman code: codes of equal length ascend with their symbols.</summary>
    private sealed class Huffman
    {
        private readonly int[] symbols;
        private readonly int[] counts = new int[LongestCode + 1];

        public Huffman(int[] lengths)
        {
            foreach (int length in lengths)
                counts[length]++;
            symbols = [.. Enumerable.Range(0, lengths.Length).OrderBy(symbol => lengths[symbol]).ThenBy(symbol => symbol)];
        }

        public int Read(ref BitReader bits)
        {
            int code = 0, first = 0, index = 0;
            for (int length = 1; length <= LongestCode; length++)
            {
                code = (code << 1) | bits.Read(1);
                if (code - first < counts[length])
                {
                    int at = index + code - first;
                    Require(at >= 0, "a code table is not a prefix code");
                    return symbols[at];
                }
                index += counts[length];
                first = (first + counts[length]) << 1;
            }
            throw new InvalidDataException("a block has a code that stands for no symbol.");
        }
    }
}
