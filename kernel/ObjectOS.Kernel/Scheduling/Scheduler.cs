namespace ObjectOS.Objects;

/// <summary>
/// Who runs next: the highest priority first, round robin by quantum within one. Nothing here depends on where slices end.
/// </summary>
internal sealed class Scheduler
{
    public const int Priorities = 32;
    public const int DefaultPriority = 16;

    /// <summary>Virtual instructions that it takes to make a thread ready that waited with others for one thing.</summary>
    public const ulong CostOfRelease = 24;

    private readonly LinkedList<Thread>[] _ready = [.. Enumerable.Range(0, Priorities).Select(_ => new LinkedList<Thread>())];

    /// <summary>Threads that are ready but whose cell is stopped.</summary>
    private readonly LinkedList<Thread> _stopped = new();

    /// <summary>Scheduling contexts that threads wait for, by the time of their next budget.</summary>
    private readonly SortedSet<SchedulingContext> _throttled = new(
        Comparer<SchedulingContext>.Create((a, b) => (a.WakeAt!.Value, a.Number).CompareTo((b.WakeAt!.Value, b.Number))));

    /// <summary>Bit n: some thread of priority n is ready.</summary>
    private uint _occupied;

    /// <summary>The thread of machine code that ran last.</summary>
    private Thread? _last;

    /// <summary>The thread whose quantum the work of this moment is taken from; an exchange of quanta changes it.</summary>
    public Thread? OnTurn { get; set; }

    /// <summary>The thread to run now, or null.</summary>
    public Thread? Pick(ulong now)
    {
        while (_occupied != 0)
        {
            var thread = _ready[31 - System.Numerics.BitOperations.LeadingZeroCount(_occupied)].First!.Value;
            if (TryHold(thread, now))
            {
                continue;
            }

            if (thread.QuantumLeft <= 0 && IsAlone(thread))
            {
                Renew(thread);
            }
            else if (thread.QuantumLeft <= 0)
            {
                // What it overdrew is taken from its next turn: a storm of costly calls gains nothing.
                Remove(thread);
                thread.QuantumLeft += thread.Quantum;
#if STARVING_SCHEDULER
                // Planted for tests: the end of its quantum changes nothing for others.
                Add(thread, last: false);
#else
                Add(thread, last: true);
#endif
                continue;
            }

            if (thread != _last && thread.Context is { } context)
            {
                _last = thread;
                thread.Space!.Enter(thread, context);
            }

            return thread;
        }

        return null;
    }

    /// <summary>When a held thread may run again; null where none waits for that.</summary>
    public ulong? NextRelease => _throttled.Count > 0 ? _throttled.Min!.WakeAt : null;

    public void MakeReady(Thread thread)
    {
        if (thread.State is ThreadState.Ready or ThreadState.Ended)
        {
            return;
        }

        thread.State = ThreadState.Ready;
        bool last = thread.QuantumLeft <= 0;
        if (last)
        {
            thread.QuantumLeft += thread.Quantum;
        }

        Add(thread, last);
    }

    /// <summary>
    /// The server goes on where the caller stopped: at the head of its queue, on what is left of the caller's quantum. They exchange
    /// their quanta, so that no exchange of messages makes more of them.
    /// </summary>
    public void HandOver(Thread from, Thread to)
    {
        if (to.Priority >= from.Priority && to.State != ThreadState.Ready)
        {
            (to.QuantumLeft, from.QuantumLeft) = (from.QuantumLeft, to.QuantumLeft);
            OnTurn = OnTurn == from ? to : OnTurn == to ? from : OnTurn;
            to.State = ThreadState.Ready;
            Add(to, last: false);
        }
        else
        {
            MakeReady(to);
        }
    }

    /// <summary>True where no other thread of its priority is ready: the end of its quantum would change nothing.</summary>
    public bool IsAlone(Thread thread) => thread.ReadyNode?.List is { Count: 1 } queue && queue == QueueOf(thread);

    /// <summary>Gives a thread that ran alone, beyond its quantum, what the ends of its quanta would have given.</summary>
    public static void Renew(Thread thread)
    {
        if (thread.QuantumLeft <= 0)
        {
            thread.QuantumLeft = thread.Quantum - (-thread.QuantumLeft % thread.Quantum);
        }
    }

