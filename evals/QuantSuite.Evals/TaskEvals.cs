using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Rows;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace QuantSuite.Evals;

/// <summary>
/// One test a row: quantized inference on a task, compared item by item with the approved baseline. A row that fails says what changed, by how much,
/// which items flipped, how sure that is, and the two commands to look closer and to accept.
/// </summary>
[TestCaseOrderer("QuantSuite.Evals." + nameof(RowOrder), "QuantSuite.Evals")]
public sealed class TaskEvals(EvalSession session, ITestOutputHelper output) : IClassFixture<EvalSession>
{
    /// <summary>Runs the row.</summary>
    [EvalRows]
    public void Row(string model, string task, string recipe)
    {
        RowOutcome outcome = Outcome(new ResultKey(model, task, recipe));
        if (!outcome.Passed)
            throw new RowFailedException(outcome.Words);
        output.WriteLine(outcome.Words);
    }

    private RowOutcome Outcome(ResultKey row)
    {
        try
        {
            return session.Run(row);
        }
        catch (NothingLeftException exception)
        {
            throw new Xunit.SkipException(exception.Message);
        }
    }
}
