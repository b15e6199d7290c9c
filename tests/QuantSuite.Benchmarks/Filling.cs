using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Benchmarks;

/// <summary>Matrices with plausible contents: speed does not depend on them, except through subnormals and infinities, which these have not.</summary>
internal static unsafe class Filling
{
    /// <summary>Activations or weights within ±1.</summary>
    public static Matrix Matrix(int rows, int columns)
    {
        var matrix = new Matrix(rows, columns);
        uint state = 12345;
        float* values = matrix.Pointer;
        for (long i = 0; i < (long)rows * columns; i++)
            values[i] = (int)((state = state * 1664525 + 1013904223) >> 8) * (1f / (1 << 23)) - 1;
        return matrix;
    }

    /// <summary>A weight in fp32, bf16 or fp16 panels.</summary>
    public static DensePanels Dense(int rows, int columns, FloatingFormat format)
    {
        using Matrix matrix = Matrix(rows, columns);
        return new DensePanels(matrix, format);
    }

    /// <summary>A weight of random integers.</summary>
    public static QuantizedMatrix Quantized(int rows, int columns, int bits, int groupSize, bool symmetric) =>
        Quantized(rows, columns, NumericFormats.Int(bits), groupSize, symmetric);

    /// <summary>A weight of random codes with the scales of its format; no code of FP8 that is no number.</summary>
    public static QuantizedMatrix Quantized(int rows, int columns, NumericFormat format, int groupSize, bool symmetric)
    {
        QuantizedMatrix matrix = Codes(new QuantizedMatrix(rows, columns, format, Math.Min(groupSize, columns), symmetric));
        for (int row = 0; row < rows; row++)
            for (int group = 0; group < matrix.GroupCount; group++)
                matrix.SetGrid(row, group, new QuantGrid(0.015625f, matrix.Zeros is null ? matrix.MiddleZero : 1 << (format.Bits - 1)));
        return matrix;
    }

    /// <summary>Random integers whose columns name their groups: GPTQ's act-order without static groups.</summary>
    public static QuantizedMatrix ActOrder(int rows, int columns, int bits, int groupSize)
    {
        int groupCount = (columns + groupSize - 1) / groupSize;
        int[] groups = [.. Enumerable.Range(0, columns).Select(column => column * 7919 % columns / groupSize)];
        return Codes(new QuantizedMatrix(rows, columns, NumericFormats.Int(bits), groupSize, Numbers(rows, groupCount, ScaleFormat.Fp16), Numbers(rows, groupCount, ScaleFormat.Fp16),
            groupOfColumn: groups));
    }

    /// <summary>Random integers with a scale and an offset: GGUF's k-quants.</summary>
    public static QuantizedMatrix Offsets(int rows, int columns, int bits, int groupSize)
    {
        int groupCount = (columns + groupSize - 1) / groupSize;
        return Codes(new QuantizedMatrix(rows, columns, NumericFormats.Int(bits), groupSize, Numbers(rows, groupCount, ScaleFormat.Fp16), offsets: Numbers(rows, groupCount, ScaleFormat.Fp16)));
    }

    /// <summary>Random integers whose scales and zero points are integers of 3 bits of a second level: SpQR's base.</summary>
    public static QuantizedMatrix SecondLevel(int rows, int columns, int bits, int groupSize)
    {
        int groupCount = (columns + groupSize - 1) / groupSize;
        NestedValues Values()
        {
            var values = new NestedValues(rows, groupCount, [0, 1, 2, 3, 4, 5, 6, 7], 0, hasZeros: true);
            for (int block = 0; block < values.BlockCount; block++)
                values.SetBlock(block, 0.015625f, 1);
            for (int row = 0; row < rows; row++)
                for (int group = 0; group < groupCount; group++)
                    values.SetCode(row, group, row + group);
            return values;
        }
        return Codes(new QuantizedMatrix(rows, columns, NumericFormats.Int(bits), groupSize, Values(), Values()));
    }

    /// <summary>NF4 whose scales are quantized again: QLoRA's double quantization.</summary>
    public static QuantizedMatrix NestedScales(int rows, int columns)
    {
        var scales = new float[rows * ((columns + 63) / 64)];
        for (int i = 0; i < scales.Length; i++)
            scales[i] = 0.01f + i % 97 * 0.001f;
        return Codes(new QuantizedMatrix(rows, columns, NumericFormats.Nf4, 64, Numerics.Formats.NestedScales.Fit(scales).ToValues(rows, (columns + 63) / 64)));
    }

