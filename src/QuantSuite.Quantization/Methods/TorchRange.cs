namespace QuantSuite.Quantization.Methods;

/// <summary><c>torch.linspace</c> in float32, to the bit: the first half counted from the start, the second from the end. Searches of several references run over it.</summary>
internal static class TorchRange
{
    /// <summary>The value at an index of <paramref name="count"/> values from start to end.</summary>
    public static float At(float start, float end, int count, int index)
    {
        float step = (end - start) / (count - 1);
        return index < count / 2 ? start + step * index : end - step * (count - 1 - index);
    }
}
