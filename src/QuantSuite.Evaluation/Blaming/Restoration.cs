using QuantSuite.Models;
using QuantSuite.Numerics;

namespace QuantSuite.Evaluation.Blaming;

/// <summary>Some linears with other storage for as long as this lives; disposal puts back what was there.</summary>
internal sealed class Restoration : IDisposable
{
    private readonly List<(Weight Weight, WeightStorage Before)> changed = [];
    private readonly bool ownsPanels;

    private Restoration(bool ownsPanels) => this.ownsPanels = ownsPanels;

    /// <summary>Weights and inputs in full precision.</summary>
    /// <param name="storageOf">New storage of a weight's full-precision values.</param>
    public static Restoration Of(IEnumerable<Weight> weights, Func<Weight, PanelMatrix> storageOf)
    {
        var restoration = new Restoration(ownsPanels: true);
        foreach (Weight weight in weights)
            restoration.changed.Add((weight, weight.Exchange(new WeightStorage(storageOf(weight)))));
        return restoration;
    }

    /// <summary>Inputs in full precision, weights as they are.</summary>
    public static Restoration OfActivations(IEnumerable<Weight> weights)
    {
        var restoration = new Restoration(ownsPanels: false);
        foreach (Weight weight in weights)
            restoration.changed.Add((weight, weight.Exchange(new WeightStorage(weight.Panels))));
        return restoration;
    }

    public void Dispose()
    {
        foreach ((Weight weight, WeightStorage before) in changed)
        {
            WeightStorage used = weight.Exchange(before);
            if (ownsPanels)
                used.Panels.Dispose();
        }
        changed.Clear();
    }
}
