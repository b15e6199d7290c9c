namespace QuantSuite.Evaluation.Reporting;

/// <summary>The name of a point in a drawing.</summary>
/// <param name="X">The point.</param>
/// <param name="TextX">Where the text starts, or ends.</param>
/// <param name="TextY">The text's baseline.</param>
/// <param name="IsLeft">Whether the text stands left of the point and ends at <paramref name="TextX"/>.</param>
/// <param name="IsFar">Whether a line should lead from the point to the text.</param>
public sealed record Label(double X, double Y, string Text, double TextX = 0, double TextY = 0, bool IsLeft = false, bool IsFar = false);

/// <summary>
/// Puts a name beside each point so that no two names, and no name and point, cover each other: each takes the nearest free place, right
/// before left, level before higher or lower. Greedy from the top down; enough for tens of points.
/// </summary>
internal static class LabelPlacement
{
    private const double CharacterWidth = 6.6, LineHeight = 13, Gap = 8, MarkerRadius = 5;

    public static Label[] Place(IReadOnlyList<Label> points, double left, double right, double top, double bottom)
    {
        Area frame = new(left, top, right, bottom);
        List<Area> taken = [.. points.Select(p => new Area(p.X - MarkerRadius, p.Y - MarkerRadius, p.X + MarkerRadius, p.Y + MarkerRadius))];
        var placed = new Label[points.Count];
        for (int i = 0; i < points.Count; i++)
            placed[i] = points[i];
        foreach (int index in Enumerable.Range(0, points.Count).Where(i => points[i].Text.Length > 0).OrderBy(i => points[i].Y).ThenBy(i => points[i].X))
        {
            Label label = Candidates(points[index]).FirstOrDefault(c => IsFree(AreaOf(c), frame, taken), Candidates(points[index]).First());
            taken.Add(AreaOf(label));
            placed[index] = label;
        }
        return placed;
    }

    private static IEnumerable<Label> Candidates(Label point)
    {
        for (int ring = 0; ring <= 14; ring++)
            foreach (double dy in ring == 0 ? [0] : new double[] { -ring * LineHeight * 0.75, ring * LineHeight * 0.75 })
            {
                double gap = ring > 1 ? 1.6 * Gap : Gap;
                yield return point with { TextX = point.X + gap, TextY = point.Y + dy + 4, IsFar = ring > 1 };
                yield return point with { TextX = point.X - gap, TextY = point.Y + dy + 4, IsFar = ring > 1, IsLeft = true };
            }
    }

    private static Area AreaOf(Label label)
    {
        double width = label.Text.Length * CharacterWidth;
        double start = label.IsLeft ? label.TextX - width : label.TextX;
        return new Area(start, label.TextY - LineHeight + 3, start + width, label.TextY + 3);
    }

    private static bool IsFree(Area area, Area frame, List<Area> taken) =>
        area.Left >= frame.Left && area.Right <= frame.Right && area.Top >= frame.Top && area.Bottom <= frame.Bottom && !taken.Exists(t => t.Overlaps(area));

    private readonly record struct Area(double Left, double Top, double Right, double Bottom)
    {
        public bool Overlaps(Area other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;
    }
}
