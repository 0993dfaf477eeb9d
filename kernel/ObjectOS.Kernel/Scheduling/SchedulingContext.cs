using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>A share of CPU time: so many virtual instructions in every period. Threads that share one share the budget.</summary>
public sealed class SchedulingContext : KernelObject
{
    internal SchedulingContext(Cell owner, ulong budget, ulong period, ulong now)
        : base(ObjectKind.SchedulingContext, owner)
    {
        Configure(budget, period, now);
    }

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

    internal void Use(ulong charged) => Remaining -= (long)charged;

    /// <summary>Begins the periods that are due. What was overdrawn is taken from the next budget.</summary>
    internal void Refill(ulong now)
    {
        if (now < NextPeriod)
        {
            return;
        }

        ulong periods = ((now - NextPeriod) / Period) + 1;
        NextPeriod += periods * Period;
        Remaining = (long)Math.Min((decimal)Budget, Remaining + ((decimal)Budget * periods));
    }

    private protected override void OnDestroy(Kernel kernel)
    {
    }
}
