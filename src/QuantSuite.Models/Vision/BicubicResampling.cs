namespace QuantSuite.Models.Vision;

/// <summary>
/// PIL's bicubic resizing (Pillow, Resample.c), to the byte: the filter with a = −½, widened where the image shrinks; columns first, then rows; weights in 22-bit fixed point, sums
/// rounded and cut off to a byte after each.
/// </summary>
internal static class BicubicResampling
{
    private const int Channels = 3;
    private const int Precision = 32 - 8 - 2;

    /// <summary>RGB bytes, row by row, of another size.</summary>
    public static byte[] Resize(byte[] rgb, int width, int height, int newWidth, int newHeight)
    {
        if (newWidth != width)
            rgb = Columns(rgb, width, height, newWidth);
        return newHeight == height ? rgb : Rows(rgb, newWidth, newHeight, Taps.Of(height, newHeight));
    }

    private static byte[] Columns(byte[] rgb, int width, int height, int newWidth)
    {
        Taps[] taps = Taps.Of(width, newWidth);
        var result = new byte[checked(newWidth * height * Channels)];
        for (int row = 0; row < height; row++)
            for (int column = 0; column < newWidth; column++)
                for (int channel = 0; channel < Channels; channel++)
                    result[(row * newWidth + column) * Channels + channel] = taps[column].Sum(rgb, (row * width + taps[column].First) * Channels + channel, Channels);
        return result;
    }

    private static byte[] Rows(byte[] rgb, int width, int newHeight, Taps[] taps)
    {
        var result = new byte[checked(width * newHeight * Channels)];
        for (int row = 0; row < newHeight; row++)
            for (int i = 0; i < width * Channels; i++)
                result[row * width * Channels + i] = taps[row].Sum(rgb, taps[row].First * width * Channels + i, width * Channels);
        return result;
    }

    // The sources of one target, from the first on.
    private sealed record Taps(int First, int[] Weights)
    {
        public static Taps[] Of(int size, int newSize)
        {
            double ratio = (double)size / newSize, scale = Math.Max(1, ratio), support = 2 * scale;
            return [.. Enumerable.Range(0, newSize).Select(target =>
            {
                double center = (target + 0.5) * ratio;
                int first = Math.Max(0, (int)(center - support + 0.5)), end = Math.Min(size, (int)(center + support + 0.5));
                double[] weights = [.. Enumerable.Range(first, end - first).Select(source => Filter((source - center + 0.5) / scale))];
                double sum = weights.Sum();
                return new Taps(first, Array.ConvertAll(weights, weight => Fixed(weight / sum)));
            })];
        }

        public byte Sum(byte[] source, int start, int step)
        {
            int sum = 1 << (Precision - 1);
            for (int i = 0; i < Weights.Length; i++)
                sum += source[start + i * step] * Weights[i];
            return (byte)Math.Clamp(sum >> Precision, 0, 255);
        }

        private static int Fixed(double weight) => (int)(weight * (1 << Precision) + (weight < 0 ? -0.5 : 0.5));

        private static double Filter(double x)
        {
            const double A = -0.5;
            x = Math.Abs(x);
            return x < 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
        }
    }
}
