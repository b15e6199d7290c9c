namespace QuantSuite.Evaluation.Reporting;

/// <summary>What a page shows besides its results.</summary>
public sealed record ReportOptions
{
    /// <summary>A folder of earlier runs' results, each in a subfolder: the trend of each row. Null for none.</summary>
    public string? History { get; init; }

    /// <summary>Another run's results, beside which this one is shown. Null for none.</summary>
    public string? Against { get; init; }

    /// <summary>The day by which expiries are judged; the default is today (UTC).</summary>
    public DateOnly Today { get; init; } = DateOnly.FromDateTime(DateTimeOffset.UtcNow.UtcDateTime);
}
