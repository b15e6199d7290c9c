using QuantSuite.Numerics;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>DB-LLM's dual binarization against the paper's formula (../shared/goldens/quantization/db-llm); its authors published no code.</summary>
public class DbLlmGoldenTests
{
    public static TheoryData<string> Cases() => QuantizationCase.All("db-llm");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EqualsTheReference(string file)
    {
        QuantizationCase golden = QuantizationCase.Open("db-llm", file);
        if (golden.Op != "db_llm.fdb")
            throw golden.Unknown();
        using Matrix weight = golden.Input("W");
        int size = golden.Parameter("group"), groups = weight.Columns / size;
        bool given = golden.Inputs.TryGetProperty("alpha1", out _);
        float[] alpha1 = golden.Floats("alpha1"), alpha2 = golden.Floats("alpha2");
        int[] first = golden.Ints("w1"), second = golden.Ints("w2");
        double squares = 0;
        for (int row = 0; row < weight.Rows; row++)
            for (int group = 0; group < groups; group++)
            {
                Span<float> values = weight.Row(row).Slice(group * size, size);
                int index = row * groups + group;
                DualBinary levels = given ? new DualBinary(alpha1[index], alpha2[index]) : DualBinary.Start(values);
                Assert.Equal(alpha1[index], levels.Alpha1, 1e-6f * Math.Abs(alpha1[index]));
                Assert.Equal(alpha2[index], levels.Alpha2, 1e-6f * Math.Abs(alpha2[index]));
                squares += levels.Error(values);
                for (int i = 0; i < size; i++)
                {
                    int code = levels.Encode(values[i]), place = row * weight.Columns + group * size + i;
                    Assert.Equal(first[place], code & 1);
                    Assert.Equal(second[place], code >> 1);
                    values[i] = levels[code];
                }
            }
        golden.NearSummary("dequant", weight);
        golden.NearNumber("mse", squares / ((double)weight.Rows * weight.Columns), 1e-3);
    }

    [Fact]
    public void FittingNeverLosesAgainstTheStart()
    {
        var random = new SeededRandom(7);
        for (int trial = 0; trial < 50; trial++)
        {
            float[] values = [.. Enumerable.Range(0, 64).Select(_ => (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.4))];
            DualBinary start = DualBinary.Start(values), fitted = DualBinary.Fit(values, value => value);
            Assert.True(fitted.Error(values) <= start.Error(values));
            Assert.All(values, value => Assert.Equal(Enumerable.Range(0, 4).Min(code => Math.Abs(fitted[code] - value)), Math.Abs(fitted[fitted.Encode(value)] - value), 1e-6));
        }
    }
}
