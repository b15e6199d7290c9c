using QuantSuite.Models;
using QuantSuite.Numerics;
using QuantSuite.Quantization.Calibration;

namespace QuantSuite.Quantization.Statistics;

/// <summary>What a tensor is to the model.</summary>
public enum TensorRole
{
    /// <summary>The values of a linear.</summary>
    Weight,

    /// <summary>The inputs of the linears that read them together.</summary>
    Activation,

    /// <summary>Keys after RoPE, or values: what the cache holds.</summary>
    Cache,
}

/// <summary>The statistics of one kind of tensor in one layer.</summary>
/// <param name="Role">Weight, activation or cache.</param>
/// <param name="Kind">The linear (<c>q_proj</c>), the input in the field's words (<c>attention input</c>), <c>keys</c> or <c>values</c>.</param>
/// <param name="Layer">The block's number.</param>
/// <param name="Moments">AbsMax, Std, Kurtosis.</param>
public sealed record TensorStatistics(TensorRole Role, string Kind, int Layer, Moments Moments)
{
    /// <summary>
    /// Statistics of a model as it is stored, under whatever recipe: its weights, and over some text the inputs of its linears and what its cache would hold. Block by block, as
    /// calibration runs, so that memory does not grow with the model's depth.
    /// </summary>
    /// <param name="model">Loaded; it is not changed.</param>
    /// <param name="tokens">Sequences to run.</param>
    /// <param name="progress">Told of every block that is done.</param>
    /// <param name="cancellation">Stops between two pieces.</param>
    public static IReadOnlyList<TensorStatistics> Of(DecoderModel model, CalibrationTokens tokens, IProgress<QuantizationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var all = new List<TensorStatistics>();
        using var pass = new CalibrationPass(model.Architecture, tokens, model.Kernels);
        IReadOnlyList<DecoderBlock> blocks = model.Architecture.Blocks;
        for (int layer = 0; layer < blocks.Count; layer++)
        {
            DecoderBlock block = blocks[layer];
            foreach (Weight weight in block.Linears)
                all.Add(new TensorStatistics(TensorRole.Weight, weight.Name[(weight.Name.LastIndexOf('.') + 1)..], layer, Of(weight)));
            Moments[] inputs = [.. block.Groups.Select(_ => new Moments())];
            Moments keys = new(), values = new();
            pass.ObserveKeyValues = (k, v) =>
            {
                keys.Add(k.Span);
                values.Add(v.Span);
            };
            pass.Run(block, keep: true, (group, x) => inputs[IndexOf(block.Groups, group)].Add(x.Span), cancellation);
            all.AddRange(block.Groups.Select((group, i) => new TensorStatistics(TensorRole.Activation, group.Input, layer, inputs[i])));
            all.Add(new TensorStatistics(TensorRole.Cache, "keys", layer, keys));
            all.Add(new TensorStatistics(TensorRole.Cache, "values", layer, values));
            progress?.Report(new QuantizationProgress(layer + 1, blocks.Count));
        }
        return all;
    }

    /// <summary>The same over all layers: one line a kind, in the order of the first layer.</summary>
    public static IReadOnlyList<(TensorRole Role, string Kind, Moments Moments)> ByKind(IReadOnlyList<TensorStatistics> all) =>
    [
        .. all.GroupBy(tensor => (tensor.Role, tensor.Kind)).OrderBy(group => group.Key.Role).Select(group =>
        {
            var joined = new Moments();
            foreach (TensorStatistics tensor in group)
                joined.Add(tensor.Moments);
            return (group.Key.Role, group.Key.Kind, joined);
        }),
    ];

    private static Moments Of(Weight weight)
    {
        using Matrix values = weight.Panels.ToMatrix();
        var moments = new Moments();
        for (int row = 0; row < values.Rows; row++)
            moments.Add(values.Row(row));
        return moments;
    }

    private static int IndexOf(IReadOnlyList<LinearGroup> groups, LinearGroup group)
    {
        for (int i = 0; i < groups.Count; i++)
            if (ReferenceEquals(groups[i], group))
                return i;
        throw new ArgumentException($"The {group.Input} is none of the block's.", nameof(group));
    }
}
