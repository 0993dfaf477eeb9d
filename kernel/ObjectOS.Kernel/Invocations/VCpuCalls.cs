using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>Virtual CPUs.</summary>
internal static class VCpuCalls
{
    /// <summary>Most bytes of a virtual CPU's memory.</summary>
    private const ulong MostMemory = 1UL << 52;

    /// <summary>Most numbers of calls, and most ranges of pages, that one virtual CPU intercepts.</summary>
    private const int MostIntercepts = 256;

    private const ulong FlagCounters = 1;
    private const ulong FlagIdle = 2;
    private const ulong FlagMissingPages = 4;
    private const ulong FlagWaits = 8;
    private const ulong FlagFences = 16;
    private const ulong Registers = 4096;

    public static KernelStatus Create(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        if (status == KernelStatus.Ok && (call[2] is 0 or > MostMemory || call[2] % Pages.Size != 0))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok && call.Kernel.Cpu.Description.Depth >= VCpu.DepthLimit)
        {
            status = KernelStatus.NestedTooDeeply;
        }

        if (status == KernelStatus.Ok)
        {
            status = cell.Account.IsClosed ? KernelStatus.MemoryExhausted : call.CheckCreate(cell);
        }

        if (status == KernelStatus.Ok && !cell.CanCharge(VCpu.Objects + 1))
        {
            status = KernelStatus.ObjectsExhausted;
        }

        if (status == KernelStatus.Ok)
        {
            var vcpu = new VCpu(cell, call.Kernel, new VirtualCpuOptions { MemorySize = call[2], MemoryLimit = call[3] });
            call.Kernel.Register(vcpu);
            call.PassShare(vcpu.Thread);
            call.PutNew(vcpu);
        }

