using QuantSuite.Numerics;

namespace QuantSuite.Models;

/// <summary>
/// Greedy generation of many texts together: every pass feeds one token of each sequence under way, and new prompts fill it up to the model's limit. Prompts are taken in the order
/// of their ids, so that neighbours share their first tokens.
/// </summary>
internal sealed class GreedyGenerator(DecoderModel model)
{
    private readonly List<Generation> active = [];
    private Generation? latest;

    public void Generate(IReadOnlyList<GenerateRequest> requests, Action<int, GenerateAnswer> completed, CancellationToken cancellation)
    {
        var encoding = new RequestEncoding(model.Tokenizer, model.MaxLength);
        var waiting = new Queue<Generation>(requests
            .Select((request, index) => new Generation(index, request, encoding, model))
            .Order(Comparer<Generation>.Create((a, b) => a.Prompt.AsSpan().SequenceCompareTo(b.Prompt) is var sign and not 0 ? sign : a.Index.CompareTo(b.Index))));
        try
        {
            while (active.Count > 0 || waiting.Count > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                var pass = new ForwardPass();
                foreach (Generation generation in active)
                    generation.Feed(pass, model.PassTokenLimit);
                while (waiting.Count > 0 && active.Count < model.ActiveSequenceLimit && pass.TokenCount < model.PassTokenLimit)
                    Admit(waiting.Dequeue(), pass);
                Step(pass, completed);
            }
        }
        finally
        {
            foreach (Generation generation in active)
                generation.Sequence?.Dispose();
            if (latest is { IsDone: true })
                latest.Sequence?.Dispose();
        }
    }

    private void Admit(Generation generation, ForwardPass pass)
    {
        if (generation.Limit == 0)
        {
            generation.Finish();
            active.Add(generation);
            return;
        }
        // The last prompt token is always fed, because its logits choose the first new token.
        int finalLength = generation.Prompt.Length + generation.Limit;
        bool mayShare = latest?.Sequence is { } other && model.MayShare(finalLength, other.FinalLength);
        int shared = !mayShare ? 0 : Math.Min(generation.Prompt.AsSpan(0, generation.Prompt.Length - 1).CommonPrefixLength(latest!.Prompt), latest.FedPromptCount);
        generation.Start(shared > 0 ? pass.Fork(latest!.Sequence!, shared, finalLength) : model.Cache.NewSequence(finalLength), shared);
        generation.Feed(pass, model.PassTokenLimit);
        if (latest is { IsDone: true })
            latest.Sequence?.Dispose();
        latest = generation;
        active.Add(generation);
    }

    private void Step(ForwardPass pass, Action<int, GenerateAnswer> completed)
    {
        Generation[] ready = [.. active.Where(generation => generation.LogitRow >= 0)];
        if (pass.TokenCount > 0)
        {
            Matrix hidden = model.Forward(pass);
            if (ready.Length > 0)
                Choose(hidden, ready);
        }
        foreach (Generation generation in active.Where(generation => generation.IsDone).ToList())
        {
            active.Remove(generation);
            if (generation != latest)
                generation.Sequence?.Dispose();
            completed(generation.Index, generation.Answer);
        }
    }

    private void Choose(Matrix hidden, Generation[] ready)
    {
        Matrix rows = model.Buffer("scored rows", ready.Length, hidden.Columns), logits = model.Buffer("logits", ready.Length, model.Architecture.Head.Rows);
        for (int i = 0; i < ready.Length; i++)
            hidden.Row(ready[i].LogitRow).CopyTo(rows.Row(i));
        model.Head(rows, logits);
        var logSumExp = new double[ready.Length];
        var argMax = new int[ready.Length];
        model.Kernels.LogSumExp(logits, logSumExp, argMax);
        for (int i = 0; i < ready.Length; i++)
            ready[i].Take(logits.Row(i), argMax[i], logSumExp[i]);
    }

    private sealed class Generation
    {
        private readonly DecoderModel model;
        private readonly GenerateRequest request;
        private readonly List<int> generated = [];
        private double minGap = double.PositiveInfinity;
        private double logLikelihood;
        private string text = "";

        public Generation(int index, GenerateRequest request, RequestEncoding encoding, DecoderModel model)
        {
            Index = index;
            this.request = request;
            this.model = model;
            Limit = request.MaxTokens + (request.MaxTokensBeyond is { } beyond ? model.Tokenizer.Encode(beyond, addSpecial: false).Length : 0);
            Limit = Math.Min(Limit, model.MaxLength - 1);
            Prompt = encoding.Encode(request, Limit);
        }

        public int Index { get; }

        public int[] Prompt { get; }

        /// <summary>The most new tokens.</summary>
        public int Limit { get; }

        public Sequence? Sequence { get; private set; }

        /// <summary>Prompt tokens that have been fed.</summary>
        public int FedPromptCount { get; private set; }

        /// <summary>The row of this pass whose logits choose the next token, or −1.</summary>
        public int LogitRow { get; private set; } = -1;

        public bool IsDone { get; private set; }

        public GenerateAnswer Answer => new(text, generated.Count, minGap, logLikelihood);

        public void Start(Sequence sequence, int shared)
        {
            Sequence = sequence;
            FedPromptCount = shared;
        }

        public void Finish() => IsDone = true;

        public void Feed(ForwardPass pass, int limit)
        {
            LogitRow = -1;
            if (FedPromptCount == Prompt.Length)
            {
                LogitRow = pass.Add(Sequence!, [generated[^1]]);
                return;
            }
            int count = Math.Min(Prompt.Length - FedPromptCount, limit - pass.TokenCount);
            if (count <= 0)
                return;
            int row = pass.Add(Sequence!, Prompt.AsSpan(FedPromptCount, count));
            FedPromptCount += count;
            if (FedPromptCount == Prompt.Length)
                LogitRow = row + count - 1;
        }

        public void Take(ReadOnlySpan<float> logits, int best, double logSumExp)
        {
            minGap = Math.Min(minGap, logits[best] - SecondLargest(logits, best));
            logLikelihood += logits[best] - logSumExp;
            bool ends = model.Tokenizer.EosId == best || model.Architecture.EndIds.Contains(best);
            if (!ends)
                generated.Add(best);
            text = model.Tokenizer.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(generated));
            bool stopped = false;
            foreach (string stop in request.Until)
                if (stop.Length > 0 && text.IndexOf(stop, StringComparison.Ordinal) is var at and >= 0)
                {
                    text = text[..at];
                    stopped = true;
                }
            IsDone = ends || stopped || generated.Count >= Limit;
        }

        private static float SecondLargest(ReadOnlySpan<float> logits, int best) =>
            MathF.Max(Largest(logits[..best]), Largest(logits[(best + 1)..]));

        private static float Largest(ReadOnlySpan<float> values)
        {
            float largest = float.NegativeInfinity;
            foreach (float value in values)
                if (value > largest)
                    largest = value;
            return largest;
        }
    }
}
