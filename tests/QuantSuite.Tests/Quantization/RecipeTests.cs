using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization;
using Xunit;

namespace QuantSuite.Tests.Quantization;

public class RecipeTests
{
    [Theory]
    [InlineData("fp32", "fp32")]
    [InlineData("bf16", "bf16")]
    [InlineData("int4-g128", "rtn-int4-g128")]
    [InlineData("rtn-int8-sym", "rtn-int8")]
    [InlineData("rtn-int4-asym-channel", "rtn-int4")]
    [InlineData("rtn-int4-sym-g32", "rtn-int4-g32-sym")]
    [InlineData("rtn-int8-aint8", "rtn-int8-a8")]
    [InlineData("rtn-int4-g32-kv8", "rtn-int4-g32-kv8")]
    [InlineData("fp32-kv4", "fp32-kv4")]
    [InlineData("rtn-mxfp4", "rtn-mxfp4")]
    [InlineData("rtn-mxfp4-g32", "rtn-mxfp4")]
    [InlineData("mxint4-g16", "rtn-mxint4-g16")]
    [InlineData("rtn-mxfp8", "rtn-mxfp8_e4m3")]
    [InlineData("rtn-nvfp4", "rtn-nvfp4")]
    [InlineData("rtn-binary-asym-g128", "rtn-binary-g128")]
    [InlineData("rtn-nf4-g64", "rtn-nf4-g64")]
    [InlineData("rtn-nf4-dq", "rtn-nf4-g64-dq")]
    [InlineData("rtn-nf4-channel", "rtn-nf4-channel")]
    [InlineData("rtn-fp8_e4m3-afp8_e4m3", "rtn-fp8_e4m3-afp8_e4m3")]
    [InlineData("rtn-fp8_e4m3-tensor-afp8_e4m3-kv8", "rtn-fp8_e4m3-tensor-afp8_e4m3-kv8")]
    [InlineData("rtn-int4-full-g128", "rtn-int4-g128-full")]
    [InlineData("rtn-int4-tight-a4", "rtn-int4-tight-a4")]
    [InlineData("rtn-int8-full-a6", "rtn-int8-full-a6")]
    [InlineData("rtn-int8-a8-kv4-g16", "rtn-int8-a8-kv4-g16")]
    [InlineData("llmint8-int8-top3-a8", "llmint8-int8-top3-a8")]
    [InlineData("fp32-kv2-kivi128-g32", "fp32-kv2-g32-kivi")]
    [InlineData("rtn-int4-g32-kv2-kivi64", "rtn-int4-g32-kv2-kivi64")]
    [InlineData("fp32-kv4-tight-g16", "fp32-kv4-g16-tight")]
    [InlineData("file-gptq-int4-g128-kv2-g16-kivi64", "file-gptq-int4-g128-kv2-g16-kivi64")]
    [InlineData("gptq-int4-actorder-g128", "gptq-int4-g128-actorder")]
    [InlineData("gptq-int4-g32-cal_wikitext2", "gptq-int4-g32-cal_wikitext2")]
    [InlineData("smoothquant-int8-a8-tensor", "smoothquant-int8-a8-tensor")]
    [InlineData("smoothquant-int8-tensor-alpha0.75-a8", "smoothquant-int8-tensor-alpha0.75-a8")]
    [InlineData("gptq-int4-damp0.1", "gptq-int4-damp0.1")]
    [InlineData("int4[down_proj=int8]-g32-kv8", "rtn-int4-g32[down_proj=int8]-kv8")]
    [InlineData("fp32[layers.0=int2]", "fp32[layers.0=int2]")]
    public void PrintsItsCanonicalText(string text, string canonical)
    {
        Recipe recipe = Recipe.Parse(text);
        Assert.Equal(canonical, recipe.ToString());
        Assert.Equal(recipe, Recipe.Parse(recipe.ToString()));
    }

    [Fact]
    public void ReadsEveryPart()
    {
        Recipe recipe = Recipe.Parse("rtn-int3-g32-sym-a8-kv4-g16");
        Assert.Equal("rtn", recipe.Method);
        Assert.Equal("int3-g32-sym", recipe.WeightsText);
        Assert.Equal(3, recipe.Bits);
        Assert.Equal("int8", recipe.ActivationsText);
        Assert.Equal("int4-g16", recipe.KvCacheText);
        Assert.Equal(Granularity.Group(32), recipe.Scheme.Granularity);
        Assert.True(recipe.Scheme.Symmetric);
    }

    [Theory]
    [InlineData("rtnn-int4", "unknown method 'rtnn': did you mean rtn?")]
    [InlineData("rtn-int44", "unknown format 'int44': did you mean int4?")]
    [InlineData("rtn-int4-q32", "unknown option 'q32': did you mean g32?")]
    [InlineData("rtn-int4-g32-g64", "given twice")]
    [InlineData("rtn-fp32", "expected a format that a method rounds to")]
    [InlineData("fp32-a8", "expected integer weights")]
    [InlineData("gptq-int4-actorder-actorder", "given twice")]
    [InlineData("gptq-int4-actorde", "did you mean actorder?")]
    [InlineData("rtn-int4[down_proj=int9]", "unknown format 'int9'")]
    [InlineData("rtn-int4[down_proj]", "unknown format 'int4[down_proj]'")]
    [InlineData("rtn", "no format of the weights")]
    [InlineData("", "0 characters")]
    [InlineData("rtn-nf4-sym", "unknown option 'sym'")]
    [InlineData("rtn-int4-dq", "unknown option 'dq'")]
    [InlineData("rtn-nf4-a8", "expected integer weights")]
    [InlineData("fp32-afp8_e4m3", "expected quantized weights")]
    [InlineData("rtn-int8-afp32", "unknown option 'afp32'")]
    [InlineData("llmint8-int8-a8-top3-threshold5", "unknown option 'threshold5'")]
    [InlineData("llmint8-int8-a8-top0.5", "unknown option 'top0.5'")]
    [InlineData("fp32-kivi", "unknown option 'kivi'")]
    [InlineData("fp32-kv2-kivix", "did you mean kivi?")]
    [InlineData("fp32-kv2-kivi-kivi64", "cache layout given twice")]
    [InlineData("fp32-kv9", "unknown option 'kv9'")]
    [InlineData("fp32-kvnf4", "unknown option 'kvnf4'")]
    [InlineData("rtn-int4-g0", "unknown option 'g0'")]
    [InlineData("rtn-int4-g99999999999", "unknown option")]
    public void SaysWhatIsWrong(string text, string expected) => Assert.Contains(expected, Assert.Throws<RecipeException>(() => Recipe.Parse(text)).Message);

    [Theory]
    [InlineData("down_proj", "model.layers.3.mlp.down_proj", true)]
    [InlineData("layers.3", "model.layers.3.mlp.down_proj", true)]
    [InlineData("layers.3", "model.layers.31.mlp.down_proj", false)]
    [InlineData("layers.*.mlp", "model.layers.31.mlp.up_proj", true)]
    [InlineData("proj", "model.layers.31.mlp.up_proj", false)]
    public void OverridesNameLinearsByWholeParts(string pattern, string name, bool matches)
    {
        Recipe recipe = Recipe.Parse($"rtn-int4[{pattern}=int8]");
        Assert.Equal(matches ? "int8" : "int4", recipe.SchemeOf(name).Weights.Name);
        Assert.Equal(matches, recipe.SchemeOf(name).Symmetric);
    }
}
