using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Rows;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

public class ShardTests
{
    private static readonly IReadOnlyList<EvalRow> Rows =
        EvalRow.List(new EvalSettings(), _ => ["fp32", "rtn-int8", "rtn-int4-g32", "rtn-int3-g32", "rtn-int2-g32"]);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(64)]
    public void Every_row_lies_in_one_share(int count)
    {
        var shares = Enumerable.Range(1, count).Select(i => new Shard(i, count).Of(Rows)).ToList();
        Assert.Equal(Rows.Select(row => $"{row}").Order(), shares.SelectMany(share => share).Select(row => $"{row}").Order());
        Assert.All(shares, share => Assert.NotEmpty(share));
    }

    [Fact]
    public void A_model_and_recipe_is_quantized_on_one_machine_only()
    {
        var machines = Enumerable.Range(1, 4).SelectMany(i => new Shard(i, 4).Of(Rows).Select(row => (row.Model.Name, row.Recipe, i))).Distinct();
        Assert.Equal(10, machines.Count());
    }

    [Theory]
    [InlineData("0/4")]
    [InlineData("5/4")]
    [InlineData("2")]
    [InlineData("a/b")]
    [InlineData("-1/4")]
    public void A_share_that_is_none_is_named(string text)
    {
        var exception = Assert.Throws<SettingsException>(() => EvalSettings.From(name => name == "QUANTSUITE_SHARD" ? text : null));
        Assert.Contains($"QUANTSUITE_SHARD is '{text}', expected i/n", exception.Message);
    }
}
