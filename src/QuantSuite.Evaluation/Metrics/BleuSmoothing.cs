namespace QuantSuite.Evaluation.Metrics;

/// <summary>
/// What BLEU does about orders without a match, which would make the whole score 0 (Chen and Cherry 2014, "A Systematic Comparison of Smoothing Techniques
/// for Sentence-Level BLEU"; sacrebleu's <c>smooth_method</c>). None of them saves a text without a single match, whose score is 0.
/// </summary>
public enum BleuSmoothing
{
    /// <summary><c>exp</c>: the k-th such order has precision 1 / (2ᵏ · total), as in mteval-v13a.</summary>
    Exponential,

    /// <summary><c>floor</c>: such an order counts a small number of matches, 0.1 unless said otherwise.</summary>
    Floor,

    /// <summary><c>add-k</c>: from order 2 on k is added to matches and totals alike, whether or not any matched; 1 unless said otherwise.</summary>
    AddK,

    /// <summary><c>none</c>: the score is 0.</summary>
    None,
}
