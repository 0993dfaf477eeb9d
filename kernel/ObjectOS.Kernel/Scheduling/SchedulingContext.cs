using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>A share of CPU time: so many virtual instructions in every period. Threads that share one share the budget.</summary>
public sealed class SchedulingContext : KernelObject
{
    internal SchedulingContext(Cell owner, uint number, ulong budget, ulong period, ulong now)
        : base(ObjectKind.SchedulingContext, owner)
    {
        Number = number;
        Configure(budget, period, now);
    }

    /// <summary>Orders contexts that are refilled at the same time.</summary>
    internal uint Number { get; }

    /// <summary>Threads that are ready but have to wait for the next budget.</summary>
    internal LinkedList<Thread> Held { get; } = new();

    /// <summary>When the scheduler looks at <see cref="Held"/> again; null while it does not.</summary>
    internal ulong? WakeAt { get; set; }

    /// <summary>Nanoseconds per period.</summary>
    public ulong Budget { get; private set; }

    /// <summary>Nanoseconds.</summary>
    public ulong Period { get; private set; }

    /// <summary>What is left in this period; a last charge may have overdrawn it.</summary>
    public long Remaining { get; private set; }

    /// <summary>When the next period begins.</summary>
    internal ulong NextPeriod { get; private set; }

    internal void Configure(ulong budget, ulong period, ulong now)
    {
        Budget = budget;
        Period = period;
        Remaining = (long)budget;
        NextPeriod = now + period;
    }

    /// <summary>When there is some budget again, where there is none now.</summary>
    internal ulong NextUsable => NextPeriod + ((ulong)(-Remaining) / Budget * Period);

    internal void Use(ulong charged) => Remaining -= (long)charged;

    /// <summary>Begins the periods that are due. What was overdrawn is taken from the next budget.</summary>
    internal void Refill(ulong now)
    {
        if (now < NextPeriod || IsDead)
        {
            return;
        }

        ulong periods = ((now - NextPeriod) / Period) + 1;
        NextPeriod += periods * Period;
        Remaining = (long)Math.Min((decimal)Budget, Remaining + ((decimal)Budget * periods));
    }

    /// <summary>Its threads have no share any more; they wait until they are given another.</summary>
    private protected override void OnDestroy(Kernel kernel)
    {
        Remaining = 0;
        kernel.Scheduler.Forget(this);
    }
}
