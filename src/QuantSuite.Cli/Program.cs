using QuantSuite.Cli;

return await QuantSuiteCommand.RunAsync(args, Console.Out, Console.Error);
