using FsCheck;
using FsCheck.Fluent;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using Xunit;

namespace QuantSuite.Tests.Numerics;

/// <summary>What holds for every format of codes, whatever its table.</summary>
public sealed class FormatInvariantTests
{
    private static readonly QuantGrid Unit = new(1, 0);

    public static TheoryData<string> Names => [.. Coded().Select(format => format.Name)];

    public static TheoryData<string> TableNames => [.. Coded().OfType<TableFormat>().Select(format => format.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AValueOfTheTableKeepsItsValue(string name)
    {
        NumericFormat format = NumericFormats.Find(name)!;
        float limit = format is TableFormat table ? table.Largest : float.MaxValue;
        for (int code = 0; code < format.Values.Count; code++)
            if (MathF.Abs(format.Values[code]) <= limit)
                Assert.Equal(Bits(format.Values[code]), Bits(format.Values[format.Encode(format.Values[code], Unit)]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EncodingIsNearestMonotoneAndSaturates(string name)
    {
        NumericFormat format = NumericFormats.Find(name)!;
        Check(format, (values, grid) =>
        {
            float[] sorted = [.. values.Order()], decoded = [.. sorted.Select(value => format.Decode(format.Encode(value, grid), grid))];
            bool isMonotone = decoded.Zip(decoded.Skip(1), (a, b) => a <= b).All(holds => holds);
            float[] ends = [format.Decode(format.Encode(float.MinValue, grid), grid), format.Decode(format.Encode(float.MaxValue, grid), grid)];
            return isMonotone && decoded.All(value => value >= ends[0] && value <= ends[1]);
        });
    }

    [Theory]
    [MemberData(nameof(TableNames))]
    public void NoValueOfTheTableIsNearer(string name)
    {
        var format = (TableFormat)NumericFormats.Find(name)!;
        float[] usable = [.. format.Values.Where(value => MathF.Abs(value) <= format.Largest)];
        Check(format, (values, _) => values.All(value =>
        {
            double ours = Math.Abs(format.Values[format.Encode(value, Unit)] - (double)value);
            return usable.All(other => ours <= Math.Abs(other - (double)value));
        }));
    }

    [Theory]
    [MemberData(nameof(TableNames))]
    public void AGroupOfZerosStaysZeros(string name)
    {
        NumericFormat format = NumericFormats.Find(name)!;
        QuantGrid grid = format.Fit(new float[32], symmetric: true);
        Assert.Equal(0, format.Decode(format.Encode(0, grid), grid));
    }

    [Theory]
    [MemberData(nameof(TableNames))]
    public void AGroupWithNaNBecomesNaNAndALoneNaNIsRefused(string name)
    {
        NumericFormat format = NumericFormats.Find(name)!;
        foreach (float odd in (float[])[float.NaN, float.PositiveInfinity])
        {
            var codes = new byte[3];
            QuantGrid grid = format.Quantize([1, odd, -1], symmetric: true, codes);
            Assert.All(codes, code => Assert.True(float.IsNaN(format.Decode(code, grid))));
        }
        Assert.Contains("expected a number", Assert.Throws<ArgumentException>(() => format.Encode(float.NaN, Unit)).Message);
    }

    [Fact]
    public void ACodebookOfOnesOwnIsAFormat()
    {
        var format = new CodebookFormat("primes", [-7, -3, 0, 2, 5]);
        Assert.Equal(3, format.Bits);
        QuantGrid grid = format.Fit([14, -2], symmetric: true);
        Assert.Equal(2, grid.Scale);
        Assert.Equal([-14f, -6f, 0f, 4f, 10f], new[] { -99f, -5f, 2f, 4.1f, 99f }.Select(value => format.Decode(format.Encode(value, grid), grid)));
        Assert.Contains("2 to 256 finite values", Assert.Throws<ArgumentException>(() => new CodebookFormat("bad", [1, float.NaN])).Message);
    }

    [Fact]
    public void DoubleQuantizationKeepsScalesWithinASteps()
    {
        var random = new SeededRandom(5);
        float[] scales = [.. Enumerable.Range(0, 600).Select(_ => 0.02f + 0.01f * (float)random.NextDouble())];
        var nested = NestedScales.Fit(scales);
        Assert.Equal(3, nested.Maxima.Length);
        for (int i = 0; i < scales.Length; i++)
            Assert.Equal(scales[i], nested[i], nested.Maxima[i / NestedScales.BlockSize] * 0.008f);
        using NestedValues stored = nested.ToValues(60, 10);
        for (int i = 0; i < scales.Length; i++)
            Assert.Equal(nested[i], stored[i / 10, i % 10]);
    }

    private static IEnumerable<NumericFormat> Coded() => NumericFormats.All.Where(format => !format.IsFullPrecision);

    // Groups of any size and magnitude, on the symmetric grid that fits them.
    private static void Check(NumericFormat format, Func<float[], QuantGrid, bool> holds)
    {
        Gen<float> value = ArbMap.Default.GeneratorFor<NormalFloat>().Select(number => (float)number.Get).Where(number => MathF.Abs(number) is 0 or (> 1e-30f and < 1e30f));
        Prop.ForAll(value.NonEmptyListOf().ToArbitrary(), values => holds([.. values], format.Fit([.. values], symmetric: true))).QuickCheckThrowOnFailure();
    }

    // +0 and −0 are one value.
    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value == 0 ? 0 : value);
}
