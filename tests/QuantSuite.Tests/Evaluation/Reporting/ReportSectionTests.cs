using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Baselines;
using QuantSuite.Evaluation.Reporting;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Reporting;

/// <summary>What the sections of the page show.</summary>
public sealed class ReportSectionTests : IClassFixture<ReportSectionTests.Written>
{
    private readonly Report _report;
    private readonly string _html;

    public ReportSectionTests(Written written) => (_report, _html) = (written.Report, written.Html);

    /// <summary>One report for all tests of the class.</summary>
    public sealed class Written : IDisposable
    {
        private readonly TestFolder _folder = new();

        public Written() => (Report, Html) = (FullReport.Write(_folder), "");

        public Report Report { get; }

        public string Html
        {
            get => field.Length > 0 ? field : field = HtmlReport.Render(Report);
            private init;
        }

        public void Dispose() => _folder.Dispose();
    }

    [Fact]
    public void Every_section_is_there_once()
    {
        foreach (string id in (string[])["verdicts", "pooled", "change", "rows", "other", "bits", "speed",
            "perplexity", "abilities", "context", "calibration", "cause", "power", "cost", "environment"])
            Assert.Equal(2, _html.Split($" id=\"{id}\"").Length);
        Assert.True(_html.IndexOf("id=\"pooled\"", StringComparison.Ordinal) < _html.IndexOf("id=\"change\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_shown_of_what_was_not_measured()
    {
        string html = HtmlReport.Render(SyntheticReport.Report(20));
        foreach (string id in (string[])["other", "context", "calibration", "cause"])
            Assert.DoesNotContain($" id=\"{id}\"", html);
        Assert.DoesNotContain("class=\"spark\"", html);
    }

    [Fact]
    public void The_front_holds_whom_nobody_beats_in_both()
    {
        foreach (CostAxis axis in (CostAxis[])[CostAxis.Bits, CostAxis.Speed])
            foreach (QualityChart chart in QualityChart.Of(_report, axis))
            {
                double Cheap(QualityPoint p) => axis.IsBetterHigh ? p.Cost : -p.Cost;
                foreach (QualityPoint point in chart.Points)
                    Assert.Equal(!chart.Front.Contains(point), chart.Points.Any(o =>
                        Cheap(o) >= Cheap(point) && o.Accuracy >= point.Accuracy && (Cheap(o), o.Accuracy) != (Cheap(point), point.Accuracy)));
            }
    }

    [Fact]
    public void An_ability_is_counted_from_chance()
    {
        AbilityTable table = AbilityTable.Of(_report).First(t => t.Model == "microworld-m");
        ReportRow[] rows = [.. _report.Rows.Where(r => r.Result is { Model: "microworld-m", Ability: "knowledge", Recipe: "rtn-int2-g32" })];
        RetainedShare share = table.Share("knowledge", "rtn-int2-g32")!;
        double now = rows.SelectMany(r => r.Result.Items).Average(i => i.Score), full = rows.SelectMany(r => r.Full!.Items).Average(i => i.Score);
        Assert.Equal(0.25, share.Chance, 12);
        Assert.Equal((now - 0.25) / (full - 0.25), share.Share, 12);
        Assert.InRange(share.Share, share.Limits.Low, share.Limits.High);
    }

    [Fact]
    public void A_field_splits_the_items_that_it_names()
    {
        SliceTable table = SliceTable.Of(_report).First(t => t.Task == "retrieval8");
        Assert.Equal(["depth", "depth"], table.Slices.Select(s => s.Field));
        SliceLine line = table.Lines.First(l => l.Row.Result.Recipe == "rtn-int2-g32");
        double mean = line.Changes.Average(change => change!.Delta); // two ranges of equal count
        Assert.Equal(line.Row.FullComparison!.Change, mean, 12);
    }

    [Fact]
    public void Correlation_is_that_of_ln_perplexity_and_score()
    {
        CorrelationTable table = CorrelationTable.Of(_report).First();
        Assert.Equal("mean of all tasks", table.Lines[0].Task);
        Assert.Equal("all recipes", table.Series[0]);
        Assert.InRange(table.Lines[0].Cells[0].Pearson, -1, -0.5); // fewer bits: more perplexity, fewer right answers
        Assert.All(table.Lines, line => Assert.Equal(table.Series.Count, line.Cells.Count));
    }

    [Fact]
    public void Calibrations_of_one_recipe_stand_together()
    {
        CalibrationTable table = CalibrationTable.Of(_report).First();
        Assert.Equal("rtn-int3-g32", table.Recipe);
        Assert.Equal(["default", "wikitext2"], table.Lines.Select(line => line.Text).Order());
    }

    [Fact]
    public void Pairing_sees_smaller_losses_and_each_task_says_how_small()
    {
        IReadOnlyList<PowerLine> lines = PowerLine.Of(_report);
        Assert.Equal(_report.Rows.Select(r => r.Result.Task).Distinct().Count(), lines.Count);
        PowerLine knowledge = lines.First(line => line.Task == "knowledge");
        Assert.True(knowledge.Paired < knowledge.Unpaired, $"{knowledge}");
        Assert.All(lines.Where(line => line.Kind == GateKind.RightOrWrong), line => Assert.NotNull(line.Paired));
    }

    [Fact]
    public void A_row_has_its_trend_and_counts_the_changes_of_its_bits()
    {
        ReportRow row = _report.Rows.First(r => r.Result.Task == "knowledge");
        Assert.Equal(5, row.History.Count);
        Assert.Equal(row.History.Select(p => p.FinishedAt).Order(), row.History.Select(p => p.FinishedAt));
        Assert.Contains("bits changed 3 times", Sparkline.Words(row.History));
        Assert.Contains("class=\"spark\"", _html);
        Assert.Empty(_report.Rows.First(r => r.Result.Task == "stories").History);
    }

    [Fact]
    public void The_other_run_is_compared_row_by_row()
    {
        ReportRow changed = _report.Rows.First(r => r.Result is { Model: "microworld-m", Task: "knowledge", Recipe: "rtn-int4-g32" });
        Assert.Equal(15, changed.OtherComparison!.Changes.Count);
        Assert.All(_report.Rows.Where(r => r.Result.Model == "microworld-s"), r => Assert.Null(r.Other));
    }

    [Fact]
    public void A_loosened_baseline_is_shown_until_it_expires()
    {
        (ReportRow row, Approval approval) = Assert.Single(_report.Loosened);
        Assert.Equal(("knowledge", "rtn-int2-g32"), (row.Result.Task, row.Result.Recipe));
        Assert.Contains(approval.Reason, System.Net.WebUtility.HtmlDecode(_html));
    }

    [Fact]
    public void A_diagnosis_is_kept_part_by_part_and_one_that_is_none_is_named()
    {
        using TestFolder folder = new();
        DiagnosisFile.Update(folder.Path, "m", "r", d => d with { Tensors = [new TensorLine("weight", "q_proj", 0, 1, 2, 3)] });
        string path = DiagnosisFile.Update(folder.Path, "m", "r", d => d with { Divergence = new Divergence("t", 1, [], []) });
        Assert.Equal((1, 1), (DiagnosisFile.Read(path).Tensors.Count, DiagnosisFile.Read(path).Divergence!.TokenCount));
        File.WriteAllText(path, "{\"model\": \"m\", \"recipe\": \"r\", \"tensors\": [null]}");
        Assert.Throws<InvalidDataException>(() => DiagnosisFile.Read(path));
        Assert.Single(Report.Read(folder.Path, folder["baselines"]).Unreadable);
    }

    [Fact]
    public void Divergences_fall_into_bins_of_a_third_of_a_decade()
    {
        var summary = new QuantSuite.Evaluation.Statistics.DivergenceSummary();
        foreach (double kl in (double[])[0, 1e-9, 0.5, 100])
            summary.Add(new QuantSuite.Evaluation.Statistics.TokenDivergence(kl, kl, kl, true, -1, -1), "0");
        Divergence divergence = Divergence.Of("text", summary);
        Assert.Equal(4, divergence.Kl.Sum(bin => bin.Count));
        Assert.Equal((2, 1), (divergence.Kl[0].Count, divergence.Kl[^1].Count));
        Assert.All(divergence.Kl.Zip(divergence.Kl.Skip(1)), pair => Assert.Equal(pair.First.High, pair.Second.Low));
    }
}
