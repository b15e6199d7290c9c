using QuantSuite.Evals;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Rows;
using Xunit;

namespace QuantSuite.Tests.Repository;

/// <summary>The committed baselines are those of the embedded matrix, row for row.</summary>
public class BaselineTests
{
    private static readonly BaselineStore Store = new(SuiteFolders.Baselines);

    [Fact]
    public void No_baseline_is_orphaned() => Assert.Empty(Store.Orphans(new EvalMatrix(new EvalSettings()).Rows.Select(row => row.Key)));

    [Fact]
    public void Every_baseline_can_be_read() => Assert.All(Store.Verified(), key => Assert.NotNull(Store.Read(key)));

    [Fact]
    public void Baselines_are_small_text()
    {
        foreach (string path in Store.Verified().Select(Store.VerifiedPath))
        {
            byte[] bytes = File.ReadAllBytes(path);
            Assert.InRange(bytes.Length, 1, 4096);
            Assert.DoesNotContain((byte)'\r', bytes);
            Assert.Equal((byte)'{', bytes[0]);
        }
    }
}
