using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Quantization.Methods;

/// <summary>Rounding that stays in float32: what a weight would be after quantization, for methods that try many.</summary>
internal static class FakeQuantization
{
    /// <summary>Replaces every value by the nearest point of its group's grid.</summary>
    public static void Apply(Matrix weight, QuantScheme scheme, Kernels kernels)
    {
        NumericFormat format = scheme.Weights.ForTensor(weight.Span);
        QuantGrid? shared = scheme.Granularity.Kind == GranularityKind.Tensor ? format.Fit(weight.Span, scheme.Symmetric) : null;
        int groupSize = scheme.Granularity.GroupSize(weight.Columns);
        kernels.Parallel(weight.Rows, row =>
        {
            Span<float> values = weight.Row(row);
            var codes = new byte[groupSize];
            for (int first = 0; first < values.Length; first += groupSize)
            {
                Span<float> group = values[first..Math.Min(first + groupSize, values.Length)];
                QuantGrid grid = format.Quantize(group, scheme.Symmetric, codes, shared);
                for (int i = 0; i < group.Length; i++)
                    group[i] = format.Decode(codes[i], grid);
            }
        });
    }
}
