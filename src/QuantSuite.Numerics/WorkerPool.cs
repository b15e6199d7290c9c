namespace QuantSuite.Numerics;

/// <summary>
/// The caller's thread and ThreadCount−1 workers that spin for about a millisecond after a job, then sleep. A decode step has hundreds of parallel
/// regions of some microseconds, which the framework's Parallel.For was measured to be far too slow for.
/// Tasks are taken one by one from a counter, and a region ends when its tasks are done, not when every worker has seen it: a worker without a core costs
/// nothing. Which thread ran a task reaches no number.
/// </summary>
public sealed class WorkerPool : IDisposable
{
    private const int SpinLimit = 8_000;
    private const int PatientSpins = 200;

    private readonly Thread[] threads;
    private readonly SemaphoreSlim[] wakeups;
    private readonly int[] asleep;
    private readonly Lock running = new();
    private Job current = new(static _ => { }, 0);
    private bool stopping;

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
    /// <exception cref="AggregateException">A task threw; the tasks not yet begun are left out.</exception>
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
            var job = new Job(task, taskCount);
            Interlocked.Exchange(ref current, job);
            for (int i = 0; i < threads.Length; i++)
                if (Volatile.Read(ref asleep[i]) == 1 && Interlocked.Exchange(ref asleep[i], 0) == 1)
                    wakeups[i].Release();
            job.TakeTasks();
            for (int spin = 0; !job.IsDone; spin++)
                if (spin < PatientSpins)
                    Thread.SpinWait(8);
                else
                    Thread.Yield();
            job.ThrowIfFailed();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Volatile.Write(ref stopping, true);
        Interlocked.Exchange(ref current, new Job(static _ => { }, 0));
        foreach (SemaphoreSlim wakeup in wakeups)
            wakeup.Release();
        foreach (Thread thread in threads)
            thread.Join();
    }

    private void Work(int id)
    {
        Job? seen = null;
        while (!Volatile.Read(ref stopping))
        {
            Job job = NextJob(id, seen);
            job.TakeTasks();
            seen = job;
        }
    }

    private Job NextJob(int id, Job? seen)
    {
        for (int spin = 0; ; spin++)
        {
            Job job = Volatile.Read(ref current);
            if (job != seen || Volatile.Read(ref stopping))
                return job;
            if (spin < SpinLimit)
            {
                Thread.SpinWait(8);
                continue;
            }
            // A job posted between the exchange and the second look either finds this worker asleep and wakes it, or is seen here.
            Interlocked.Exchange(ref asleep[id], 1);
            if ((Volatile.Read(ref current) == seen && !Volatile.Read(ref stopping)) || Interlocked.Exchange(ref asleep[id], 0) == 0)
                wakeups[id].Wait();
            spin = 0;
        }
    }

    private sealed class Job(Action<int> task, int count)
    {
        private int next;
        private int done;
        private Exception? failure;

        public bool IsDone => Volatile.Read(ref done) >= count;

        public void TakeTasks()
        {
            for (int i = Interlocked.Increment(ref next) - 1; i < count; i = Interlocked.Increment(ref next) - 1)
            {
                try
                {
                    if (failure is null)
                        task(i);
                }
                catch (Exception exception)
                {
                    Interlocked.CompareExchange(ref failure, exception, null);
                }
                Interlocked.Increment(ref done);
            }
        }

        public void ThrowIfFailed()
        {
            if (failure is not null)
                throw new AggregateException("A task of a parallel region failed.", failure);
        }
    }
}
