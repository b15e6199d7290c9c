using System.Reflection;
using BenchmarkDotNet.Running;
using QuantSuite.Benchmarks;

// dotnet run -c Release --project tests/QuantSuite.Benchmarks -- peak [gemm] [decode] [batch] [attention] [rows] [--rounds N]
// dotnet run -c Release --project tests/QuantSuite.Benchmarks -- --filter '*'          (BenchmarkDotNet)
if (args is ["peak", .. var rest])
    return Peak.Run(rest);
BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
return 0;
