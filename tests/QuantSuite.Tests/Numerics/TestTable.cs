using QuantSuite.Numerics.Formats;

namespace QuantSuite.Tests.Numerics;

/// <summary>A format whose codes mean these numbers, or random ones. It cannot encode.</summary>
public sealed class TestTable : NumericFormat
{
    public TestTable(IReadOnlyList<float> values)
    {
        Bits = int.Log2(values.Count);
        Values = values;
    }

    public TestTable(int bits, CaseRandom random)
        : this([.. Enumerable.Range(0, 1 << bits).Select(_ => (float)(2 * random.Unit() - 1))])
    {
    }

    public override string Name => "test";

    public override int Bits { get; }

    public override IReadOnlyList<float> Values { get; }

    public override QuantGrid Fit(ReadOnlySpan<float> values, bool symmetric) => throw new NotSupportedException();

    public override int Encode(float value, QuantGrid grid) => throw new NotSupportedException();
}
