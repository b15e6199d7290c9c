namespace QuantSuite.Numerics;

/// <summary>
/// The caller's thread and ThreadCount−1 workers that spin for about a millisecond after a job, then sleep. A decode step has hundreds of parallel
/// regions of some microseconds, which the framework's Parallel.For was measured to be far too slow for.
/// Tasks are taken one by one from a counter, so a thread that loses its core costs little. Which thread ran a task reaches no number.
/// </summary>
public sealed class WorkerPool : IDisposable
{
    private const int SpinLimit = 8_000;

    private readonly Thread[] threads;
    private readonly SemaphoreSlim[] wakeups;
    private readonly int[] asleep;
    private readonly Lock running = new();
    private Action<int>? body;
    private int count;
    private int next;
    private int finished;
    private int generation;
    private bool stopping;
    private Exception? failure;

    /// <summary>A pool of <paramref name="threadCount"/> threads, the caller's included; 0 takes one for each processor.</summary>
    public WorkerPool(int threadCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threadCount);
        ThreadCount = threadCount == 0 ? Environment.ProcessorCount : threadCount;
        threads = new Thread[ThreadCount - 1];
        wakeups = new SemaphoreSlim[ThreadCount - 1];
        asleep = new int[ThreadCount - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            int id = i;
            wakeups[i] = new SemaphoreSlim(0);
            threads[i] = new Thread(() => Work(id)) { IsBackground = true, Name = $"kernel worker {i + 1}" };
            threads[i].Start();
        }
    }

    /// <summary>Threads that take part, the caller's included.</summary>
    public int ThreadCount { get; }

    /// <summary>Calls <paramref name="task"/> with 0 … taskCount−1, each once, on any thread, and returns when all are done. One caller at a time; not reentrant.</summary>
    public void Run(int taskCount, Action<int> task)
    {
        if (threads.Length == 0 || taskCount <= 1)
        {
            for (int i = 0; i < taskCount; i++)
                task(i);
            return;
        }
        lock (running)
        {
            body = task;
            count = taskCount;
            next = 0;
            finished = 0;
            failure = null;
            Interlocked.Increment(ref generation);
            for (int i = 0; i < threads.Length; i++)
                if (Interlocked.Exchange(ref asleep[i], 0) == 1)
                    wakeups[i].Release();
            TakeTasks();
            while (Volatile.Read(ref finished) != threads.Length)
                Thread.SpinWait(4);
            body = null;
            if (failure is not null)
                throw new AggregateException("A task of a parallel region failed.", failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Volatile.Write(ref stopping, true);
        Interlocked.Increment(ref generation);
        foreach (SemaphoreSlim wakeup in wakeups)
            wakeup.Release();
        foreach (Thread thread in threads)
            thread.Join();
    }

    private void TakeTasks()
    {
        try
        {
            for (int i = Interlocked.Increment(ref next) - 1; i < count; i = Interlocked.Increment(ref next) - 1)
                body!(i);
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref failure, exception, null);
            Volatile.Write(ref next, count);
        }
    }

    private void Work(int id)
    {
        int seen = 0;
        while (true)
        {
            WaitForJob(id, seen);
            seen = Volatile.Read(ref generation);
            if (Volatile.Read(ref stopping))
                return;
            TakeTasks();
            Interlocked.Increment(ref finished);
        }
    }

    private void WaitForJob(int id, int seen)
    {
        for (int spin = 0; Volatile.Read(ref generation) == seen; spin++)
        {
            if (spin < SpinLimit)
            {
                Thread.SpinWait(8);
                continue;
            }
            Interlocked.Exchange(ref asleep[id], 1);
            if (Volatile.Read(ref generation) == seen || Interlocked.Exchange(ref asleep[id], 0) == 0)
                wakeups[id].Wait();
            spin = 0;
        }
    }
}
