using QuantSuite.Numerics;

namespace QuantSuite.Models.Layers;

/// <summary>
/// A router sends each token to a few of many MLPs, and adds their results by its weights: softmax over all experts, the largest few, perhaps divided by their sum; experts in ascending
/// order, so that a token's sum does not depend on its batch. Experts' linears are quantized; router and gate stay in full precision, as in the reference methods.
/// While calibration watches, every expert computes every token (the router's choice still decides the result): none is left without statistics, as in llm-compressor.
/// </summary>
public sealed class MixtureOfExperts : Sublayer
{
    private readonly Weight router;
    private readonly IReadOnlyList<Sublayer> experts;
    private readonly int chosenCount;
    private readonly bool normalizes;
    private Weight[]? watched;

    /// <summary>Experts behind a router.</summary>
    /// <param name="router">[experts, hidden].</param>
    /// <param name="chosenCount">Experts for each token.</param>
    /// <param name="normalizes">Whether the weights of those chosen are divided by their sum.</param>
    public MixtureOfExperts(Weight router, IReadOnlyList<Sublayer> experts, int chosenCount, bool normalizes)
    {
        if (chosenCount < 1 || chosenCount > experts.Count)
            throw new Checkpoints.CheckpointException(Checkpoints.CheckpointFlaw.Field, $"config.json: {chosenCount} of {experts.Count} experts for each token; expected 1 to {experts.Count}.");
        this.router = router;
        this.experts = experts;
        this.chosenCount = chosenCount;
        this.normalizes = normalizes;
    }

    /// <summary>An expert that every token goes through, or null.</summary>
    public Sublayer? Shared { get; init; }

    /// <summary>[1, hidden]: the shared expert's result is multiplied by the logistic function of this; with <see cref="Shared"/>.</summary>
    public Weight? SharedGate { get; init; }

    /// <inheritdoc/>
    public override string InputName => "mlp input";

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Inputs => [.. experts.SelectMany(expert => expert.Inputs), .. Shared?.Inputs ?? []];

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Routers => SharedGate is null ? [router] : [router, SharedGate];

    /// <inheritdoc/>
    public override IEnumerable<LinearGroup> InnerGroups(bool writesHidden) =>
        [.. experts.SelectMany(expert => expert.InnerGroups(writesHidden)), .. Shared?.InnerGroups(writesHidden) ?? []];

    /// <inheritdoc/>
    public override void Forward(ForwardContext context, Matrix x, Matrix result)
    {
        float[][] shares = Route(context, x);
        watched ??= [experts[0].Inputs[0], .. experts.SelectMany(expert => expert.InnerGroups(true)).Select(group => group.Weights[0])];
        bool all = watched.Any(weight => weight.Observer is not null);
        result.Span.Clear();
        for (int expert = 0; expert < experts.Count; expert++)
            Run(context, experts[expert], x, shares, expert, all, result);
        if (Shared is not null)
            AddShared(context, x, result);
    }

    private void Run(ForwardContext context, Sublayer expert, Matrix x, float[][] shares, int index, bool all, Matrix result)
    {
        int[] rows = [.. Enumerable.Range(0, x.Rows).Where(row => all || shares[row][index] != 0)];
        if (rows.Length == 0)
            return;
        Matrix own = context.Buffer("expert input", rows.Length, x.Columns), made = context.Buffer("expert result", rows.Length, x.Columns);
        for (int i = 0; i < rows.Length; i++)
            x.Row(rows[i]).CopyTo(own.Row(i));
        expert.Forward(context, own, made);
        for (int i = 0; i < rows.Length; i++)
            if (shares[rows[i]][index] is not 0 and var share)
                AddScaled(made.Row(i), share, result.Row(rows[i]));
    }

    private void AddShared(ForwardContext context, Matrix x, Matrix result)
    {
        Matrix made = context.Buffer("expert result", x.Rows, x.Columns), gates = context.Buffer("shared gate", x.Rows, 1);
        Shared!.Forward(context, x, made);
        Weight.Multiply(context.Kernels, x, [SharedGate!], [gates]);
        for (int row = 0; row < x.Rows; row++)
            AddScaled(made.Row(row), 1 / (1 + ElementaryFunctions.Exp(-gates[row, 0])), result.Row(row));
    }

    // result = fl(result + fl(share · made)).
    private static void AddScaled(ReadOnlySpan<float> made, float share, Span<float> result)
    {
        for (int i = 0; i < result.Length; i++)
            result[i] += made[i] * share;
    }

    private float[][] Route(ForwardContext context, Matrix x)
    {
        Matrix logits = context.Buffer("router", x.Rows, experts.Count);
        Weight.Multiply(context.Kernels, x, [router], [logits]);
        var shares = new float[x.Rows][];
        for (int row = 0; row < x.Rows; row++)
            shares[row] = Choose(logits.Row(row));
        return shares;
    }

    // Shares by expert, 0 for those not chosen; of equals the first. A row of NaN chooses the first few, whose shares are NaN.
    private float[] Choose(ReadOnlySpan<float> logits)
    {
        var weights = new float[logits.Length];
        float largest = float.NegativeInfinity, total = 0, chosenTotal = 0;
        foreach (float logit in logits)
            largest = MathF.Max(largest, logit);
        for (int i = 0; i < weights.Length; i++)
            total += weights[i] = ElementaryFunctions.Exp(logits[i] - largest);
        var shares = new float[logits.Length];
        for (int n = 0; n < chosenCount; n++)
        {
            int best = -1;
            for (int i = 0; i < weights.Length; i++)
                if (shares[i] == 0 && (best < 0 || weights[i] > weights[best]))
                    best = i;
            // A share that underflows still takes its place.
            shares[best] = weights[best] / total is 0 ? float.Epsilon : weights[best] / total;
            chosenTotal += shares[best];
        }
        if (normalizes)
            for (int i = 0; i < shares.Length; i++)
                shares[i] /= chosenTotal;
        return shares;
    }
}
