using Xunit;
using Xunit.Sdk;

namespace QuantSuite.Evals;

/// <summary>Marks the method that runs one row of the matrix: each row becomes a test case of its own, with its own traits.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("QuantSuite.Evals." + nameof(EvalRowDiscoverer), "QuantSuite.Evals")]
public sealed class EvalRowsAttribute : FactAttribute;
