using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>
/// A CPU that this kernel has made: its memory's second stage, an account carved out of its cell's, a guest once one is attached, and a
/// thread that runs the guest in slices.
/// </summary>
public sealed class VCpu : KernelObject, IVirtualCpu
{
    /// <summary>Objects that it is charged as: itself, its thread, and the map of its memory.</summary>
    internal const int Objects = 3;

    /// <summary>Most CPUs within each other: spaces and interrupts go down through all of them by plain calls.</summary>
    internal const int DepthLimit = 1000;

    private readonly Kernel _kernel;
    private readonly IMemoryAccount _grant;
    private int _wakeQueued;
    private InterceptSet _intercepts = InterceptSet.Empty;

    internal VCpu(Cell owner, Kernel kernel, VirtualCpuOptions options)
        : base(ObjectKind.VCpu, owner)
    {
        _kernel = kernel;
        Number = kernel.NextNumber();
        Born = kernel.Now;
        _grant = owner.Account.CreateChild(options.MemoryLimit >> Pages.Shift);
        Account = _grant.CreateChild(ulong.MaxValue);
        StageTwo = new StageTwo(this, kernel);
        StageTwo.Mapped = new AddressSpace(owner, kernel.Cpu, StageTwo);
        StageTwo.Mapped.Retain();
        Virtual = new VirtualCpu(this, kernel, options.MemorySize);
        Thread = new Thread(owner, this, kernel.Quantum) { Priority = options.Priority };
    }

    /// <inheritdoc/>
    public ICpu Cpu => Virtual;

    /// <inheritdoc/>
    public uint Number { get; }

    /// <inheritdoc/>
    public bool IsInSlice => Virtual.IsInSlice;

    /// <inheritdoc/>
    public VirtualCpuExit? Exit { get; private set; }

    /// <inheritdoc/>
    public string? HaltReport { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Pages that are not whole, not ascending, or overlap.</exception>
    public InterceptSet Intercepts
    {
        get => _intercepts;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            var previous = default(PhysicalAddress);
            foreach (var (start, end) in value.Pages)
            {
                if (!start.IsPageAligned || !end.IsPageAligned || start.Value < previous.Value || end.Value <= start.Value)
                {
                    throw new ArgumentException($"Intercepted pages from {start} to {end} have to be whole, ascending and apart.", nameof(value));
                }

                previous = end;
                Virtual.Forget(start.Value, end.Value);
            }

            _intercepts = value;
            StageTwo.Intercepted = value.Pages;
            Virtual.Refresh();
        }
    }

    /// <inheritdoc/>
    public VirtualCpuStatistics Statistics => new(
        Number, Owner.Number, Virtual.Description.Depth, Virtual.Retired, Virtual.Faults, Exits, Intercepted, _grant.Charged, Guest?.Statistics);

    /// <summary>Times that it stopped for its holder.</summary>
    public ulong Exits { get; private set; }

    /// <summary>Those of them that the holder has asked for.</summary>
    public ulong Intercepted { get; private set; }

    /// <summary>What its guest may pay from; its limit is the guest's own business.</summary>
    internal IMemoryAccount Account { get; }

    /// <summary>What the holder grants.</summary>
    internal IMemoryAccount Grant => _grant;

    internal StageTwo StageTwo { get; }

    internal VirtualCpu Virtual { get; }

    internal Thread Thread { get; }

    /// <summary>What runs on it.</summary>
    internal ICpuGuest? Guest { get; private set; }

    /// <summary>A guest without a kernel.</summary>
    internal BareHart? Hart => Guest as BareHart;

    /// <summary>Guest time of the kernel that made it, when it was made.</summary>
    internal ulong Born { get; }

    /// <summary>Where exits go as messages.</summary>
    internal BadgedEndpoint Holder;

    /// <summary>True once the holder has been told of the exit.</summary>
    internal bool IsAnnounced { get; set; }

    /// <summary>The last message that told of an exit.</summary>
    internal Letter? Letter { get; set; }

    /// <summary>For an idle guest that waits for time to pass: when to run it again.</summary>
    internal ulong? WakeAt { get; set; }

    /// <summary>Guest time of the kernel that made it when its guest last became idle; null once the guest runs again.</summary>
    internal ulong? AsleepSince { get; set; }

    /// <summary>True while the guest waits for the host.</summary>
    internal bool AwaitsHost { get; set; }

    /// <inheritdoc/>
    public void SetMemoryLimit(ulong bytes) => _grant.SetLimit(bytes >> Pages.Shift);

    /// <inheritdoc/>
    public bool TryReserve(ulong bytes) => !IsDead && _grant.TryReserve(Pages.Count(bytes));

