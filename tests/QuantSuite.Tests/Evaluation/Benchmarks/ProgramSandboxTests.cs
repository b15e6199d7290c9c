using System.Diagnostics;
using QuantSuite.Evaluation;
using QuantSuite.Evaluation.Tasks.Programs;
using Xunit;

namespace QuantSuite.Tests.Evaluation.Benchmarks;

/// <summary>Programs that loop, fork, eat memory or write files end, count as wrong, and leave nothing running; those that are fine pass.</summary>
[Collection("Programs")]
public sealed class ProgramSandboxTests
{
    private static readonly ProgramLimits Short = new() { ProcessorSeconds = 2, Clock = TimeSpan.FromSeconds(4) };

    [SkippableTheory]
    [InlineData("def f(x):\n    return x + 1\nassert f(1) == 2", true)]
    [InlineData("assert 1 == 2", false)]
    [InlineData("this is no Python", false)]
    [InlineData("import sys\nsys.exit(0)", true)]
    public void A_program_passes_if_it_runs_through(string program, bool passes) => Assert.Equal(passes, Sandbox(new ProgramLimits()).Run(program).Passed);

    [SkippableTheory]
    [InlineData("while True: pass")]
    [InlineData("import time\ntime.sleep(600)")]
    [InlineData("while True: print('x' * 1000)")]
    [InlineData("x = []\nwhile True: x.append(bytearray(10**7))")]
    [InlineData("open('big', 'wb').write(bytes(10**7))")]
    [InlineData("import os, time\nfor _ in range(1000):\n    if os.fork() == 0: time.sleep(600)\nos.wait()")]
    public void What_takes_too_much_is_killed_and_wrong(string program)
    {
        ProgramSandbox sandbox = Sandbox(Short);
        var watch = Stopwatch.StartNew();
        Assert.False(sandbox.Run(program).Passed);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "the program was not killed when its time was over");
    }

    [SkippableFact]
    public void What_forks_away_is_killed_too()
    {
        ProgramSandbox sandbox = Sandbox(Short);
        string mark = $"quantsuite-orphan-{Guid.NewGuid():n}";
        sandbox.Run($"import os, sys, time\nif os.fork() == 0:\n    os.execvp('sleep', ['sleep', '600', '{mark}'])\n");
        Thread.Sleep(300);
        Assert.DoesNotContain(Directory.GetDirectories("/proc").Select(CommandLine), line => line.Contains(mark, StringComparison.Ordinal));
    }

    [SkippableFact]
    public void A_program_sees_neither_our_environment_nor_the_network()
    {
        ProgramSandbox sandbox = Sandbox(new ProgramLimits());
        Environment.SetEnvironmentVariable("QUANTSUITE_TEST_SECRET", "1");
        Assert.True(sandbox.Run("import os\nassert 'QUANTSUITE_TEST_SECRET' not in os.environ").Passed);
        Skip.IfNot(sandbox.IsOffline, "this system gives no network namespaces to programs");
        ProgramEnd end = sandbox.Run("import socket\nassert [name for _, name in socket.if_nameindex() if name != 'lo'] == []");
        Assert.True(end.Passed, end.Error);
    }

    [SkippableFact]
    public void HumanEval_runs_only_where_it_is_allowed_by_name()
    {
        using var files = new BenchmarkFiles();
        files.With("humaneval/HumanEval.jsonl.gz", """{"task_id": "HumanEval/0", "prompt": "def f(x):\n", "entry_point": "f", "test": "def check(g):\n    assert g(2) == 4"}""");
        Environment.SetEnvironmentVariable(ProgramSandbox.Variable, null);
        Assert.Contains(ProgramSandbox.Variable, Assert.Throws<EvalDataException>(() => files.Answer("humaneval", _ => "    return x * x\n")).Message, StringComparison.Ordinal);
        Assert.False(files.Data.Has(EvalTasks.Get("humaneval")));
        Skip.IfNot(OperatingSystem.IsLinux(), "the sandbox is Linux's");
        Environment.SetEnvironmentVariable(ProgramSandbox.Variable, "humaneval");
        try
        {
            Assert.Equal(1, files.Answer("humaneval", _ => "    return x * x\n").Single().Score);
            Assert.Equal(0, files.Answer("humaneval", _ => "    return x + x + 1\n").Single().Score);
            Assert.Equal("def f(x):\n", files.Generations("humaneval")[0].Prompt);
        }
        finally
        {
            Environment.SetEnvironmentVariable(ProgramSandbox.Variable, null);
        }
    }

    private static ProgramSandbox Sandbox(ProgramLimits limits)
    {
        try
        {
            return new ProgramSandbox(limits);
        }
        catch (EvalDataException exception)
        {
            throw new SkipException(exception.Message);
        }
    }

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
