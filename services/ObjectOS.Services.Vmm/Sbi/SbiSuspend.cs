namespace ObjectOS.Services.Vmm;

/// <summary>
/// Suspended harts, of the hart state management and of the system suspend extension: they wait in their call until an interrupt is pending that their sie lets through.
/// </summary>
internal sealed class SbiSuspend(VirtualMachine machine)
{
    private const uint Retentive = 0, NonRetentive = 0x80000000, ToMemory = 0;

    private ulong NanosecondsPerTick => 1_000_000_000 / machine.Request.TimebaseHz;

    private ulong Ticks => machine.Now / NanosecondsPerTick;

    /// <summary>When the next timer of a suspended hart comes, in guest nanoseconds.</summary>
    public ulong? Deadline
    {
        get
        {
            ulong next = ulong.MaxValue;
            foreach (var hart in machine.Harts)
            {
                next = hart.Status == HartStatus.Suspended ? Math.Min(next, hart.Suspension.WakeAt) : next;
            }

            return next == ulong.MaxValue ? null : next * NanosecondsPerTick;
        }
    }

    /// <summary>Function "Hart suspend". Chapter "Hart State Management Extension", table "HSM Hart Suspend Errors"; the type has 32 bits.</summary>
    public SbiResult SuspendHart(in SbiCall call) => (uint)call.Words[0] switch
    {
        Retentive => Begin(call, retains: true),
        NonRetentive => machine.Ram.IsEntry(call.Words[1]) ? Begin(call, retains: false) : SbiResult.Fail(SbiError.InvalidAddress),
        _ => SbiResult.Fail(SbiError.InvalidParameter),
    };

    /// <summary>Function "System Suspend": all other harts are to be stopped (chapter "System Suspend Extension", tables of sleep types and errors).</summary>
    public SbiResult SuspendSystem(in SbiCall call)
    {
        var caller = call.Hart;
        if ((uint)call.Words[0] != ToMemory)
        {
            return SbiResult.Fail(SbiError.InvalidParameter);
        }

        if (!machine.Ram.IsEntry(call.Words[1]))
        {
            return SbiResult.Fail(SbiError.InvalidAddress);
        }

        return machine.Harts.All(hart => hart == caller || hart.Status == HartStatus.Stopped) ? Begin(call, retains: false) : SbiResult.Fail(SbiError.Denied);
    }

    /// <summary>Wakes who has something to wake for.</summary>
    public void ServeWaiting()
    {
        foreach (var hart in machine.Harts)
        {
            if (hart.Status == HartStatus.Suspended && (hart.MayWake || hart.Suspension.WakeAt <= Ticks) &&
                hart.TryReadInterrupts(Ticks, out ulong pending, out ulong enabled, out _) && (pending & enabled) != 0)
            {
                Resume(hart);
            }
        }
    }

    private SbiResult Begin(in SbiCall call, bool retains)
    {
        if (!call.Hart.TryReadInterrupts(Ticks, out ulong pending, out ulong enabled, out ulong timer))
        {
            return SbiResult.Fail(SbiError.Failed);
        }

        bool hasTimer = (enabled & Hart.TimerInterrupt) != 0 && timer <= ulong.MaxValue / NanosecondsPerTick;
        call.Hart.Suspend(new HartSuspension(call.ReplySlot, retains, call.Words[1], call.Words[2], hasTimer ? timer : ulong.MaxValue));
        if ((pending & enabled) != 0)
        {
            Resume(call.Hart);
        }

        return SbiResult.Silent;
    }

    /// <summary>
    /// A call that retains all returns; else the hart starts from its reset state (table "HSM Hart Resume Register State"), but for what interrupts it: who is not told by
    /// this why it woke never finds out.
    /// </summary>
    private void Resume(Hart hart)
    {
        var (reply, retains, address, opaque, _) = hart.Suspension;
        if (retains)
        {
            hart.Wake();
            machine.Answer(reply, SbiResult.Success());
            return;
        }

        hart.Stop();
        hart.Reset(keepsInterrupts: true);
        hart.Start(address, opaque);
    }
}
