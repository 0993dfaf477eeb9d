using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Objects;
using Thread = ObjectOS.Objects.Thread;
using ThreadState = ObjectOS.Objects.ThreadState;

namespace ObjectOS;

/// <content>Virtual CPUs: kernels under this kernel, run as threads.</content>
public sealed partial class Kernel
{
    /// <summary>Least that a slice of a guest costs, so that one that does nothing ends its quantum all the same.</summary>
    private const ulong LeastSlice = 100;

    /// <summary>Virtual instructions that a page costs whose place in this kernel's memory had to be found.</summary>
    private const ulong CostOfStageTwoFault = 200;

    /// <summary>
    /// Interrupts in a row that cost a guest nothing though it does nothing between them: more than there can be completions. A broken one that
    /// interrupts itself pays for more.
    /// </summary>
    private const int MostFruitlessInterrupts = 1 << 16;

    /// <summary>What a guest can be charged beyond its budget: its last item of work, which is never that long.</summary>
    private const ulong MostOverdraft = 1UL << 32;

    /// <summary>Bytes of host stack that a guest's work takes for each level below it: its runs, mappings and memory go down through all of them by plain calls.</summary>
    private const int StackOfLevel = 2048;

    // The host's stack is checked at levels that are multiples of this.
    private const int LevelsOfCheck = 16;

    private readonly ConcurrentQueue<VCpu> _woken = new();
    private readonly List<VCpu> _vcpus = [];
    private ulong? _hostTime;

    /// <summary>True from the end of a slice that said idle until something is done from outside, or the next slice.</summary>
    private bool _isHeldForIdle = true;
    private int _sleepers;
    private int _vcpusAwaitingHost;

    /// <inheritdoc/>
    public KernelStatus CreateVirtualCpu(uint cellSlot, uint destinationSlot, VirtualCpuOptions options, out IVirtualCpu? cpu)
    {
        ArgumentNullException.ThrowIfNull(options);
        cpu = null;
        var frame = new InvocationFrame();
        frame[0] = cellSlot;
        frame[1] = destinationSlot;
        frame[2] = options.MemorySize;
        frame[3] = options.MemoryLimit;
        var status = Root.Invoke(Call.VCpuCreate, ref frame);
        if (status == KernelStatus.Ok)
        {
            var made = (VCpu)RootCell.Capabilities[destinationSlot]!.Object;
            if (!made.TryReserve(options.MemoryReserved))
            {
                frame[0] = destinationSlot;
                Root.Invoke(Call.CapabilityDelete, ref frame);
                return KernelStatus.MemoryExhausted;
            }

            made.Thread.Priority = Math.Clamp(options.Priority, 0, Scheduler.Priorities - 1);
            cpu = made;
        }

        return status;
    }

    internal void Register(VCpu vcpu) => _vcpus.Add(vcpu);

    internal void Forget(VCpu vcpu)
    {
        Awake(vcpu);
        _vcpus.Remove(vcpu);
    }

    /// <summary>Has the thread of a virtual CPU run, if it waits. From any host thread.</summary>
    internal void WakeLater(VCpu vcpu)
    {
        if (vcpu.TryQueueWake())
        {
            _woken.Enqueue(vcpu);
        }
    }

    /// <summary>
    /// Something was done to this kernel between slices: the kernels under it, which may hold it for idle, let it run again.
    /// </summary>
    internal void NoteOutsideWork()
    {
        if (_isHeldForIdle && Cpu.Description.Depth > 0)
        {
            _isHeldForIdle = false;
            Cpu.Interrupt();
        }
    }

    /// <summary>Lets guests run that were interrupted, or whose time has come.</summary>
    private void WakeGuests()
    {
        while (_woken.TryDequeue(out var vcpu))
        {
            vcpu.LeaveWakeQueue();
            Wake(vcpu);
        }

        for (int i = 0; _sleepers > 0 && i < _vcpus.Count; i++)
        {
            if (_vcpus[i].WakeAt <= Now)
            {
                Wake(_vcpus[i]);
            }
        }
    }

