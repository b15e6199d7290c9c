using System.Text.Json;
using QuantSuite.Models;
using QuantSuite.Models.Layers;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>AWQ against the authors' code (../shared/goldens/quantization/awq).</summary>
public class AwqGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("awq");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("awq", file);
        using Kernels kernels = Kernels.Create(2);
        switch (golden.Op)
        {
            case "awq.auto_scale_block":
                CompareScales(golden, kernels);
                break;
            case "awq.auto_clip_layer":
                CompareClipping(golden, kernels);
                break;
            default:
                throw golden.Unknown();
        }
    }

    private static QuantScheme Scheme(QuantizationCase golden) =>
        new() { Weights = new IntegerFormat(golden.Parameter("bits"), IntegerRange.Tight), Granularity = Granularity.Group(golden.Parameter("group")) };

    private static void CompareScales(QuantizationCase golden, Kernels kernels)
    {
        QuantScheme scheme = Scheme(golden);
        using var block = new GoldenBlock(golden, kernels, scheme);
        AwqSearch[] searches = [.. block.Calibration.Block.Groups.Select(group => Awq.Search(block.Calibration, group))];
        JsonElement[] expected = [.. golden.Expected.GetProperty("searches").EnumerateArray()];
        for (int i = 0; i < expected.Length; i++)
        {
            QuantizationCase.Near(golden.Floats(expected[i].GetProperty("x_mean_abs")), block.Calibration.InputsOf(block.Calibration.Block.Groups[i]).AbsMean, 1e-5, "mean |x|");
            double[] losses = [.. expected[i].GetProperty("loss_per_ratio").EnumerateArray().Select(loss => loss.GetDouble())];
            for (int r = 0; r < losses.Length; r++)
                Assert.Equal(losses[r], searches[i].Losses[r], 1e-4 * losses[r]);
            Assert.Equal(expected[i].GetProperty("best_ratio").GetDouble(), searches[i].Best / 20.0, 1e-9);
            QuantizationCase.Near(golden.Floats(expected[i].GetProperty("scales")), searches[i].Scales, 1e-5, "scales");
        }
        new Awq().Rescale(block.Calibration);
        QuantizationCase.Near(golden.Floats(golden.Expected.GetProperty("norm_weights_after_scaling").GetProperty("ln1")), block.AttentionGain, 1e-5, "ln1");
        QuantizationCase.Near(golden.Floats(golden.Expected.GetProperty("norm_weights_after_scaling").GetProperty("ln2")), block.MlpGain, 1e-5, "ln2");
        foreach (Weight weight in block.Calibration.Block.Linears)
            using (QuantizedMatrix rounded = Rtn.RoundToNearest(block.Calibration.ValuesOf(weight), scheme))
            {
                JsonElement linear = golden.Expected.GetProperty("linears").GetProperty(weight.Name);
                CompareCodes(golden, linear.GetProperty("codes"), linear.GetProperty("scale"), linear.GetProperty("zero"), rounded, 1e-5f);
            }
    }

    private static void CompareClipping(QuantizationCase golden, Kernels kernels)
    {
        using Matrix weight = golden.Input("W"), x = golden.Input("X");
        QuantScheme scheme = Scheme(golden);
        using Matrix limits = new Awq { ClipTokenCount = golden.Parameter("n_sample_token") }.ClipLimits(weight, x, scheme, kernels);
        float[] expected = golden.Floats("max_val");
        var doubtful = golden.Has("float64_run_picks_another_step_at") ? golden.Ints("float64_run_picks_another_step_at") : [];
        var elsewhere = Enumerable.Range(0, doubtful.Length / 2).Select(i => (doubtful[2 * i], doubtful[2 * i + 1])).ToHashSet();
        for (int row = 0; row < limits.Rows; row++)
            for (int group = 0; group < limits.Columns; group++)
                if (elsewhere.Contains((row, group)))
                    limits[row, group] = expected[row * limits.Columns + group];
                else
                    Assert.Equal(expected[row * limits.Columns + group], limits[row, group], 1e-6f * expected[row * limits.Columns + group]);
        Awq.Clip(weight, limits, scheme.Granularity.GroupSize(weight.Columns));
        using QuantizedMatrix rounded = Rtn.RoundToNearest(weight, scheme);
        CompareCodes(golden, golden.Expected.GetProperty("codes"), golden.Expected.GetProperty("scale"), golden.Expected.GetProperty("zero"), rounded, 1e-6f);
    }

    private static void CompareCodes(QuantizationCase golden, JsonElement codes, JsonElement scales, JsonElement zeros, QuantizedMatrix rounded, float tolerance)
    {
        int[] expectedCodes = golden.Ints(codes), expectedZeros = golden.Ints(zeros);
        float[] expectedScales = golden.Floats(scales);
        for (int row = 0; row < rounded.Rows; row++)
        {
            for (int group = 0; group < rounded.GroupCount; group++)
            {
                int at = row * rounded.GroupCount + group;
                Assert.Equal(expectedScales[at], rounded.Scale(row, group), tolerance * expectedScales[at]);
                Assert.Equal(expectedZeros[at], rounded.Zero(row, group));
            }
            for (int column = 0; column < rounded.Columns; column++)
                Assert.Equal(expectedCodes[row * rounded.Columns + column], rounded.Code(row, column));
        }
    }

    /// <summary>The case's block: pre-norm attention without positions, gated MLP.</summary>
    private sealed class GoldenBlock : DecoderBlock, IDisposable
    {
        private readonly Dictionary<Weight, Matrix> values = [];
        private readonly Dictionary<LinearGroup, InputStatistics> inputs = [];
        private readonly ForwardContext context;
        private readonly KeyValueCache cache;
        private readonly List<Sequence> sequences = [];
        private readonly RmsNorm attentionNorm;
        private readonly RmsNorm mlpNorm;
        private readonly SelfAttention attention;
        private readonly GatedMlp mlp;

        public GoldenBlock(QuantizationCase golden, Kernels kernels, QuantScheme scheme)
        {
            AttentionGain = golden.Floats(golden.Inputs.GetProperty("ln1"));
            MlpGain = golden.Floats(golden.Inputs.GetProperty("ln2"));
            int heads = golden.Parameter("heads"), hidden = AttentionGain.Length, headDim = hidden / heads;
            var shape = new AttentionShape(heads, heads, headDim, 1 / MathF.Sqrt(headDim), 0);
            attentionNorm = new RmsNorm(AttentionGain, 1e-6f);
            mlpNorm = new RmsNorm(MlpGain, 1e-6f);
            attention = new SelfAttention(
                new SplitProjection(Linear("self_attn.q_proj", "Wq"), Linear("self_attn.k_proj", "Wk"), Linear("self_attn.v_proj", "Wv")), Linear("self_attn.o_proj", "Wo"), shape);
            mlp = new GatedMlp(Linear("mlp.gate_proj", "Wgate"), Linear("mlp.up_proj", "Wup"), Linear("mlp.down_proj", "Wdown"));
            Groups = [.. attention.Groups(attentionNorm.Source), .. mlp.Groups(mlpNorm.Source)];
            context = new ForwardContext(kernels);
            cache = new KeyValueCache(shape, 1);
            Observe(golden, kernels);
            Calibration = new BlockCalibration(this, values, inputs, context, _ => scheme);

            Weight Linear(string name, string input)
            {
                Matrix matrix = golden.Input(input);
                var weight = new Weight(name, matrix.Rows, matrix.Columns, NumericFormats.Fp32, () => new Matrix(matrix.Rows, matrix.Columns, matrix.Span));
                weight.Store(new DensePanels(matrix, NumericFormats.Fp32));
                values[weight] = matrix;
                return weight;
            }
        }

        public BlockCalibration Calibration { get; }

        public float[] AttentionGain { get; }

        public float[] MlpGain { get; }

        public override IReadOnlyList<LinearGroup> Groups { get; }

        public override void Forward(ForwardContext context, Matrix hidden)
        {
            using var normed = new Matrix(hidden.Rows, hidden.Columns);
            using var change = new Matrix(hidden.Rows, hidden.Columns);
            attentionNorm.Forward(context, hidden, normed);
            attention.Forward(context, normed, change);
            context.Kernels.Add(change, hidden);
            mlpNorm.Forward(context, hidden, normed);
            mlp.Forward(context, normed, change);
            context.Kernels.Add(change, hidden);
        }

        public void Dispose()
        {
            sequences.ForEach(sequence => sequence.Dispose());
            foreach (Weight weight in Linears)
                weight.Dispose();
            context.Dispose();
            cache.Dispose();
        }

        private void Observe(QuantizationCase golden, Kernels kernels)
        {
            JsonElement x = golden.Inputs.GetProperty("X");
            int[] shape = golden.Shape(x);
            using Matrix hidden = golden.Matrix(x);
            var pass = new ForwardPass();
            for (int i = 0; i < shape[0]; i++)
            {
                sequences.Add(cache.NewSequence());
                pass.Add(sequences[i], new int[shape[1]]);
            }
            context.Begin(pass);
            foreach (LinearGroup group in Groups)
            {
                inputs[group] = new InputStatistics(group.Weights[0].Columns, CalibrationNeeds.Magnitudes | CalibrationNeeds.Samples);
                group.Weights[0].Observer = seen =>
                {
                    for (int i = 0; i < shape[0]; i++)
                        inputs[group].Add(seen.Slice(i * shape[1], shape[1]), kernels);
                };
            }
            Forward(context, hidden);
            foreach (LinearGroup group in Groups)
                group.Weights[0].Observer = null;
        }
    }
}
