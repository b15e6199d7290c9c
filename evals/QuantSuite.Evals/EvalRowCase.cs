using QuantSuite.Evaluation;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace QuantSuite.Evals;

/// <summary>
/// One row as a test case: its display name is the row's, its traits are the row's. It travels between processes as three strings. A row of which the run's own limits leave nothing to
/// ask is skipped.
/// </summary>
public sealed class EvalRowCase : SkippableFactTestCase
{
    /// <summary>For xunit's deserializer.</summary>
    [Obsolete("Called by the deserializer; use the other constructor.", error: true)]
    public EvalRowCase()
    {
    }

    /// <summary>The case of one row.</summary>
    public EvalRowCase(IMessageSink diagnostics, ITestMethod method, ResultKey row)
        : base([typeof(Xunit.SkipException).FullName!], diagnostics, TestMethodDisplay.Method, TestMethodDisplayOptions.None, method, [row.Model, row.Task, row.Recipe])
    {
    }

    /// <summary>The row's names.</summary>
    public ResultKey Row => new((string)TestMethodArguments[0], (string)TestMethodArguments[1], (string)TestMethodArguments[2]);

    /// <inheritdoc/>
    protected override void Initialize()
    {
        base.Initialize();
        DisplayName = Row.ToString();
        foreach ((string name, string value) in EvalMatrix.Current.Traits(Row))
            Traits[name] = [value];
    }
}
