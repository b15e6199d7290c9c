using System.Reflection;
using BenchmarkDotNet.Running;
using QuantSuite.Benchmarks;

// dotnet run -c Release --project tests/QuantSuite.Benchmarks -- peak [gemm] [decode] [batch] [attention] [rows] [--rounds N]
// dotnet run -c Release --project tests/QuantSuite.Benchmarks -- formats [part of a name] [--threads N] [--rounds N]
// dotnet run -c Release --project tests/QuantSuite.Benchmarks -- model <model> <data folder> [perplexity] [generation] [hellaswag] [--threads N]
// dotnet run -c Release --project tests/QuantSuite.Benchmarks -- --filter '*'          (BenchmarkDotNet)
if (args is ["peak", .. var rest])
    return Peak.Run(rest);
if (args is ["formats", .. var formats])
    return FormatTable.Run(formats);
if (args is ["model", .. var model])
    return ModelRun.Run(model);
BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
return 0;
