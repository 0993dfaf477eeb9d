using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>Invocations on harts of operating systems: threads whose context has privilege modes of its own.</summary>
internal static class HartCalls
{
    /// <summary>A bit of the mask that is no line: what is cached of the hart's translations is forgotten.</summary>
    private const ulong Fence = 1UL << 63;

    private const ulong UpdatesAccessed = 4;

    /// <summary>What the first version of the state has.</summary>
    private const int FewestStateBytes = 49 * sizeof(ulong);

    /// <summary>Of a counter.</summary>
    private const ulong SetsValue = 1, Counts = 2;

    /// <summary>Of a reset.</summary>
    private const ulong KeepsInterrupts = 1;

    /// <summary>Instructions that a hart runs before the next: short, so that one that spins does not keep away for long the one that it waits for.</summary>
    private const uint Quantum = 10_000;

    public static KernelStatus Create(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        AddressSpace space = null!;
        if (status == KernelStatus.Ok)
        {
            status = call.Get(2, CapabilityRights.Manage, out space);
        }

        ulong mode = call[3] & 3;
        ulong paging = (call[3] >> 8) is var given and not 0 ? given : 48;
        if (status == KernelStatus.Ok && (mode is 0 or 3 || (call[3] & 0xF8) != 0 || paging is not (39 or 48 or 57)))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            status = call.CheckCreate(cell);
        }

        if (status == KernelStatus.Ok)
        {
            var context = new HartContext { Mode = mode == 1 ? HartMode.Supervisor : HartMode.Machine };
            context.System = PrivilegedState.AfterReset(context.Mode, call[4], (int)paging, (call[3] & UpdatesAccessed) != 0);
            var thread = new Thread(cell, call.Kernel.NextNumber(), space, context, Math.Min(call.Kernel.Quantum, Quantum));
            call.Kernel.NoteBirth(thread);
            call.PassShare(thread);
            call.PutNew(thread);
            call[1] = thread.Number;
        }

        return status;
    }

    public static KernelStatus SetLines(ref Invocation call)
    {
        var status = Target(ref call, out var hart, out var state);
        if (status == KernelStatus.Ok && (call[1] & ~(InterruptBits.All | Fence)) != 0)
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            // SSIP is software's to clear; the others are levels.
            ulong software = call[1] & InterruptBits.Ssip;
            ulong levels = call[1] & InterruptBits.All & ~InterruptBits.Ssip;
            state.Mip = (state.Mip & ~software) | (call[2] & software);
            state.Lines = (state.Lines & ~levels) | (call[2] & levels);
            state.FenceGeneration += call[1] >> 63;
            call.Kernel.NoteInterrupt(hart, call[1], call[2]);
            call.Kernel.OnHartChanged(hart);
        }

        return status;
    }

    public static KernelStatus SetTimer(ref Invocation call)
    {
        var status = Target(ref call, out var hart, out var state);
        if (status == KernelStatus.Ok)
        {
            state.TimerCompare = call[1];
            call.Kernel.OnHartChanged(hart);
        }

        return status;
    }

    public static KernelStatus SetTimeOffset(ref Invocation call)
    {
        var status = Target(ref call, out var hart, out var state);
        if (status == KernelStatus.Ok)
        {
            state.TimeOffset = call[1];
            call.Kernel.OnHartChanged(hart);
        }

        return status;
    }

    /// <summary>mcycle and minstret are 0 and 2 here as in mcountinhibit.</summary>
    public static KernelStatus SetCounter(ref Invocation call)
    {
        var status = Target(ref call, out var hart, out var state);
        ulong counter = call[1], flags = call[3];
        if (status == KernelStatus.Ok && (counter is not (0 or 2) || (flags & ~(SetsValue | Counts)) != 0))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            ulong inhibit = 1UL << (int)counter, retired = hart.Context!.Retired;
            ulong start = counter == 0 ? state.CycleBase : state.InstretBase;
            ulong value = (flags & SetsValue) != 0 ? call[2] : (state.Mcountinhibit & inhibit) != 0 ? start : start + retired;
            bool counts = (flags & Counts) != 0;
            state.Mcountinhibit = counts ? state.Mcountinhibit & ~inhibit : state.Mcountinhibit | inhibit;
            start = counts ? value - retired : value;
            (state.CycleBase, state.InstretBase) = counter == 0 ? (start, state.InstretBase) : (state.CycleBase, start);
        }

        return status;
    }

    public static KernelStatus Reset(ref Invocation call)
    {
        var status = Target(ref call, out var hart, out var state);
        ulong keep = call[1];
        if (status == KernelStatus.Ok && (keep & ~KeepsInterrupts) != 0)
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok && hart.State == ThreadState.Ended)
        {
            status = KernelStatus.InvalidState;
        }

        if (status == KernelStatus.Ok)
        {
            call.Kernel.StopThread(hart);
            var context = hart.Context!;
            ulong retired = context.Retired;
            context.CopyFrom(new HartContext { Mode = context.Mode, Retired = retired });
            context.System = PrivilegedState.AfterReset(context.Mode, state.Mhartid, (int)state.Paging, state.UpdatesAccessedAtReset);
            context.System.TimeOffset = state.TimeOffset;
            if ((keep & KeepsInterrupts) != 0)
            {
                context.System.Stimecmp = state.Stimecmp;
                context.System.Mip = state.Mip & InterruptBits.Ssip;
            }
        }

        return status;
    }

    public static KernelStatus ReadState(ref Invocation call)
    {
        var status = Target(ref call, out var hart, out var state);
        if (status == KernelStatus.Ok && (call.Destination.Length is < FewestStateBytes or > PrivilegedState.Words * sizeof(ulong) || call.Destination.Length % sizeof(ulong) != 0))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            Span<ulong> words = stackalloc ulong[PrivilegedState.Words];
            state.CopyTo(words);
            for (int i = 0; i < call.Destination.Length / sizeof(ulong); i++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(call.Destination[(i * sizeof(ulong))..], words[i]);
            }

            call[1] = hart.State != ThreadState.Waiting ? 0UL : hart.WakeAt is null ? 2UL : 1UL;
        }

        return status;
    }

    private static KernelStatus Target(ref Invocation call, out Thread hart, out PrivilegedState state)
    {
        var status = call.Target<Thread>(out hart);
        state = hart?.Context?.System!;
        return status == KernelStatus.Ok && state is null ? KernelStatus.InvalidArgument : status;
    }
}