    private void Wake(VCpu vcpu)
    {
        Awake(vcpu);
        if (vcpu.Exit is not null)
        {
            StopForHolder(vcpu);
        }
        else if (vcpu.Thread.State == ThreadState.Waiting)
        {
            Scheduler.MakeReady(vcpu.Thread);
        }
    }

    private void Awake(VCpu vcpu)
    {
        _sleepers -= vcpu.WakeAt is null ? 0 : 1;
        _vcpusAwaitingHost -= vcpu.AwaitsHost ? 1 : 0;
        vcpu.WakeAt = null;
        vcpu.AwaitsHost = false;
    }

    /// <summary>When the first idle guest wants to run again by itself.</summary>
    private ulong? NextWake()
    {
        ulong? next = null;
        for (int i = 0; _sleepers > 0 && i < _vcpus.Count; i++)
        {
            next = Earlier(next, _vcpus[i].WakeAt);
        }

        return next;
    }

    /// <summary>Runs the guest of a virtual CPU for its turn, or for what is left of this kernel's slice. A value ends that.</summary>
    private SliceEnd? RunVCpu(Thread thread, VCpu vcpu, ulong turn, ulong sliceLeft, bool isAlone)
    {
        Payer = thread;
        if (turn == 0 && vcpu.Guest is not null)
        {
            // The cell's instructions are used up.
            vcpu.Raise(new VirtualCpuExit(ExitKind.Trap, new Trap { Cause = TrapCause.BudgetEnd }));
        }

        if (vcpu.Exit is not null || vcpu.Guest is null)
        {
            StopForHolder(vcpu);
            return null;
        }

        var cpu = vcpu.Virtual;
        ulong budget = Math.Min(turn, sliceLeft);
        ulong retired = cpu.Retired, least = cpu.Used;
        var result = RunGuest(vcpu, vcpu.Guest, budget);
        retired = cpu.Retired - retired;
        least = cpu.Used - least;
        ulong used = Math.Max(least, Math.Min(result.Used, budget + MostOverdraft));
        if (used >= turn || cpu.IsOwing || vcpu.Exit is not null || result.End is SliceEnd.Idle or SliceEnd.Halted)
        {
            // Not where this kernel's own slice ends: its guest's part of a turn would depend on that.
            used += cpu.PayFaults() * CostOfStageTwoFault;
        }

        if (thread.State != ThreadState.Ended)
        {
            thread.Owner.Retired += retired;
        }

        if (used > 0)
        {
            vcpu.FruitlessInterrupts = 0;
            vcpu.IsLetIdle = false;
        }

        ChargeRun(thread, retired, used, isAlone);
        return Settle(vcpu, result, used, budget);
    }

    private SliceResult RunGuest(VCpu vcpu, ICpuGuest guest, ulong budget)
    {
        if (!HasStackFor(vcpu.Cpu.Description.Depth))
        {
            vcpu.Halt("nested too deeply for the host's stack");
            return default;
        }

        ulong? hostTime = _hostTime is { } now ? now - Math.Min(now, vcpu.Born) : null;
        ulong? idleTime = _idleLeft is null ? null : Now - (vcpu.AsleepSince ?? Now);
        vcpu.AsleepSince = null;
        vcpu.Virtual.BeginSlice(budget);
        try
        {
            return guest.RunSlice(new SliceLimits(budget, hostTime, idleTime));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            vcpu.Halt($"an exception came out of the guest's slice: {e}");
            return default;
        }
        finally
        {
            vcpu.Virtual.EndSlice();
        }
    }

    // A slice runs inside the slices of all levels above it. So every sixteenth level checks for the levels up to the next check, and for
    // the frames of their own slices: a check at each level took time that grew with the square of the depth.
    private static bool HasStackFor(int depth) => depth % LevelsOfCheck != 0
        ? RuntimeHelpers.TryEnsureSufficientExecutionStack()
        : HasStack(StackOfLevel * (depth + (2 * LevelsOfCheck)));

    /// <summary>
    /// True where the host's stack has room for so many bytes beside what the runtime keeps free. Takes them piece by piece, or it would overflow
    /// where it is to find out.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool HasStack(int bytes)
    {
        const int Piece = 16 << 10, KeptFree = 64 << 10;
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            return false;
        }