    /// <summary>A base with this share of its weights apart.</summary>
    public static OutlierMatrix Outliers(PanelMatrix inliers, double share)
    {
        var outliers = new List<Outlier>();
        uint state = 999, limit = (uint)(share * (1 << 24));
        for (int row = 0; row < inliers.Rows; row++)
            for (int column = 0; column < inliers.Columns; column++)
                if ((state = state * 1664525 + 1013904223) >> 8 < limit)
                    outliers.Add(new Outlier(row, column, 0.5f));
        return new OutlierMatrix(inliers, outliers, ScaleFormat.Fp16);
    }

    /// <summary>Random codes with a table for each group of each row: BiLLM's, DB-LLM's and Any-Precision's shape.</summary>
    public static TableMatrix Tables(int rows, int columns, int bits, int groupSize)
    {
        var matrix = new TableMatrix(rows, columns, bits, groupSize, ScaleFormat.Fp16);
        float[] table = [.. Enumerable.Range(0, 1 << bits).Select(code => 0.01f * code)];
        uint state = 77;
        for (int row = 0; row < rows; row++)
        {
            for (int group = 0; group < matrix.GroupCount; group++)
                matrix.SetTable(row, group, table);
            for (int column = 0; column < columns; column++)
                matrix.SetCode(row, column, (int)((state = state * 1664525 + 1013904223) >> 16));
        }
        return matrix;
    }

    /// <summary>Random codes of 8 bits, served at fewer: Any-Precision's store.</summary>
    public static NestedMatrix Nested(int rows, int columns, int bits)
    {
        var matrix = new NestedMatrix(rows, columns, 3, 8, columns) { Bits = bits };
        float[] table = [.. Enumerable.Range(0, 1 << bits).Select(code => 0.01f * code)];
        uint state = 78;
        for (int row = 0; row < rows; row++)
        {
            matrix.SetTable(bits, row, 0, table);
            for (int column = 0; column < columns; column++)
                matrix.SetCode(row, column, (int)((state = state * 1664525 + 1013904223) >> 16));
        }
        return matrix;
    }

    /// <summary>Neighbouring groups of 1, 2 and 3 bits, half of them of 2: SliM-LLM's shape.</summary>
    public static SegmentedMatrix Segments(int rows, int columns, int groupSize) => new([.. Enumerable.Range(0, (columns + groupSize - 1) / groupSize).Select(i =>
    {
        int count = Math.Min(groupSize, columns - i * groupSize), bits = i % 2 == 0 ? 2 : i % 4 == 1 ? 1 : 3;
        return bits == 1 ? (PanelMatrix)Tables(rows, count, 1, groupSize) : Quantized(rows, count, bits, groupSize, symmetric: false);
    })]);

    /// <summary>LLM.int8()'s storage with one column of fifty apart, as float32 inputs see it.</summary>
    public static MixedColumns Mixed(int rows, int columns)
    {
        int[] outliers = [.. Enumerable.Range(0, columns / 50).Select(i => 50 * i + 7)];
        return new MixedColumns(Quantized(rows, columns, 8, columns, symmetric: true), outliers, Dense(rows, outliers.Length, NumericFormats.Fp16));
    }

    private static FloatValues Numbers(int rows, int groupCount, ScaleFormat format)
    {
        var values = new FloatValues(rows, groupCount, format);
        for (int row = 0; row < rows; row++)
            for (int group = 0; group < groupCount; group++)
                values[row, group] = 0.015625f * (1 + group % 3);
        return values;
    }

    private static QuantizedMatrix Codes(QuantizedMatrix matrix)
    {
        uint state = 54321, mask = matrix.Format is IntegerFormat || matrix.Format.Bits < 8 ? uint.MaxValue : 0xBBBBBBBB;
        long wordCount = (long)matrix.PanelCount * matrix.BlockCount * matrix.Format.Bits * 16;
        for (long i = 0; i < wordCount; i++)
            ((uint*)matrix.Codes)[i] = (state = state * 1664525 + 1013904223) & mask;
        return matrix;
    }
}
