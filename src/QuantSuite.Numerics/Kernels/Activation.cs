namespace QuantSuite.Numerics;

/// <summary>What an MLP does between its linears, element by element; <see cref="ElementaryFunctions.Activate"/> is the definition.</summary>
public enum Activation
{
    /// <summary>x / (1 + e⁻ˣ); config.json's silu and swish.</summary>
    Silu,

    /// <summary>x/2 · (1 + erf(x/√2)); config.json's gelu.</summary>
    Gelu,

    /// <summary>x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))); config.json's gelu_new, gelu_fast and gelu_pytorch_tanh.</summary>
    GeluTanh,

    /// <summary>x / (1 + e^(−1.702·x)); config.json's quick_gelu.</summary>
    QuickGelu,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>ln(1 + eˣ), and x itself above 20, as torch's softplus.</summary>
    Softplus,
}
