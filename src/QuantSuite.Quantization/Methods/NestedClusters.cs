namespace QuantSuite.Quantization.Methods;

/// <summary>
/// Any-Precision's clusters of one row: a seed of 2^seed clusters, and each split in two again and again, so that the clusters of b bits are pairs of those of b + 1 bits and the code
/// of b bits is the code of more bits, shifted right.
/// </summary>
internal sealed class NestedClusters
{
    private readonly WeightedPoints points;
    private int[] borders;

    private NestedClusters(WeightedPoints points, int[] borders, float[] centroids)
    {
        this.points = points;
        this.borders = borders;
        Tables.Add(centroids);
    }

    /// <summary>Bits of the widest codes.</summary>
    public int Bits => int.Log2(Tables[^1].Length);

    /// <summary>The centroids by bits, from the seed's on.</summary>
    public List<float[]> Tables { get; } = [];

    /// <summary>The weighted squared error with the centroids of the widest codes.</summary>
    public double Error
    {
        get
        {
            double error = 0;
            for (int cluster = 0; cluster + 1 < borders.Length; cluster++)
                error += points.Error(borders[cluster], borders[cluster + 1], Tables[^1][cluster]);
            return error;
        }
    }

    /// <summary>
    /// The seed of least weighted squared error, by dynamic programming over where clusters end. (The reference draws a k-means++ start and iterates, and can end in a worse one.)
    /// </summary>
    public static NestedClusters Seed(WeightedPoints points, int bits)
    {
        int[] borders = BestBorders(points, 1 << bits);
        var centroids = new float[1 << bits];
        for (int cluster = 0; cluster < centroids.Length; cluster++)
            centroids[cluster] = CentreOf(points, borders, cluster, cluster == 0 ? 0 : centroids[cluster - 1]);
        return new NestedClusters(points, borders, centroids);
    }

    /// <summary>A seed that is known.</summary>
    /// <param name="borders">The first point of each cluster, and the number of points.</param>
    public static NestedClusters From(WeightedPoints points, int[] borders, float[] centroids) => new(points, borders, centroids);

    /// <summary>Splits every cluster: one bit more.</summary>
    public void Split()
    {
        float[] parents = Tables[^1], children = new float[parents.Length * 2];
        var ends = new int[children.Length + 1];
        for (int cluster = 0; cluster < parents.Length; cluster++)
        {
            int first = borders[cluster], end = borders[cluster + 1];
            (float low, float high, int middle) = first == end ? (parents[cluster], parents[cluster], first) : TwoMeans(points, first, end);
            (children[2 * cluster], children[2 * cluster + 1]) = (low, high);
            (ends[2 * cluster + 1], ends[2 * cluster + 2]) = (middle, end);
        }
        Tables.Add(children);
        borders = ends;
    }

    /// <summary>The codes of the widest width by column.</summary>
    public void CopyCodes(Span<byte> destination)
    {
        for (int cluster = 0; cluster + 1 < borders.Length; cluster++)
            for (int i = borders[cluster]; i < borders[cluster + 1]; i++)
                destination[points.Order[i]] = (byte)cluster;
    }

    /// <summary>
    /// Two means of the points from first to end by bisection, as flash1dkmeans does it: a division is right where the middle of the two means lies between the points beside it. One point
    /// goes to the lower cluster, and both have it for their centre; so do points of which only one has a sensitivity. Points without any count alike.
    /// </summary>
    public static (float Low, float High, int Middle) TwoMeans(WeightedPoints points, int first, int end)
    {
        float[] values = points.Values;
        if (end - first == 1)
            return (values[first], values[first], end);
        if (end - first == 2)
            return (values[first], values[first + 1], first + 1);
        bool isPlain = points.Mass(first, end) == 0;
        if (!isPlain && points.OnlySensitive(first, end) is >= 0 and var only)
            return (values[only], values[only], end);
        int floor = first + 1, ceiling = end - 1;
        while (floor < ceiling)
        {
            int division = (floor + ceiling) / 2;
            if (!isPlain && points.Mass(first, division) == 0)
            {
                floor = division + 1;
                continue;
            }
            if (!isPlain && points.Mass(division, end) == 0)
            {
                ceiling = division - 1;
                continue;
            }
            double middle = (points.Centre(first, division) + points.Centre(division, end)) / 2;
            if (values[division - 1] > middle)
                ceiling = division - 1;
            else if (middle <= values[division])
                break;
            else
                floor = division + 1;
        }
        int found = (floor + ceiling) / 2;
        return ((float)points.Centre(first, found), (float)points.Centre(found, end), found);
    }

    private static float CentreOf(WeightedPoints points, int[] borders, int cluster, float otherwise)
    {
        int first = borders[cluster], end = borders[cluster + 1];
        return first == end ? otherwise : (float)points.Centre(first, end);
    }

    // least[k][j]: the error of the first j points in k clusters. Where the last cluster begins never falls with j, so each layer divides and conquers.
    private static int[] BestBorders(WeightedPoints points, int clusters)
    {
        int n = points.Count;
        var starts = new int[clusters + 1, n + 1];
        var before = new double[n + 1];
        Array.Fill(before, double.PositiveInfinity);
        before[0] = 0;
        for (int k = 1; k <= clusters; k++)
        {
            var least = new double[n + 1];
            Fill(points, before, least, starts, k, 0, n, 0, n);
            before = least;
        }
        var borders = new int[clusters + 1];
        borders[clusters] = n;
        for (int k = clusters; k > 0; k--)
            borders[k - 1] = starts[k, borders[k]];
        return borders;
    }

    private static void Fill(WeightedPoints points, double[] before, double[] least, int[,] starts, int k, int firstEnd, int lastEnd, int firstStart, int lastStart)
    {
        if (firstEnd > lastEnd)
            return;
        int end = (firstEnd + lastEnd) / 2, best = Math.Min(firstStart, end);
        double error = double.PositiveInfinity;
        for (int start = firstStart; start <= Math.Min(lastStart, end); start++)
            if (before[start] + points.Error(start, end) is var candidate && candidate < error)
                (error, best) = (candidate, start);
        least[end] = error;
        starts[k, end] = best;
        Fill(points, before, least, starts, k, firstEnd, end - 1, firstStart, best);
        Fill(points, before, least, starts, k, end + 1, lastEnd, best, lastStart);
    }
}
