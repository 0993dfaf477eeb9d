using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>
/// Who runs next: the highest priority first, round robin by quantum within one. Nothing here depends on where slices end.
/// </summary>
internal sealed class Scheduler(uint quantum)
{
    public const int Priorities = 32;
    public const int DefaultPriority = 16;

    private readonly LinkedList<Thread>[] _ready = [.. Enumerable.Range(0, Priorities).Select(_ => new LinkedList<Thread>())];

    /// <summary>Threads that are ready but whose scheduling context has nothing left, or whose cell is paused.</summary>
    private readonly LinkedList<Thread> _held = new();

    /// <summary>Bit n: some thread of priority n is ready.</summary>
    private uint _occupied;

    /// <summary>The thread that ran last; its reservation is still good.</summary>
    public Thread? Last { get; private set; }

    /// <summary>The thread to run now, or null.</summary>
    public Thread? Pick(ulong now)
    {
        Release(now);
        while (_occupied != 0)
        {
            var thread = _ready[31 - System.Numerics.BitOperations.LeadingZeroCount(_occupied)].First!.Value;
            if (MustHold(thread, now))
            {
                Remove(thread);
                thread.ReadyNode = _held.AddLast(thread);
                continue;
            }

            if (thread.QuantumLeft <= 0)
            {
                // What it overdrew is taken from its next turn: a storm of costly calls gains nothing.
                Remove(thread);
                thread.QuantumLeft += quantum;
                Add(thread, last: true);
                continue;
            }

            if (thread != Last && thread.Context is { } context)
            {
                Last = thread;
                context.Reservation = HartContext.NoReservation;
            }

            return thread;
        }

        return null;
    }

    /// <summary>When a held thread may run again; null where none waits for that.</summary>
    public ulong? NextRelease
    {
        get
        {
            ulong? next = null;
            foreach (var thread in _held)
            {
                if (!thread.Owner.IsPaused && thread.SchedulingContext is { } context && !(context.NextPeriod >= next))
                {
                    next = context.NextPeriod;
                }
            }

            return next;
        }
    }

    public void MakeReady(Thread thread)
    {
        if (thread.State is ThreadState.Ready or ThreadState.Ended)
        {
            return;
        }

        thread.State = ThreadState.Ready;
        Add(thread, last: thread.QuantumLeft <= 0);
    }

    /// <summary>The server goes on where the caller stopped: at the head of its queue, on what is left of the caller's quantum.</summary>
    public void HandOver(Thread from, Thread to)
    {
        if (to.Priority >= from.Priority && to.State != ThreadState.Ready)
        {
            to.QuantumLeft = from.QuantumLeft;
            to.State = ThreadState.Ready;
            Add(to, last: false);
        }
        else
        {
            MakeReady(to);
        }
    }

    public static void Yield(Thread thread) => thread.QuantumLeft = Math.Min(thread.QuantumLeft, 0);

    /// <summary>Takes it out of the ready threads, where it is one.</summary>
    public void Remove(Thread thread)
    {
        if (thread.ReadyNode is { List: { } list } node)
        {
            list.Remove(node);
            if (list != _held && list.Count == 0)
            {
                _occupied &= ~(1u << thread.Priority);
            }
        }

        thread.ReadyNode = null;
    }

    public void SetPriority(Thread thread, int priority)
    {
        bool queued = thread.ReadyNode is not null;
        Remove(thread);
        thread.Priority = priority;
        if (queued)
        {
            Add(thread, last: true);
        }
    }

    private static bool MustHold(Thread thread, ulong now)
    {
        if (thread.SchedulingContext is { } context)
        {
            context.Refill(now);
            if (context.Remaining <= 0)
            {
                return true;
            }
        }

        return thread.Owner.IsPaused;
    }

    private void Release(ulong now)
    {
        for (var node = _held.First; node is not null;)
        {
            var next = node.Next;
            if (!MustHold(node.Value, now))
            {
                _held.Remove(node);
                Add(node.Value, last: true);
            }

            node = next;
        }
    }

    private void Add(Thread thread, bool last)
    {
        thread.ReadyNode = last ? _ready[thread.Priority].AddLast(thread) : _ready[thread.Priority].AddFirst(thread);
        _occupied |= 1u << thread.Priority;
    }
}
