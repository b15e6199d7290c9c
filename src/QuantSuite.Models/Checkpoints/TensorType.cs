using System.Collections.Frozen;

namespace QuantSuite.Models.Checkpoints;

/// <summary>Blocks of a tensor as float32. Both spans hold the same whole number of blocks; the source need not be aligned.</summary>
internal delegate void TensorDecoder(ReadOnlySpan<byte> source, Span<float> destination);

/// <summary>Blocks of a tensor from float32. Both spans hold the same whole number of blocks.</summary>
internal delegate void TensorEncoder(ReadOnlySpan<float> source, Span<byte> destination);

/// <summary>
/// A type that tensors are stored in: values come in blocks of <paramref name="BlockLength"/>, each <paramref name="BlockBytes"/> long.
/// A type without a decoder can be listed and validated, not read.
/// </summary>
internal sealed record TensorType(string Name, int BlockLength, int BlockBytes, TensorDecoder? Decode = null, TensorEncoder? Encode = null)
{
    /// <summary>safetensors' dtypes by name.</summary>
    public static FrozenDictionary<string, TensorType> Safetensors { get; } = new TensorType[]
    {
        new("F64", 1, 8, Widening.Float64),
        new("F32", 1, 4, Widening.Float32),
        new("F16", 1, 2, Widening.Float16),
        new("BF16", 1, 2, Widening.BFloat16),
        new("I64", 1, 8, Widening.Int64),
        new("I32", 1, 4, Widening.Int32),
        new("I16", 1, 2, Widening.Int16),
        new("I8", 1, 1, Widening.Int8),
        new("U64", 1, 8, Widening.UInt64),
        new("U32", 1, 4, Widening.UInt32),
        new("U16", 1, 2, Widening.UInt16),
        new("U8", 1, 1, Widening.UInt8),
        new("BOOL", 1, 1, Widening.UInt8),
        new("F8_E4M3", 1, 1, Float8.E4M3),
        new("F8_E5M2", 1, 1, Float8.E5M2),
        new("F8_E4M3FNUZ", 1, 1, Float8.E4M3Fnuz),
        new("F8_E5M2FNUZ", 1, 1, Float8.E5M2Fnuz),
        new("F8_E8M0", 1, 1, Float8.E8M0),
        new("C64", 1, 8),
        new("F6_E2M3", 4, 3),
        new("F6_E3M2", 4, 3),
        new("F4", 2, 1),
    }.ToFrozenDictionary(type => type.Name);

    /// <summary>GGML's types by number; those it has dropped (Q4_2, …) or never writes to a file (Q8_1, Q8_K) are unknown.</summary>
    public static FrozenDictionary<uint, TensorType> Ggml { get; } = new Dictionary<uint, TensorType>
    {
        [0] = new("F32", 1, 4, Widening.Float32, Widening.ToFloat32),
        [1] = new("F16", 1, 2, Widening.Float16, Widening.ToFloat16),
        [2] = new("Q4_0", 32, 18, GgmlBlocks.Q4_0, GgmlRounding.Q4_0),
        [3] = new("Q4_1", 32, 20, GgmlBlocks.Q4_1, GgmlRounding.Q4_1),
        [6] = new("Q5_0", 32, 22, GgmlBlocks.Q5_0, GgmlRounding.Q5_0),
        [7] = new("Q5_1", 32, 24, GgmlBlocks.Q5_1, GgmlRounding.Q5_1),
        [8] = new("Q8_0", 32, 34, GgmlBlocks.Q8_0, GgmlRounding.Q8_0),
        [10] = new("Q2_K", 256, 84, GgmlKBlocks.Q2K),
        [11] = new("Q3_K", 256, 110, GgmlKBlocks.Q3K),
        [12] = new("Q4_K", 256, 144, GgmlKBlocks.Q4K),
        [13] = new("Q5_K", 256, 176, GgmlKBlocks.Q5K),
        [14] = new("Q6_K", 256, 210, GgmlKBlocks.Q6K),
        [16] = new("IQ2_XXS", 256, 66, GgmlGridBlocks.IQ2Xxs),
        [17] = new("IQ2_XS", 256, 74, GgmlGridBlocks.IQ2Xs),
        [18] = new("IQ3_XXS", 256, 98, GgmlGridBlocks.IQ3Xxs),
        [19] = new("IQ1_S", 256, 50, GgmlGridBlocks.IQ1S),
        [20] = new("IQ4_NL", 32, 18, GgmlTableBlocks.ReadIQ4NL),
        [21] = new("IQ3_S", 256, 110, GgmlGridBlocks.IQ3S),
        [22] = new("IQ2_S", 256, 82, GgmlGridBlocks.IQ2S),
        [23] = new("IQ4_XS", 256, 136, GgmlTableBlocks.ReadIQ4XS),
        [24] = new("I8", 1, 1, Widening.Int8),
        [25] = new("I16", 1, 2, Widening.Int16),
        [26] = new("I32", 1, 4, Widening.Int32),
        [27] = new("I64", 1, 8, Widening.Int64),
        [28] = new("F64", 1, 8, Widening.Float64),
        [29] = new("IQ1_M", 256, 56, GgmlGridBlocks.IQ1M),
        [30] = new("BF16", 1, 2, Widening.BFloat16, Widening.ToBFloat16),
        [34] = new("TQ1_0", 256, 54, GgmlTernaryBlocks.ReadTQ1, GgmlTernaryBlocks.WriteTQ1),
        [35] = new("TQ2_0", 256, 66, GgmlTernaryBlocks.ReadTQ2, GgmlTernaryBlocks.WriteTQ2),
        [39] = new("MXFP4", 32, 17, GgmlTableBlocks.ReadMxfp4, GgmlTableBlocks.WriteMxfp4),
        [40] = new("NVFP4", 64, 36, GgmlTableBlocks.ReadNvfp4),
    }.ToFrozenDictionary();

    /// <summary>Names of the types of a container that can be read.</summary>
    public static IEnumerable<string> Readable(string format) =>
        (format == "gguf" ? Ggml.Values : Safetensors.Values).Where(type => type.Decode is not null).Select(type => type.Name).Order(StringComparer.Ordinal);

    /// <summary>Bytes of so many values, whole blocks.</summary>
    /// <exception cref="OverflowException">More than 2⁶³ − 1.</exception>
    public long ByteCount(long elementCount) => checked(elementCount / BlockLength * BlockBytes);
}
