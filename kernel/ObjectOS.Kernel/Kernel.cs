using System.Collections.Concurrent;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Objects;
using Thread = ObjectOS.Objects.Thread;

namespace ObjectOS;

/// <summary>
/// An operating-system kernel as an object: made on a CPU, run in slices, gone when nobody refers to it. It is synchronous, knows
/// no other kernel and cannot tell a real CPU from a virtual one. All its state is in the objects that it holds.
/// </summary>
/// <remarks>Everything but <see cref="Post"/> is called on one host thread at a time.</remarks>
public sealed partial class Kernel : IKernel
{
    private readonly ConcurrentQueue<Completion> _inbox = new();
    private readonly Dictionary<TrapCause, ulong> _traps = [];
    private readonly Dictionary<uint, Cell> _cells = [];
    private readonly KernelOptions _options;
    private readonly LinkedList<Thread> _managedReady = new();
    private readonly List<Thread> _managed = [];
    private readonly Queue<TraceRecord> _trace = new();
    private Thread? _payer;
    private uint _lastNumber;
    private ulong _charged;
    private ulong _retired;
    private ulong _invocations;
    private ulong _used;

    /// <summary>Makes a kernel on a CPU that has none; afterwards it waits for <see cref="RunSlice"/>.</summary>
    /// <exception cref="ArgumentNullException">There is no CPU.</exception>
    /// <exception cref="InvalidOperationException">The CPU has a guest already.</exception>
    public Kernel(ICpu cpu, KernelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        _options = options ?? new KernelOptions();
        Cpu = cpu;
        cpu.Attach(this);
        Ranges = new PhysicalRanges(cpu.Memory.Size, _options.ObjectLimit);
        Reclaimer = new Reclaimer(this, cpu.Memory, Ranges);
        Scheduler = new Scheduler();
        Events = new EventLog(_options.Events, _options.EventMemory);
        HostQueue = new HostQueue(_options.DeterministicCompletions, _options.CompletionLatency);
        RootCell = new Cell(NextNumber(), null, cpu.Account, _options.ObjectLimit);
        _cells.Add(RootCell.Number, RootCell);
        RootCell.Capabilities.Put(1, RootCell, CapabilityRights.All, 0, null);
        RootCell.Capabilities.Put(2, new HostPort(RootCell), CapabilityRights.All, 0, null);
        Root = new ManagedPort(this, RootCell, isHost: true);
    }

    /// <inheritdoc/>
    public KernelDescription Description => KernelFactory.Describe();

    /// <inheritdoc/>
    public ICpu Cpu { get; }

    /// <inheritdoc/>
    public IInvocationPort Root { get; }

    /// <inheritdoc/>
    public string? HaltReport { get; private set; }

    /// <summary>Guest time: nanoseconds since the kernel was made.</summary>
    public ulong Now { get; private set; }

    internal Cell RootCell { get; }

    internal Scheduler Scheduler { get; }

    internal TimerQueue Timers { get; } = new();

    internal PhysicalRanges Ranges { get; }

    internal Reclaimer Reclaimer { get; }

    internal HostQueue HostQueue { get; }

    /// <summary>Who pays for the work that the kernel does now; null: nobody but the kernel.</summary>
    internal Thread? Payer
    {
        get => _payer;
        set
        {
            _payer = value;
            Scheduler.OnTurn = value;
        }
    }

    internal uint Quantum => _options.Quantum;

    /// <summary>Equal at two times only where nothing was done between them: what is suspended changes nothing.</summary>
    internal (ulong Charged, ulong Invocations) Moment => (_charged, _invocations);

    /// <inheritdoc/>
    public GuestStatistics Statistics =>
        new(_retired, _charged, Now, new Dictionary<TrapCause, ulong>(_traps), _invocations, [.. _cells.Values.Select(Figures)])
        {
            VirtualCpus = [.. _vcpus.Select(vcpu => vcpu.Statistics)],
        };

    /// <inheritdoc/>
    public void Post(Completion completion)
    {
        _inbox.Enqueue(completion);
        Cpu.Interrupt();
    }

    /// <inheritdoc/>
    public bool TryTakeRequest(out HostRequest request) => HostQueue.TryTake(out request);

