namespace QuantSuite.Models.Checkpoints;

/// <summary>Orders in which llama.cpp's converter puts the rows of queries, keys and values: for a row of Hugging Face's layout, the row of the file.</summary>
internal static class GgufRowOrder
{
    /// <summary>Each head's rows in the order of interleaved rotary pairs (0, h/2, 1, h/2 + 1, …): within a head of length h, row j·h/2 + i lies at 2i + j.</summary>
    public static Func<long, long> Interleaved(int headLength) => row =>
    {
        (long head, long place) = Math.DivRem(row, headLength);
        (long half, long pair) = Math.DivRem(place, headLength / 2);
        return head * headLength + 2 * pair + half;
    };

    /// <summary>All queries, all keys, all values, where Hugging Face has, for each key-value head, its queries, its key and its value (BLOOM, GPT-NeoX, Falcon).</summary>
    public static Func<long, long> Blocks(int heads, int keyValueHeads, int headDim) => row =>
    {
        int perKey = heads / keyValueHeads;
        (long head, long d) = Math.DivRem(row, headDim);
        (long key, long slot) = Math.DivRem(head, perKey + 2);
        long stored = slot < perKey ? key * perKey + slot : slot == perKey ? heads + key : heads + keyValueHeads + key;
        return stored * headDim + d;
    };
}
