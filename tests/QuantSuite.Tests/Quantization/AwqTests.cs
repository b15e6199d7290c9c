using QuantSuite.Numerics;
using QuantSuite.Quantization.Methods;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>AWQ where the reference has no vectors: a last group that is shorter.</summary>
public sealed class AwqTests
{
    [Fact]
    public void AShortLastGroupIsCutAtItsOwnLimit()
    {
        using var weight = new Matrix(1, 9, [4, 4, 4, 4, -4, -4, -4, -4, 4]);
        using var limits = new Matrix(1, 3, [1, 2, 3]);
        Awq.Clip(weight, limits, groupSize: 4);
        Assert.Equal([1, 1, 1, 1, -2, -2, -2, -2, 3], weight.Span.ToArray());
    }
}
