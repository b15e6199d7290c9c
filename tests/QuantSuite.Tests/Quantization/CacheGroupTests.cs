using QuantSuite.Numerics;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>Groups of the KV cache against the heads of the model: microworld-s has a head dim of 32.</summary>
public class CacheGroupTests
{
    private static readonly string Model = Path.Combine(Goldens.RepositoryRoot, "evals", "models", "microworld-s");

    [Theory]
    [InlineData("fp32-kv4-g48")]
    [InlineData("fp32-kv4-g64")]
    [InlineData("fp32-kv2-g24-kivi")]
    [InlineData("rtn-int4-g32-kv8-g5")]
    public void A_group_that_does_not_divide_the_head_is_refused_with_sizes(string recipe)
    {
        using Kernels kernels = Kernels.Create(1);
        string message = Assert.Throws<RecipeException>(() => Quantizer.Load(Model, Recipe.Parse(recipe), kernels)).Message;
        Assert.Contains($"cache groups of {Recipe.Parse(recipe).Scheme.KeyValueGroup} do not divide the head dim 32", message);
    }

    [Theory]
    [InlineData("fp32-kv2-g64-kivi0")]
    [InlineData("fp32-kv8-g32")]
    [InlineData("fp32-kv3-g8")]
    public void Others_are_taken(string recipe)
    {
        using Kernels kernels = Kernels.Create(1);
        using var model = Quantizer.Load(Model, Recipe.Parse(recipe), kernels);
        Assert.Equal(Recipe.Parse(recipe).Scheme.KeyValueGroup, model.KeyValueGroup);
    }
}