    /// <inheritdoc/>
    public SliceResult RunSlice(in SliceLimits limits)
    {
        _used = 0;
        _hostTime = limits.HostTime;
        _isHeldForIdle = false;
        Now = Math.Max(Now, limits.HostTime ?? 0);
        BeginIdleTime(limits.IdleTime);
        try
        {
            var end = Run(limits);
            return new SliceResult(end, _used, end == SliceEnd.Idle && NextEvent() is { } next ? next - (limits.HostTime ?? Now) : null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Halt($"a rule of the kernel is broken: {e}");
            return new SliceResult(SliceEnd.Halted, _used);
        }
        finally
        {
            // Between slices the host works on nobody's account.
            Payer = null;
        }
    }

    private SliceEnd Run(in SliceLimits limits)
    {
        while (true)
        {
            while (_inbox.TryDequeue(out var completion))
            {
                HostQueue.Arrive(completion);
            }

            WakeGuests();
            SliceEnd? end = HaltReport is not null ? SliceEnd.Halted : Step(limits);
            if (end is { } reason)
            {
                _isHeldForIdle = reason is SliceEnd.Idle or SliceEnd.AwaitingHost;
                return reason;
            }
        }
    }

    /// <inheritdoc/>
    public bool TryTakeTrace(out TraceRecord record) => _trace.TryDequeue(out record!);

    /// <inheritdoc/>
    public bool TryGetEnd(uint cell, out CellEnd? end)
    {
        end = _cells.TryGetValue(cell, out var found) ? found.End : null;
        return end is not null;
    }

    /// <inheritdoc/>
    public uint CellNumber(uint slot) => RootCell.Capabilities[slot]?.Object is Cell cell ? cell.Number : 0;

    /// <inheritdoc/>
    public void Shutdown()
    {
        HaltReport ??= "shut down";
        while (DestroyCell(RootCell, out _) == Outcome.Again)
        {
        }

        while (Reclaimer.HasWork && Reclaimer.DoStep(out _, out _) == MemoryStatus.Ok)
        {
        }
    }

    internal uint NextNumber() => ++_lastNumber;

    internal void Register(Cell cell) => _cells.Add(cell.Number, cell);

    internal void Forget(Cell cell) => _cells.Remove(cell.Number);

    internal void CountInvocation() => _invocations++;

    /// <summary>Charges work to whoever it is done for.</summary>
    internal void Charge(ulong cost)
    {
        Now += cost;
        _charged += cost;
        _used += cost;
        if (Payer is { } thread)
        {
            thread.Owner.Use(cost);
            Scheduler.OnTurn!.QuantumLeft -= (long)cost;
            thread.SchedulingContext?.Use(cost);
        }
    }

    /// <summary>Keeps a trace record, if anybody wants them.</summary>
    internal void Trace(Thread thread, TraceKind kind, ulong number, in MessageWords arguments, ulong result)
    {
        if (_options.Trace)
        {
            _trace.Enqueue(new TraceRecord(_retired, thread.Owner.Number, thread.Number, kind, number, arguments, result));
        }
    }

    /// <summary>Something broke that the kernel's own rules exclude: it stops for good, its parent and siblings go on.</summary>
    internal void Halt(string report) => HaltReport ??= report;

    private static CellStatistics Figures(Cell cell) => new(
        cell.Number, cell.Parent?.Number ?? 0, cell.State, cell.Retired, cell.Charged, cell.Traps, cell.Account.Charged, cell.Account.Peak,
        cell.ThreadCount, cell.ObjectsUsed);

    /// <summary>Virtual instructions that a step of the kernel's own work takes, on nobody's account.</summary>
    private const ulong CostOfStep = 200;

    /// <summary>Does one item of work. A value ends the slice.</summary>
    private SliceEnd? Step(in SliceLimits limits)
    {
        Payer = null;
        if (_used >= limits.Budget)
        {
            return SliceEnd.Budget;
        }

        if (TryOwnWork(out var end))
        {
            return end;
        }

        if (!DeliverDue())
        {
            return SliceEnd.AwaitingHost;
        }

        if (_managedReady.First is { } managed)
        {
            return RunManaged(managed.Value) ? null : SliceEnd.Suspended;
        }

        if (Scheduler.Pick(Now) is { } thread)
        {
            return RunThread(thread, limits.Budget - _used);
        }

        return LetTimePass(limits);
    }

    /// <summary>
    /// Does one item of what the kernel has to do itself, before anything that may have to wait for the host: whoever hears of a cell's end finds its
    /// memory given back. False: there is nothing.
    /// </summary>
    private bool TryOwnWork(out SliceEnd? end)
    {
        end = null;
        if (_ending.Count > 0)
        {
            EndStep();
        }
        else if (Reclaimer.HasWork)
        {
            if (Reclaimer.DoStep(out var owner, out int pages) == MemoryStatus.Suspended)
            {
                end = SliceEnd.Suspended;
                return true;
            }

            Charge(CostOfStep);
            owner.Owe((ulong)pages * MemoryCalls.CostOfPage);
        }
        else if (Timers.TakeDue(Now) is { } timer)
        {
            // It uses up the slice, or one that repeats and wakes nobody would never let the kernel go; and the budget of the cell that it is of.
            Charge(CostOfStep);
            timer.Owner.Use(CostOfStep);
            Signal(timer.Notification, timer.Bits);
        }
        else if (Scheduler.TryRelease(Now, out var payer, out int count))
        {
            // Out of their share: a context with many threads and a short period would take everybody's time else.
            Payer = payer;
            Charge((ulong)count * Scheduler.CostOfRelease);
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>The next time at which something happens by itself.</summary>
    private ulong? NextEvent() => Earlier(Earlier(Timers.Next, HostQueue.NextDue), Earlier(Earlier(Scheduler.NextRelease, _waitingHarts.Next), NextWake()));

    private static ulong? Earlier(ulong? a, ulong? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

    /// <summary>Harts and completions whose time has come. False: a completion is due that the host has not posted.</summary>
    private bool DeliverDue()
    {
        WakeHarts();
        while (HostQueue.TryTakeDue(Now, out var port, out var completion))
        {
            if (completion is null)
            {
                return false;
            }

            NoteCompletion(completion);
            if (port.Bound is { IsDead: false } endpoint)
            {
                var letter = new Letter { Kind = MessageKind.Completion, Label = completion.RequestId, Data = completion.Data };
                letter.Words[0] = (ulong)completion.Result;
                letter.Words[1] = (ulong)completion.Data.Length;
                SendLetter(endpoint, letter);
            }
        }

        return true;
    }

    private SliceEnd? RunThread(Thread thread, ulong sliceLeft)
    {
        bool isAlone = Scheduler.IsAlone(thread);
        ulong turn = BudgetOf(thread, isAlone ? ulong.MaxValue : (ulong)thread.QuantumLeft);
        if (thread.VCpu is { } vcpu)
        {
            return RunVCpu(thread, vcpu, turn, sliceLeft, isAlone);
        }

        bool callsAgain = thread.CallsAgain;
        thread.CallsAgain = false;

        if (turn == 0)
        {
            return EndBeforeRun(thread, new Trap { Cause = TrapCause.BudgetEnd, Pc = thread.Context!.Pc });
        }

        if (callsAgain)
        {
            // Its system call goes on: a step of it is its turn.
            Payer = thread;
            Forward(thread, thread.LastTrap);
            return null;
        }

        if (thread.Space!.IsDead)
        {
            // The cell that it was charged to is gone, and so is every page of it.
            ulong pc = thread.Context!.Pc;
            return EndBeforeRun(thread, new Trap { Cause = TrapCause.InstructionPageFault, Access = AccessKind.Fetch, Pc = pc, Address = new VirtualAddress(pc) });
        }

        Cpu.Run(thread.Context!, thread.Space!.Hardware, new RunLimits(Math.Min(turn, sliceLeft), Now, _charged) { Answers = thread.Space.Answers }, out var trap);
        Payer = thread;
        thread.Owner.Retired += trap.Retired - trap.Delayed;
        ChargeRun(thread, trap.Retired - trap.Delayed, trap.Retired, isAlone);
        return HandleTrap(thread, trap);
    }

    /// <summary>How long a thread may run: no further than the next thing that happens, its share, and its cell's instructions. 0: those are used up.</summary>
    private ulong BudgetOf(Thread thread, ulong most)
    {
        if (NextEvent() is { } next)
        {
            most = Math.Min(most, Math.Max(next, Now + 1) - Now);
        }

        if (thread.SchedulingContext is { } context)
        {
            most = Math.Min(most, (ulong)context.Remaining);
        }

        return Math.Min(most, (ulong)Math.Max(0, thread.Owner.LeastBudget));
    }

    private SliceEnd? EndBeforeRun(Thread thread, in Trap trap)
    {
        Payer = thread;
        CountTrap(thread, trap.Cause);
        Forward(thread, trap);
        return null;
    }

    /// <summary>Charges what a thread, or the guest on it, has retired and used.</summary>
    private void ChargeRun(Thread thread, ulong retired, ulong used, bool isAlone)
    {
        _retired += retired;
        Charge(used);
        if (isAlone)
        {
            Scheduler.Renew(thread);
        }
    }
}