        if (bytes <= KeptFree)
        {
            return true;
        }

        Span<byte> taken = stackalloc byte[Piece];
        return HasStack(bytes - Piece) && taken.Length == Piece;
    }

    /// <summary>What a guest's slice means for its thread. The CPU's own word counts before the guest's.</summary>
    private SliceEnd? Settle(VCpu vcpu, in SliceResult result, ulong used, ulong budget)
    {
        if (vcpu.IsDead || vcpu.Exit is not null)
        {
            StopForHolder(vcpu);
            return vcpu.Virtual.Stop == StopReason.Below ? SliceEnd.Suspended : null;
        }

        switch (vcpu.Virtual.Stop)
        {
            case StopReason.Below:
                return SliceEnd.Suspended;
            case StopReason.Interrupted:
                return SliceEnd.Interrupted;
            default:
                break;
        }

        switch (result.End)
        {
            case SliceEnd.Halted:
                vcpu.Halt((vcpu.Guest as IKernel)?.HaltReport ?? "the guest has halted");
                StopForHolder(vcpu);
                return null;
            case SliceEnd.Idle when vcpu.Intercepts.Idle && !vcpu.IsLetIdle:
                vcpu.Raise(new VirtualCpuExit(ExitKind.Idle));
                StopForHolder(vcpu);
                return null;
            case SliceEnd.Idle:
                Sleep(vcpu, result.IdleFor);
                return null;
            case SliceEnd.AwaitingHost when _options.DeterministicCompletions:
                return SliceEnd.AwaitingHost;
            case SliceEnd.AwaitingHost:
                vcpu.AwaitsHost = true;
                _vcpusAwaitingHost++;
                Block(vcpu.Thread, ThreadState.Waiting);
                return null;
            case SliceEnd.Suspended when vcpu.Virtual.Stop == StopReason.Budget:
                return null;
            case SliceEnd.Interrupted when vcpu.Virtual.HasInterrupted && vcpu.FruitlessInterrupts++ < MostFruitlessInterrupts:
                // By somebody outside, at a moment that guest time must not know of.
                return null;
            default:
                // A slice that was as short as that costs what it was: where this kernel's own slices end must not show.
                Charge(used < LeastSlice && used < budget ? LeastSlice - used : 0);
                return null;
        }
    }

    private void Sleep(VCpu vcpu, ulong? idleFor)
    {
        Block(vcpu.Thread, ThreadState.Waiting);
        vcpu.AsleepSince = Now;
        if (idleFor is { } time && (_hostTime ?? _idleLeft) is not null)
        {
            // One that has nothing to do at once would have the others run an instruction at a time.
            vcpu.WakeAt = Math.Max(Now + LeastSlice, (_hostTime ?? Now) + time);
            _sleepers++;
        }
    }

    /// <summary>The guest waits for its holder, who is told once.</summary>
    internal void StopForHolder(VCpu vcpu)
    {
        if (vcpu.IsDead)
        {
            return;
        }

        Block(vcpu.Thread, ThreadState.Suspended);
        if (vcpu.Exit is not { } exit || vcpu.IsAnnounced)
        {
            return;
        }

        vcpu.IsAnnounced = true;
        if (vcpu.Holder.Live is { } endpoint)
        {
            // A holder that resumes without receiving does not pile up messages: one that is still there tells of the last exit.
            bool waits = vcpu.Letter?.Place?.List is not null;
            var letter = waits ? vcpu.Letter! : new Letter { Kind = MessageKind.VCpuExit, Badge = vcpu.Holder.Badge };
            letter.Label = (ulong)exit.Kind;
            letter.Words[0] = (ulong)exit.Trap.Cause;
            letter.Words[1] = exit.Trap.Pc;
            letter.Words[2] = exit.Trap.Address.Value;
            letter.Words[3] = exit.Physical.Value;
            letter.Words[4] = exit.Trap.Instruction;
            letter.Words[5] = (ulong)exit.Trap.Access | ((ulong)exit.Trap.Size << 8);
            vcpu.Letter = letter;
            if (!waits)
            {
                SendLetter(endpoint, letter);
            }
        }
    }
}