    /// <inheritdoc/>
    public void Resume(ExitAction action = ExitAction.Continue, Trap? trap = null)
    {
        if (Exit is not { Kind: not ExitKind.Halted } exit)
        {
            throw new InvalidOperationException(Exit is null ? "The virtual CPU does not wait for its holder." : $"It has halted: {HaltReport}");
        }

        // An interrupt is given to the guest by letting its hart take it, if it is still there.
        if (action == ExitAction.Deliver && exit.Context is { } context && (trap ?? exit.Trap).Cause < TrapCause.Interrupt)
        {
            var delivered = trap ?? exit.Trap;
            delivered.Pc = context.Pc;
            if (delivered.Cause == TrapCause.Intercepted)
            {
                delivered.Cause = TrapCause.IllegalInstruction;
            }

            Virtual.Deliver(context, delivered);
        }
        else if (action != ExitAction.Continue)
        {
            Pass(exit);
        }

        IsLetIdle = exit.Kind == ExitKind.Idle;
        Exit = null;
        IsAnnounced = false;
        Virtual.Refresh();
        if (Guest is not null)
        {
            _kernel.Scheduler.MakeReady(Thread);
            _kernel.NoteOutsideWork();
        }
    }

    /// <summary>Lets what it stopped for happen; an exit that is about no access and no hart has nothing of the kind.</summary>
    private void Pass(VirtualCpuExit exit)
    {
        if (exit.Context is not { } context)
        {
            if (exit.Kind is ExitKind.PageAccess or ExitKind.MissingPage)
            {
                Virtual.PassMemory(exit.Physical);
            }
        }
        else if (exit.Kind is ExitKind.Trap or ExitKind.Call && context.System is null)
        {
            Virtual.Deliver(context, exit.Trap);
        }
        else
        {
            // A hart of an operating system takes its traps itself, and they count as its instructions.
            Virtual.Pass(context);
        }
    }

    /// <summary>True where its holder has been told that the guest is idle, has resumed it, and it has not done anything since.</summary>
    internal bool IsLetIdle { get; set; }

    /// <summary>Slices that its guest has ended as interrupted without having done anything, one after the other.</summary>
    internal int FruitlessInterrupts { get; set; }

    /// <summary>Asks to be woken by its kernel. False: that was asked already. From any host thread.</summary>
    internal bool TryQueueWake() => Interlocked.Exchange(ref _wakeQueued, 1) == 0;

    /// <summary>Its kernel looks after it now.</summary>
    internal void LeaveWakeQueue() => Volatile.Write(ref _wakeQueued, 0);

    /// <summary>Has exits go to an endpoint as messages; an exit that nobody was told of is told now.</summary>
    internal void SetHolder(Kernel kernel, Capability? endpoint)
    {
        TakeBackLetter();
        Holder.Set(kernel, endpoint);
        IsAnnounced = false;
        if (Exit is not null)
        {
            kernel.StopForHolder(this);
        }
    }

    /// <summary>A message that nobody has received yet is none any more; a holder that changes endpoints piles up none.</summary>
    private void TakeBackLetter()
    {
        if (Letter?.Place is { List: { } letters } place)
        {
            letters.Remove(place);
        }

        Letter = null;
    }

    /// <summary>Stops it for its holder.</summary>
    internal void Raise(VirtualCpuExit exit)
    {
        if (Exit is not null || IsDead)
        {
            return;
        }

        Exit = exit;
        Exits++;
        Virtual.Refresh();
        _kernel.WakeLater(this);
        _kernel.NoteOutsideWork();
        if (exit.Kind is not (ExitKind.MemoryExhausted or ExitKind.ObjectsExhausted or ExitKind.Halted or ExitKind.Ready))
        {
            Intercepted++;
        }
    }

    /// <summary>Its guest runs no more.</summary>
    internal void Halt(string report)
    {
        HaltReport ??= report;
        Exit = null;
        Raise(new VirtualCpuExit(ExitKind.Halted, Report: report));
    }

    /// <exception cref="InvalidOperationException">It has a guest already.</exception>
    internal void Attach(ICpuGuest guest)
    {
        ArgumentNullException.ThrowIfNull(guest);
        if (Guest is not null)
        {
            throw new InvalidOperationException("A guest is attached to this CPU already; make another CPU for another guest.");
        }

        Guest = guest;
        if (!IsDead)
        {
            _kernel.Scheduler.MakeReady(Thread);
            _kernel.NoteOutsideWork();
        }
    }

    /// <summary>True for an account below the one that its guest was given: exhaustion there is the guest's own.</summary>
    internal bool IsGuestsOwn(IMemoryAccount? account)
    {
        for (; account is not null; account = account.Parent)
        {
            if (account == Account)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>After its death, one bounded step of giving back what it had. True: it was the last.</summary>
    internal override bool TearDown(Reclaimer reclaimer) => Virtual.TearDown() && StageTwo.TearDown(reclaimer, most: 64);

    private protected override bool DiesUnused => true;

    private protected override void OnDestroy(Kernel kernel)
    {
        kernel.Forget(this);
        Virtual.Refresh();
        Thread.Destroy(kernel);
        StageTwo.Mapped.Destroy(kernel);
        StageTwo.Refund();
        TakeBackLetter();
        Holder.Clear(kernel);
        _grant.Close();
        kernel.Reclaimer.Add(this);
    }
}