    public static void Yield(Thread thread) => thread.QuantumLeft = Math.Min(thread.QuantumLeft, 0);

    /// <summary>Takes it out of the ready threads, where it is one.</summary>
    public void Remove(Thread thread)
    {
        if (thread.ReadyNode is { List: { } list } node)
        {
            list.Remove(node);
            if (list == QueueOf(thread) && list.Count == 0)
            {
                _occupied &= ~(1u << LevelOf(thread));
            }
            else if (list == thread.SchedulingContext?.Held && list.Count == 0)
            {
                Forget(thread.SchedulingContext);
            }
        }

        thread.ReadyNode = null;
    }

    /// <summary>Gives a thread its priority and its share.</summary>
    public void Set(Thread thread, int priority, SchedulingContext? context, Kernel kernel)
    {
        bool queued = thread.ReadyNode is not null;
        Remove(thread);
        context?.Retain();
        thread.SchedulingContext?.Release(kernel);
        thread.SchedulingContext = context;
        thread.Priority = priority;
        if (queued)
        {
            Add(thread, last: true);
        }
    }

    /// <summary>Makes threads ready whose cells are stopped no more. The number of threads looked at.</summary>
    public int ReleaseStopped()
    {
        int count = _stopped.Count;
        for (var node = _stopped.First; node is not null;)
        {
            var next = node.Next;
            if (!node.Value.Owner.IsStopped)
            {
                _stopped.Remove(node);
                Add(node.Value, last: true);
            }

            node = next;
        }

        return count;
    }

    /// <summary>Makes all threads ready that wait for a context. How many there are.</summary>
    public int ReleaseHeld(SchedulingContext context)
    {
        int count = context.Held.Count;
        while (context.Held.First is { } first)
        {
            context.Held.RemoveFirst();
            Add(first.Value, last: true);
        }

        return count;
    }

    /// <summary>Makes the threads ready whose context has its next budget. False: no context has. Who pays for that is one of them.</summary>
    public bool TryRelease(ulong now, out Thread? payer, out int count)
    {
        payer = null;
        count = 0;
        if (_throttled.Count == 0 || _throttled.Min is not { } context || context.WakeAt > now)
        {
            return false;
        }

        Forget(context);
        context.Refill(now);
        payer = context.Held.First?.Value;
        count = ReleaseHeld(context);
        return true;
    }

    /// <summary>Does not look at a context any more.</summary>
    public void Forget(SchedulingContext context)
    {
        if (context.WakeAt is not null)
        {
            _throttled.Remove(context);
            context.WakeAt = null;
        }
    }

    /// <summary>Puts a thread aside that may not run now.</summary>
    private bool TryHold(Thread thread, ulong now)
    {
        if (thread.Owner.IsStopped)
        {
            Remove(thread);
            thread.ReadyNode = _stopped.AddLast(thread);
            return true;
        }

        if (thread.SchedulingContext is not { } context)
        {
            return false;
        }

        context.Refill(now);
        if (context.Remaining > 0)
        {
            return false;
        }

        Remove(thread);
        thread.ReadyNode = context.Held.AddLast(thread);
        if (context.WakeAt is null && !context.IsDead)
        {
            context.WakeAt = context.NextUsable;
            _throttled.Add(context);
        }

        return true;
    }

    private void Add(Thread thread, bool last)
    {
        var queue = QueueOf(thread);
#if ROUND_ROBIN
        // The other scheduler of the tests: a thread that becomes ready goes behind all that are.
        thread.ReadyNode = queue.AddLast(thread);
#else
        thread.ReadyNode = last ? queue.AddLast(thread) : queue.AddFirst(thread);
#endif
        _occupied |= 1u << LevelOf(thread);
    }

    private LinkedList<Thread> QueueOf(Thread thread) => _ready[LevelOf(thread)];

#if ROUND_ROBIN
    private static int LevelOf(Thread _) => DefaultPriority;
#else
    private static int LevelOf(Thread thread) => thread.Priority;
#endif
}
