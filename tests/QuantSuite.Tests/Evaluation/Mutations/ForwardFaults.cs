using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Tests.Evaluation.Mutations;

/// <summary>Faults of the forward pass: weights are right, and what is done with them is not.</summary>
internal static class ForwardFaults
{
    private const string Int4 = "rtn-int4-g32";
    private const int HeadDim = 32;
    private const double Theta = 10000;

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new("a layer skipped", "`layers.2`", Int4, model => model.Before((i, _) => i != 2)),
        new("RoPE off by one in decode", "all layers", Int4, model => model.Before((i, context) => i != 0 || Shifted(context))) { InDecode = true },
        new("keys cached before RoPE", "all layers", Int4, model => model.Before((_, context) => Observed(context, (keys, _) => TurnBack(context, keys)))),
        new("KV scale of the first head reused", "all layers", "rtn-int4-g32-kv4", model => model.Before((_, context) => Observed(context, (keys, values) =>
        {
            ReuseScale(keys, context.KeyValueFormat!);
            ReuseScale(values, context.KeyValueFormat!);
        }))),
    ];

    // The angles of a pass are made from these positions when the first layer asks for them.
    private static bool Shifted(ForwardContext context)
    {
        var positions = (List<int>)context.Positions;
        foreach (AttentionSpan span in context.AttentionSpans)
            if (span.RowCount == 1 && span.FirstPosition > 0)
                positions[span.FirstRow]++;
        return true;
    }

    private static bool Observed(ForwardContext context, Action<Matrix, Matrix> change)
    {
        context.KeyValueObserver = change;
        return true;
    }

    private static void TurnBack(ForwardContext context, Matrix keys)
    {
        const int half = HeadDim / 2;
        for (int row = 0; row < keys.Rows; row++)
            for (int head = 0; head < keys.Columns; head += HeadDim)
                for (int i = 0; i < half; i++)
                {
                    (double sin, double cos) = ElementaryFunctions.SinCos(context.Positions[row] * (float)(1 / Math.Pow(Theta, 2.0 * i / HeadDim)));
                    float a = keys[row, head + i], b = keys[row, head + half + i];
                    keys[row, head + i] = a * (float)cos + b * (float)sin;
                    keys[row, head + half + i] = b * (float)cos - a * (float)sin;
                }
    }

    private static void ReuseScale(Matrix rows, IntegerFormat format)
    {
        for (int row = 0; row < rows.Rows; row++)
        {
            Span<float> values = rows.Row(row);
            QuantGrid grid = format.Fit(values[..HeadDim], symmetric: false);
            for (int i = HeadDim; i < values.Length; i++)
                values[i] = format.Decode(format.Encode(values[i], grid), grid);
        }
    }
}
