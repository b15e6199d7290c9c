using Xunit.Abstractions;
using Xunit.Sdk;

namespace QuantSuite.Evals;

/// <summary>Rows in the matrix's own order, model by model and recipe by recipe, so that each model × recipe is quantized once.</summary>
public sealed class RowOrder : ITestCaseOrderer
{
    /// <inheritdoc/>
    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases)
        where TTestCase : ITestCase
    {
        // Beside rows there is at most the one case that says why there are none.
        var cases = testCases.ToList();
        return cases.All(test => test is EvalRowCase) ? EvalMatrix.Current.Order(cases, test => ((EvalRowCase)(object)test).Row) : cases;
    }
}
