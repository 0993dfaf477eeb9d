using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Recording;

/// <summary>A virtual CPU as its holder sees it; what the holder does to it is logged.</summary>
internal sealed class RecordingVirtualCpu(Recorder recorder, IVirtualCpu inner, RecordingKernel kernel, int number) : IVirtualCpu
{
    public ICpu Cpu { get; } = new RecordingCpu(recorder, inner.Cpu, kernel, number);

    public uint Number => inner.Number;

    public bool IsInSlice => inner.IsInSlice;

    public InterceptSet Intercepts
    {
        get => inner.Intercepts;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            var log = Begin(RecordKind.Intercepts);
            log.Number(value.Causes);
            log.Number((value.Counters ? 1UL : 0) | (value.Waits ? 2UL : 0) | (value.Fences ? 4UL : 0) | (value.Idle ? 8UL : 0) | (value.MissingPages ? 16UL : 0));
            log.Number((ulong)value.Calls.Count);
            foreach (ulong call in value.Calls.Order())
            {
                log.Number(call);
            }

            log.Number((ulong)value.Registers.Count);
            foreach (int register in value.Registers.Order())
            {
                log.Signed(register);
            }

            log.Number((ulong)value.Pages.Count);
            foreach (var (start, end) in value.Pages)
            {
                log.Number(start.Value);
                log.Number(end.Value);
            }

            inner.Intercepts = value;
        }
    }

    public VirtualCpuExit? Exit => inner.Exit;

    public VirtualCpuStatistics Statistics => inner.Statistics;

    public string? HaltReport => inner.HaltReport;

    public void Resume(ExitAction action = ExitAction.Continue, Trap? trap = null)
    {
        int mark = recorder.Mark;
        var log = Begin(RecordKind.Resume);
        log.Number((ulong)action);
        var context = inner.Exit?.Context;
        log.Number((trap is null ? 0UL : 1) | (context is null ? 0UL : 2));
        if (trap is { } given)
        {
            Write(log, given);
        }

        if (context is not null)
        {
            // The holder may have changed it.
            using var bytes = new MemoryStream();
            using (var writer = new BinaryWriter(bytes))
            {
                context.Save(writer);
            }

            log.Blob(bytes.ToArray());
        }

        try
        {
            inner.Resume(action, trap);
        }
        catch
        {
            recorder.TakeBack(mark);
            throw;
        }
    }

    public void SetMemoryLimit(ulong bytes)
    {
        Begin(RecordKind.MemoryLimit).Number(bytes);
        inner.SetMemoryLimit(bytes);
    }

    public bool TryReserve(ulong bytes)
    {
        var log = Begin(RecordKind.Reserve);
        log.Number(bytes);
        bool has = inner.TryReserve(bytes);
        log.Number(has ? 1UL : 0);
        return has;
    }

    /// <summary>Reads what <see cref="Resume"/> wrote of a trap.</summary>
    public static Trap ReadTrap(RecordCursor cursor) => new()
    {
        Cause = (TrapCause)cursor.Int(ushort.MaxValue, "a trap's cause"),
        Access = (AccessKind)cursor.Byte(),
        Size = cursor.Byte(),
        Target = new LoadTarget((byte)cursor.Int(31, "a register"), cursor.Flag(), cursor.Flag()),
        Instruction = cursor.UInt("an instruction"),
        Pc = cursor.Number(),
        Address = new VirtualAddress(cursor.Number()),
        PhysicalAddress = new PhysicalAddress(cursor.Number()),
        Value = cursor.Number(),
    };

    private static void Write(RecordBuffer log, in Trap trap)
    {
        log.Number((ulong)trap.Cause);
        log.Byte((byte)trap.Access);
        log.Byte(trap.Size);
        log.Number(trap.Target.Register);
        log.Number(trap.Target.IsFloat ? 1UL : 0);
        log.Number(trap.Target.IsSigned ? 1UL : 0);
        log.Number(trap.Instruction);
        log.Number(trap.Pc);
        log.Number(trap.Address.Value);
        log.Number(trap.PhysicalAddress.Value);
        log.Number(trap.Value);
    }

    private RecordBuffer Begin(RecordKind kind)
    {
        var log = recorder.Begin(kind);
        log.Number((ulong)number);
        return log;
    }
}
