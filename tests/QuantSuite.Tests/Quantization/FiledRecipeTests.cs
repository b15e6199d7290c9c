using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>Recipes of checkpoints that came quantized.</summary>
public class FiledRecipeTests
{
    [Theory]
    [InlineData("file-gptq-int4-g128", "gptq-int4-g128", 4, "fp32")]
    [InlineData("file-gguf_q6_k", "gguf_q6_k", 6, "fp32")]
    [InlineData("file-gguf_iq2_xxs-kv8", "gguf_iq2_xxs", 2, "int8")]
    [InlineData("file-bnb_nf4-kv4-g16", "bnb_nf4", 4, "int4-g16")]
    [InlineData("file-ct-fp8_e4m3", "ct-fp8_e4m3", 8, "fp32")]
    [InlineData("file", "", 0, "fp32")]
    [InlineData("file-kv8", "", 0, "int8")]
    public void ReadsSchemeAndCache(string text, string scheme, int bits, string cache)
    {
        Recipe recipe = Recipe.Parse(text);
        Assert.Equal(text, recipe.ToString());
        Assert.Equal("file", recipe.Method);
        Assert.Equal(scheme, recipe.WeightsText);
        Assert.Equal(bits, recipe.Bits);
        Assert.Equal(cache, recipe.KvCacheText);
        Assert.False(recipe.IsFullPrecision);
    }

    [Fact]
    public void TakesTheSchemeOfTheCheckpoint() => Assert.Equal("file-awq-int4-g128-kv8", Recipe.Parse("file-kv8").For("awq-int4-g128").ToString());

    [Theory]
    [InlineData("file", null, "is not quantized")]
    [InlineData("file-awq-int4-g128", "gptq-int4-g128", "the checkpoint is file-gptq-int4-g128")]
    public void RefusesWhatDoesNotApply(string recipe, string? scheme, string expected) =>
        Assert.Contains(expected, Assert.Throws<RecipeException>(() => Recipe.Parse(recipe).For(scheme)).Message);

    [Theory]
    [InlineData("file-gptq-int4-kv99", "unknown option 'kv99'")]
    [InlineData("file-GPTQ", "expected a checkpoint's own")]
    public void SaysWhatIsWrong(string text, string expected) => Assert.Contains(expected, Assert.Throws<RecipeException>(() => Recipe.Parse(text)).Message);
}
