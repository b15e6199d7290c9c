using QuantSuite.Evaluation.Statistics;

namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// What a table of gold against predicted labels says, as scikit-learn has it; labels are those seen on either side, ascending. Where a label was never
/// predicted its
/// precision, and where it never was gold its recall, counts as 0.
/// </summary>
/// <param name="Labels">Ascending.</param>
/// <param name="Confusion">Counts [gold, predicted].</param>
public sealed record Classification(IReadOnlyList<int> Labels, IReadOnlyList<IReadOnlyList<double>> Confusion)
{
    /// <summary>The table of two lists of labels.</summary>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static Classification Of(IReadOnlyList<int> gold, IReadOnlyList<int> predicted)
    {
        if (gold.Count != predicted.Count)
            throw new ArgumentException($"{gold.Count} gold and {predicted.Count} predicted labels; expected one of each an item.");
        int[] labels = [.. gold.Concat(predicted).Distinct().Order()];
        var counts = new double[labels.Length][];
        for (int i = 0; i < labels.Length; i++)
            counts[i] = new double[labels.Length];
        for (int i = 0; i < gold.Count; i++)
            counts[Array.BinarySearch(labels, gold[i])][Array.BinarySearch(labels, predicted[i])]++;
        return new Classification(labels, counts);
    }

    /// <summary>The share on the diagonal; also F1 micro.</summary>
    public double Accuracy => Diagonal.Sum() / Total;

    /// <summary>The mean recall of the labels that occur as gold.</summary>
    public double BalancedAccuracy => Diagonal.Zip(Gold).Where(pair => pair.Second > 0).Average(pair => pair.First / pair.Second);

    /// <summary>The mean F1 of all labels.</summary>
    public double F1Macro => F1().Average();

    /// <summary>The mean F1, each label weighted by its gold count.</summary>
    public double F1Weighted => F1().Zip(Gold, (f1, gold) => f1 * gold).Sum() / Total;

    /// <summary>Matthews' correlation; 0 where either side is constant.</summary>
    public double Matthews
    {
        get
        {
            double covariance = Total * Diagonal.Sum() - Gold.Zip(Predicted, (g, p) => g * p).Sum();
            double spread = (Total * Total - Predicted.Sum(p => p * p)) * (Total * Total - Gold.Sum(g => g * g));
            return spread > 0 ? covariance / Math.Sqrt(spread) : 0;
        }
    }

    /// <summary>Agreement beyond chance.</summary>
    public CohensKappa Kappa => CohensKappa.Of(Confusion);

    /// <summary>2·hits/(gold + predicted) of each label.</summary>
    public IReadOnlyList<double> F1() => [.. Enumerable.Range(0, Labels.Count).Select(i => 2 * Confusion[i][i] / (Gold[i] + Predicted[i]))];

    private double Total => Gold.Sum();

    private double[] Diagonal => [.. Enumerable.Range(0, Labels.Count).Select(i => Confusion[i][i])];

    private double[] Gold => [.. Confusion.Select(row => row.Sum())];

    private double[] Predicted => [.. Enumerable.Range(0, Labels.Count).Select(j => Confusion.Sum(row => row[j]))];
}
