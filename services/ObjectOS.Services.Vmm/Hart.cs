using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <summary>What a hart does, as the SBI's hart state management names it.</summary>
internal enum HartStatus : byte
{
    Started = 0,
    Stopped = 1,
    Suspended = 4,
}

/// <summary>A suspend of a hart by its SBI that has not ended yet.</summary>
/// <param name="ReplySlot">Where its call is answered, if it is.</param>
/// <param name="Retains">True: its call returns; else it starts anew at the address.</param>
/// <param name="Address">Where it starts.</param>
/// <param name="Opaque">Its a1 then.</param>
/// <param name="WakeAt">When its timer comes, in ticks; all ones: it has none that is to come, or sie keeps it out.</param>
internal readonly record struct HartSuspension(uint ReplySlot, bool Retains, ulong Address, ulong Opaque, ulong WakeAt);

/// <summary>A hart of a virtual machine, and what the machine drives it with.</summary>
internal sealed class Hart
{
    /// <summary>Words of <see cref="HartCapability.ReadState(Span{byte})"/>.</summary>
    public const int StateWords = 60;

    /// <summary>SSIE and SSIP; STIE and STIP.</summary>
    public const ulong SoftwareInterrupt = 1 << 1, TimerInterrupt = 1 << 5;

    /// <summary>The bit of a mask of lines that has the hart forget its cached translations.</summary>
    private const ulong ForgetTranslations = 1UL << 63;

    private const int PrivilegeIndex = 1, MieIndex = 5, SatpIndex = 21, MipIndex = 24, LinesIndex = 25, StimecmpIndex = 26, TimerIndex = 27, ExceptionsIndex = 49;

    private ulong _lines;
    private ulong _timer = ulong.MaxValue;

    /// <param name="capability">It as a kernel object.</param>
    /// <param name="number">Its number as a thread.</param>
    /// <param name="id">Its mhartid.</param>
    public Hart(HartCapability capability, ulong number, int id)
    {
        (Capability, Number, Id) = (capability, number, id);
        Counters = new HartCounters(this);
    }

    public HartCapability Capability { get; }

    public ulong Number { get; }

    public int Id { get; }

    /// <summary>What its SBI counts for it.</summary>
    public HartCounters Counters { get; }

    public HartStatus Status { get; private set; } = HartStatus.Stopped;

    /// <summary>How it is suspended, while it is.</summary>
    public HartSuspension Suspension { get; private set; }

    /// <summary>True: while it was suspended, something has come that may wake it.</summary>
    public bool MayWake { get; private set; }

    /// <summary>Drives a line where it is not driven so already.</summary>
    public void Drive(int line, bool level)
    {
        ulong bit = 1UL << line;
        if (((_lines & bit) != 0) != level)
        {
            _lines ^= bit;
            Capability.SetLines(bit, _lines & bit);
            MayWake |= level && Status == HartStatus.Suspended;
        }
    }

    /// <summary>Raises the supervisor's software interrupt, which the hart clears itself.</summary>
    public void RaiseSoftware()
    {
        Capability.SetLines(SoftwareInterrupt, SoftwareInterrupt);
        MayWake |= Status == HartStatus.Suspended;
    }

    public void ClearSoftware() => Capability.SetLines(SoftwareInterrupt, 0);

    public void ForgetCachedTranslations() => Capability.SetLines(ForgetTranslations, 0);

    public void SetTimer(ulong deadline)
    {
        _timer = deadline;
        Capability.SetTimer(deadline);
    }

    /// <summary>Sets how many ticks its time is ahead of guest time.</summary>
    public void SetTimeOffset(ulong ticks) => Capability.SetTimeOffset(ticks);

    /// <summary>Starts it from its reset state.</summary>
    public void Start(ulong pc, ulong a1, ulong a2 = 0)
    {
        Span<ulong> state = stackalloc ulong[ThreadState.Words];
        state[ThreadState.Pc] = pc;
        state[ThreadState.X(10)] = (ulong)Id;
        state[ThreadState.X(11)] = a1;
        state[ThreadState.X(12)] = a2;
        Capability.Thread.WriteState(state);
        Status = HartStatus.Started;
        Capability.Thread.Resume();
    }

    /// <summary>Stops it where it is; an answer that it waits for is not wanted any more.</summary>
    public void Stop()
    {
        Capability.Thread.Suspend();
        Status = HartStatus.Stopped;
        MayWake = false;
    }

