namespace QuantSuite.Quantization.Methods;

/// <summary>The catalog of methods. A new one is a file and a line here.</summary>
public static class QuantizationMethods
{
    /// <summary>All methods.</summary>
    public static IReadOnlyList<QuantizationMethod> All { get; } =
    [
        new Rtn(),
        new Gptq(),
        new Awq(),
        new SmoothQuant(),
        new LlmInt8(),
        new Spqr(),
        new Hqq(),
        new OmniQuant(),
        new QuIP(),
        new QuaRot(),
        new IrQLora(),
        new PbLlm(),
        new BiLlm(),
        new SliMLlm(),
        new AnyPrecision(),
        new DbLlm(),
    ];

    /// <summary>The method of a recipe that names none.</summary>
    public static QuantizationMethod Default => All[0];

    /// <summary>The method of this name, or null.</summary>
    public static QuantizationMethod? Find(string name) => All.FirstOrDefault(method => method.Name == name);
}
