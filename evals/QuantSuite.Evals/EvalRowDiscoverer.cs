using Xunit.Abstractions;
using Xunit.Sdk;

namespace QuantSuite.Evals;

/// <summary>
/// Lists the rows of the matrix as test cases. xunit's own theories put all rows under the traits of their method; here each has its own, so that
/// <c>--filter "Model=microworld-m&amp;Bits=4&amp;Task=arithmetic"</c> picks rows. No model is loaded. Settings that cannot be used make one failing test with
/// their message: a discoverer that throws would leave a run without tests.
/// </summary>
public sealed class EvalRowDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        try
        {
            return [.. EvalMatrix.Current.Rows.Select(row => new EvalRowCase(diagnostics, testMethod, row.Key))];
        }
        catch (Exception exception)
        {
            // A filter that names traits leaves this case out; so the message is shown as well, and the project has a run without tests fail.
            diagnostics.OnMessage(new DiagnosticMessage(exception.Message));
            return [new ExecutionErrorTestCase(diagnostics, TestMethodDisplay.Method, TestMethodDisplayOptions.None, testMethod, exception.Message)];
        }
    }
}