    /// <summary>It waits in a call of its SBI until <see cref="Wake"/> or <see cref="Stop"/>.</summary>
    public void Suspend(in HartSuspension suspension)
    {
        Suspension = suspension;
        Status = HartStatus.Suspended;
        MayWake = false;
    }

    /// <summary>It is suspended no more, and its call is to be answered.</summary>
    public void Wake()
    {
        Status = HartStatus.Started;
        MayWake = false;
    }

    /// <summary>Brings it, stopped, into its reset state; what drives its lines goes on doing so.</summary>
    /// <param name="keepsInterrupts">True: its own timer and software interrupt stay, too.</param>
    public void Reset(bool keepsInterrupts = false)
    {
        Capability.Reset(keepsInterrupts);
        Counters.Reset();
        Capability.SetLines(_lines, _lines);
        if (_timer != ulong.MaxValue)
        {
            Capability.SetTimer(_timer);
        }
    }

    /// <summary>The machine reboots: nothing drives it any more.</summary>
    public void Reboot()
    {
        Stop();
        _lines = 0;
        _timer = ulong.MaxValue;
        Capability.Reset();
        Counters.Reset();
    }

    /// <summary>Exceptions with a cause from 0 to 7 that it has taken since its reset.</summary>
    public ulong ExceptionsTaken(int cause)
    {
        Span<ulong> state = stackalloc ulong[StateWords];
        return TryReadState(state) ? state[ExceptionsIndex + cause] : 0;
    }

    /// <summary>Its privilege mode and satp; false: they cannot be read now.</summary>
    public bool TryReadTranslation(out ulong satp)
    {
        Span<ulong> state = stackalloc ulong[StateWords];
        bool isRead = TryReadState(state);
        satp = state[SatpIndex];
        return isRead && state[PrivilegeIndex] < 3;
    }

    /// <summary>
    /// What is pending of a supervisor-mode hart, what its sie lets through, and when its timer comes, in ticks (all ones: never). False: they cannot be read now.
    /// </summary>
    public bool TryReadInterrupts(ulong ticks, out ulong pending, out ulong enabled, out ulong timer)
    {
        Span<ulong> state = stackalloc ulong[StateWords];
        bool isRead = TryReadState(state);
        timer = Math.Min(state[StimecmpIndex], state[TimerIndex]);
        pending = state[MipIndex] | state[LinesIndex] | (ticks >= timer ? TimerInterrupt : 0);
        enabled = state[MieIndex];
        return isRead;
    }

    /// <summary>True where it has executed WFI, and nothing that it has can wake it.</summary>
    public bool WaitsAlone()
    {
        Span<byte> state = stackalloc byte[StateWords * 8];
        return Capability.ReadState(state, out var wait) == KernelStatus.Ok && wait == HartWait.Alone;
    }

    public bool TryReadState(Span<ulong> state)
    {
        Span<byte> bytes = stackalloc byte[StateWords * 8];
        if (Capability.ReadState(bytes) != KernelStatus.Ok)
        {
            return false;
        }

        for (int i = 0; i < StateWords; i++)
        {
            state[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * 8)..]);
        }

        return true;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(Capability.Slot);
        writer.Write(Number);
        writer.Write(Id);
        writer.Write(_lines);
        writer.Write(_timer);
        writer.Write((byte)Status);
        writer.Write(MayWake);
        writer.Write(Suspension.ReplySlot);
        writer.Write(Suspension.Retains);
        writer.Write(Suspension.Address);
        writer.Write(Suspension.Opaque);
        writer.Write(Suspension.WakeAt);
        Counters.Save(writer);
    }

    public static Hart Restore(Invoker invoker, BinaryReader reader)
    {
        var hart = new Hart(new HartCapability(invoker, reader.ReadUInt32()), reader.ReadUInt64(), reader.ReadInt32())
        {
            _lines = reader.ReadUInt64(),
            _timer = reader.ReadUInt64(),
            Status = (HartStatus)reader.ReadByte(),
            MayWake = reader.ReadBoolean(),
            Suspension = new HartSuspension(reader.ReadUInt32(), reader.ReadBoolean(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64()),
        };
        hart.Counters.Restore(reader);
        return hart;
    }
}
