namespace QuantSuite.Numerics.Formats;

/// <summary>
/// The tables of QLoRA (Dettmers et al., 2305.14314) and bitsandbytes. NormalFloat of k bits: with o = 1 − (1/2^(k+1) + 1/(2(2^k−1)))/2 and Φ⁻¹ the normal quantile, the positive
/// half is Φ⁻¹ of 2^(k−1)+1 even steps from o to ½ without the last, the negative half −Φ⁻¹ of 2^(k−1) steps likewise, and 0; all divided by the largest.
/// NF4 is bitsandbytes' own list, which differs from the formula by 10⁻⁷; the others are the formula.
/// </summary>
internal static class NormalFloat
{
    public static float[] TwoBits { get; } =
    [
        -1, 0, 0.43581817f, 1,
    ];

    public static float[] ThreeBits { get; } =
    [
        -1, -0.53502274f, -0.24693143f, 0, 0.18333748f, 0.38199395f, 0.6229857f, 1,
    ];

    public static float[] FourBits { get; } =
    [
        -1, -0.6961928f, -0.52507305f, -0.3949175f, -0.28444138f, -0.18477343f, -0.091050036f, 0,
        0.0795803f, 0.1609302f, 0.2461123f, 0.33791524f, 0.44070983f, 0.562617f, 0.72295684f, 1,
    ];

    public static float[] FiveBits { get; } =
    [
        -1, -0.77441144f, -0.6529505f, -0.5645118f, -0.49277213f, -0.4311496f, -0.3762835f, -0.32620394f,
        -0.27964315f, -0.2357264f, -0.1938152f, -0.15342036f, -0.114150025f, -0.07567647f, -0.037713524f, 0,
        0.035351746f, 0.07090872f, 0.10688463f, 0.14351106f, 0.1810489f, 0.21980356f, 0.2601461f, 0.30254528f,
        0.3476175f, 0.3962115f, 0.44956005f, 0.50957924f, 0.57953244f, 0.66578275f, 0.7839588f, 1,
    ];

    /// <summary>bitsandbytes' FP4 in its order: sign, then 0, 1/192, 2/3, 1, 1/3, 1/2, 1/6, 1/4.</summary>
    public static float[] Fp4 { get; } =
    [
        0, 0.0052083335f, 0.6666667f, 1, 0.33333334f, 0.5f, 0.16666667f, 0.25f,
        0, -0.0052083335f, -0.6666667f, -1, -0.33333334f, -0.5f, -0.16666667f, -0.25f,
    ];
}