        return status;
    }

    public static KernelStatus Map(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        status = status == KernelStatus.Ok ? SpaceCalls.MapInto(ref call, vcpu.StageTwo.Mapped) : status;
        call.ExtraCost += status == KernelStatus.Ok ? vcpu.Virtual.CostOfForget : 0;
        return status;
    }

    public static KernelStatus Unmap(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        return status == KernelStatus.Ok ? SpaceCalls.UnmapFrom(ref call, vcpu.StageTwo.Mapped, vcpu.Virtual.CostOfForget) : status;
    }

    public static KernelStatus SetIntercepts(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        if (status == KernelStatus.Ok && (call[1] > uint.MaxValue || call[2] > 31))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            vcpu.Intercepts = vcpu.Intercepts with
            {
                Causes = call[1],
                Counters = (call[2] & FlagCounters) != 0,
                Idle = (call[2] & FlagIdle) != 0,
                MissingPages = (call[2] & FlagMissingPages) != 0,
                Waits = (call[2] & FlagWaits) != 0,
                Fences = (call[2] & FlagFences) != 0,
            };
        }

        return status;
    }

    public static KernelStatus InterceptCall(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        if (status == KernelStatus.Ok && call[2] != 0 && vcpu.Intercepts.Calls.Count >= MostIntercepts)
        {
            status = KernelStatus.ObjectsExhausted;
        }

        if (status == KernelStatus.Ok)
        {
            var calls = new HashSet<ulong>(vcpu.Intercepts.Calls);
            _ = call[2] != 0 ? calls.Add(call[1]) : calls.Remove(call[1]);
            vcpu.Intercepts = vcpu.Intercepts with { Calls = calls };
        }

        return status;
    }

    public static KernelStatus InterceptRegister(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        if (status == KernelStatus.Ok && call[1] >= Registers)
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            var registers = new HashSet<int>(vcpu.Intercepts.Registers);
            _ = call[2] != 0 ? registers.Add((int)call[1]) : registers.Remove((int)call[1]);
            vcpu.Intercepts = vcpu.Intercepts with { Registers = registers };
        }

        return status;
    }

    public static KernelStatus InterceptPages(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        if (status == KernelStatus.Ok && !call.IsPageRange(1, 2))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status != KernelStatus.Ok)
        {
            return status;
        }

        // What is left of the ranges outside of this one, and this one if it is asked for.
        ulong start = call[1];
        ulong end = call[1] + call[2];
        var pages = new List<(PhysicalAddress Start, PhysicalAddress End)>();
        foreach (var (first, last) in vcpu.Intercepts.Pages)
        {
            AddRange(pages, first.Value, Math.Min(last.Value, start));
            AddRange(pages, Math.Max(first.Value, end), last.Value);
        }

        if (call[3] != 0)
        {
            AddRange(pages, start, end);
        }

        // A hole makes two ranges of one.
        if (pages.Count > MostIntercepts)
        {
            return KernelStatus.ObjectsExhausted;
        }

        pages.Sort((a, b) => a.Start.Value.CompareTo(b.Start.Value));
        call.ExtraCost = (ulong)pages.Count * vcpu.Virtual.CostOfForget;
        vcpu.Intercepts = vcpu.Intercepts with { Pages = pages };
        return KernelStatus.Ok;
    }

    public static KernelStatus SetEndpoint(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        Capability? endpoint = null;
        if (status == KernelStatus.Ok)
        {
            status = call.GetOptional<Endpoint>(1, CapabilityRights.Write, out _, out endpoint);
        }

        if (status == KernelStatus.Ok)
        {
            vcpu.SetHolder(call.Kernel, endpoint);
        }

        return status;
    }

    public static KernelStatus ReadExit(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        if (status != KernelStatus.Ok || vcpu.Exit is not { } exit)
        {
            return status == KernelStatus.Ok ? KernelStatus.WouldBlock : status;
        }

        call[1] = (ulong)exit.Kind;
        call[2] = (ulong)exit.Trap.Cause;
        call[3] = exit.Trap.Pc;
        call[4] = exit.Trap.Address.Value;
        call[5] = exit.Physical.Value;
        call[6] = exit.Trap.Instruction;
        call[7] = (ulong)exit.Trap.Access;
        call[8] = exit.Trap.Size;
        return status;
    }

    public static KernelStatus Resume(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (vcpu.Exit is not { Kind: not ExitKind.Halted } exit)
        {
            return KernelStatus.InvalidState;
        }

        switch (call[1])
        {
            case 0:
                vcpu.Resume();
                return KernelStatus.Ok;
            case 1 when exit.Context is not null && vcpu.Hart is null:
                vcpu.Resume(ExitAction.Deliver);
                return KernelStatus.Ok;
            case 2 when exit.Context is not null && vcpu.Hart is null && call[2] < (ulong)TrapCause.BudgetEnd:
                vcpu.Resume(ExitAction.Deliver, exit.Trap with { Cause = (TrapCause)call[2], Address = new VirtualAddress(call[3]) });
                return KernelStatus.Ok;
            case 3:
                vcpu.Resume(ExitAction.Pass);
                return KernelStatus.Ok;
            default:
                return KernelStatus.InvalidArgument;
        }
    }

    public static KernelStatus SetLimit(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        if (status == KernelStatus.Ok)
        {
            vcpu.SetMemoryLimit(call[1]);
        }

        return status;
    }

    public static KernelStatus StartHart(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        if (status == KernelStatus.Ok && vcpu.Guest is not null)
        {
            status = KernelStatus.InvalidState;
        }

        if (status == KernelStatus.Ok)
        {
            var hart = new BareHart(vcpu);
            vcpu.Attach(hart);
            vcpu.Raise(new VirtualCpuExit(ExitKind.Ready, default, default, hart.Context));
        }

        return status;
    }

    public static KernelStatus ReadState(ref Invocation call)
    {
        var status = DecodeState(ref call, call.Destination.Length, out var context);
        if (status == KernelStatus.Ok)
        {
            ThreadCalls.SaveState(context, call.Destination);
        }

        return status;
    }

    public static KernelStatus WriteState(ref Invocation call)
    {
        var status = DecodeState(ref call, call.Source.Length, out var context);
        if (status == KernelStatus.Ok)
        {
            ThreadCalls.RestoreState(context, call.Source);
        }

        return status;
    }

    public static KernelStatus Status(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        if (status == KernelStatus.Ok)
        {
            call[1] = vcpu.Grant.Charged << Pages.Shift;
            call[2] = vcpu.Grant.Limit << Pages.Shift;
            call[3] = vcpu.Virtual.Retired;
            call[4] = vcpu.Exits;
            call[5] = vcpu.Intercepted;
        }

        return status;
    }

    public static KernelStatus Reserve(ref Invocation call)
    {
        var status = call.Target<VCpu>(out var vcpu);
        return status == KernelStatus.Ok && !vcpu.TryReserve(call[1]) ? KernelStatus.MemoryExhausted : status;
    }

    private static KernelStatus DecodeState(ref Invocation call, int length, out HartContext context)
    {
        context = null!;
        var status = call.Target<VCpu>(out var vcpu);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (length != ThreadCalls.StateBytes)
        {
            return KernelStatus.InvalidArgument;
        }

        context = vcpu.Exit?.Context!;
        return context is null ? KernelStatus.InvalidState : KernelStatus.Ok;
    }

    private static void AddRange(List<(PhysicalAddress Start, PhysicalAddress End)> pages, ulong start, ulong end)
    {
        if (start < end)
        {
            pages.Add((new PhysicalAddress(start), new PhysicalAddress(end)));
        }
    }
}
