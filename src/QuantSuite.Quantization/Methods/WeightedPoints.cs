namespace QuantSuite.Quantization.Methods;

/// <summary>
/// The weights of one row in ascending order with their sensitivities, and prefix sums in double, so that centre and error of any run of neighbours cost two look-ups. A weight of zero
/// has no sensitivity; where all sensitivities are zero, every weight counts alike.
/// </summary>
internal sealed class WeightedPoints
{
    private readonly double[] mass;
    private readonly double[] moment;
    private readonly double[] square;
    private readonly double[] plain;

    /// <summary>The points of a row.</summary>
    public WeightedPoints(ReadOnlySpan<float> values, ReadOnlySpan<float> sensitivities)
        : this(values, sensitivities, AscendingOrder(values))
    {
    }

    /// <summary>The points of a row in a known ascending order.</summary>
    public WeightedPoints(ReadOnlySpan<float> values, ReadOnlySpan<float> sensitivities, int[] order)
    {
        Order = order;
        Values = new float[order.Length];
        var weights = new double[order.Length];
        double total = 0;
        for (int i = 0; i < order.Length; i++)
        {
            Values[i] = values[order[i]];
            weights[i] = Values[i] == 0 ? 0 : sensitivities[order[i]];
            total += weights[i];
        }
        if (total == 0)
            Array.Fill(weights, 1);
        mass = new double[order.Length + 1];
        moment = new double[order.Length + 1];
        square = new double[order.Length + 1];
        plain = new double[order.Length + 1];
        for (int i = 0; i < order.Length; i++)
        {
            double value = Values[i];
            mass[i + 1] = mass[i] + weights[i];
            moment[i + 1] = moment[i] + value * weights[i];
            square[i + 1] = square[i] + value * weights[i] * value;
            plain[i + 1] = plain[i] + value;
        }
    }

    /// <summary>Points.</summary>
    public int Count => Values.Length;

    /// <summary>Ascending values.</summary>
    public float[] Values { get; }

    /// <summary>The column of each point.</summary>
    public int[] Order { get; }

    /// <summary>Σ sensitivity of the points from first to end.</summary>
    public double Mass(int first, int end) => mass[end] - mass[first];

    /// <summary>The mean of the points from first to end by sensitivity; the plain one where none has any.</summary>
    public double Centre(int first, int end) =>
        Mass(first, end) is var weight && weight == 0 ? (plain[end] - plain[first]) / (end - first) : (moment[end] - moment[first]) / weight;

    /// <summary>The least weighted squared error of the points from first to end around one centre.</summary>
    public double Error(int first, int end)
    {
        double weight = Mass(first, end), sum = moment[end] - moment[first];
        return weight <= 0 ? 0 : Math.Max(0, square[end] - square[first] - sum * sum / weight);
    }

    /// <summary>The weighted squared error of the points from first to end around a centre.</summary>
    public double Error(int first, int end, double centre)
    {
        double error = 0;
        for (int i = first; i < end; i++)
            error += Mass(i, i + 1) * (Values[i] - centre) * (Values[i] - centre);
        return error;
    }

    /// <summary>The place of the only point from first to end whose sensitivity is not zero, or −1.</summary>
    public int OnlySensitive(int first, int end)
    {
        int found = -1;
        for (int i = first; i < end; i++)
            if (Mass(i, i + 1) != 0)
            {
                if (found >= 0)
                    return -1;
                found = i;
            }
        return found;
    }

    // Ties keep the order of columns: the key is the value's ordered bits, then the column.
    private static int[] AscendingOrder(ReadOnlySpan<float> values)
    {
        var keys = new ulong[values.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i] == 0 ? 0 : values[i]);
            keys[i] = (ulong)((bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000) << 32 | (uint)i;
        }
        Array.Sort(keys);
        return Array.ConvertAll(keys, key => (int)(uint)key);
    }
}
