using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Models.Layers;

/// <summary>
/// ALiBi (2108.12409): no positions are embedded; a score falls off with distance by a slope of its head, 2^(−8(h+1)/H) where H is a power of two, and else the slopes of the
/// power below H and, between them, of the one above. As the reference implementations have it, the bias is slope·j for the key's position j: softmax does not see the difference.
/// </summary>
public sealed class LinearBiases
{
    private readonly float[] slopes;
    private readonly Func<float, int, float> bias;
    private Matrix table;

    private LinearBiases(int headCount, Func<float, int, float> bias)
    {
        slopes = Slopes(headCount);
        this.bias = bias;
        table = new Matrix(headCount, 0);
    }

    /// <summary>BLOOM's: fl(slope·j).</summary>
    public static LinearBiases Bloom(int headCount) => new(headCount, static (slope, position) => slope * position);

    /// <summary>Falcon's: slope, position and product rounded to BF16, then scaled with the scores by 1/√headDim.</summary>
    public static LinearBiases Falcon(int headCount, float scale) => new(headCount, (slope, position) => Narrow(Narrow(slope) * Narrow(position)) * scale);

    /// <summary>[heads, at least so many positions].</summary>
    public Matrix UpTo(int positions)
    {
        if (table.Columns >= positions)
            return table;
        table.Dispose();
        table = new Matrix(slopes.Length, Math.Max(positions, 2 * table.Columns));
        for (int head = 0; head < slopes.Length; head++)
            for (int position = 0; position < table.Columns; position++)
                table[head, position] = bias(slopes[head], position);
        return table;
    }

    private static float Narrow(float value) => NumericFormats.Bf16.Round(value);

    private static float[] Slopes(int headCount)
    {
        int power = 1;
        while (2 * power <= headCount)
            power *= 2;
        return [.. Enumerable.Range(1, power).Select(i => Slope(power, i)), .. Enumerable.Range(0, headCount - power).Select(i => Slope(2 * power, 2 * i + 1))];
    }

    private static float Slope(int count, int exponent)
    {
        float first = (float)ElementaryFunctions.Pow(2, -8.0 / count);
        return (float)ElementaryFunctions.Pow(first, exponent);
    }
}
