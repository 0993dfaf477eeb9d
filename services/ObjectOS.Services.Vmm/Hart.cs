using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <summary>What a hart does, as the SBI's hart state management names it.</summary>
internal enum HartStatus : byte
{
    Started = 0,
    Stopped = 1,
}

/// <summary>A hart of a virtual machine, and what the machine drives it with.</summary>
/// <param name="capability">It as a kernel object.</param>
/// <param name="number">Its number as a thread.</param>
/// <param name="id">Its mhartid.</param>
internal sealed class Hart(HartCapability capability, ulong number, int id)
{
    /// <summary>Words of <see cref="HartCapability.ReadState(Span{byte})"/>.</summary>
    public const int StateWords = 49;

    /// <summary>The bit of a mask of lines that has the hart forget its cached translations.</summary>
    private const ulong ForgetTranslations = 1UL << 63;

    private const int SoftwareLine = 1, SatpIndex = 21, PrivilegeIndex = 1;

    private ulong _lines;
    private ulong _timer = ulong.MaxValue;

    public HartCapability Capability => capability;

    public ulong Number => number;

    public int Id => id;

    public HartStatus Status { get; private set; } = HartStatus.Stopped;

    /// <summary>Drives a line where it is not driven so already.</summary>
    public void Drive(int line, bool level)
    {
        ulong bit = 1UL << line;
        if (((_lines & bit) != 0) != level)
        {
            _lines ^= bit;
            capability.SetLines(bit, _lines & bit);
        }
    }

    /// <summary>Raises the supervisor's software interrupt, which the hart clears itself.</summary>
    public void RaiseSoftware() => capability.SetLines(1UL << SoftwareLine, 1UL << SoftwareLine);

    public void ForgetCachedTranslations() => capability.SetLines(ForgetTranslations, 0);

    public void SetTimer(ulong deadline)
    {
        _timer = deadline;
        capability.SetTimer(deadline);
    }

    /// <summary>Sets how many ticks its time is ahead of guest time.</summary>
    public void SetTimeOffset(ulong ticks) => capability.SetTimeOffset(ticks);

    /// <summary>Starts it from its reset state.</summary>
    public void Start(ulong pc, ulong a1, ulong a2 = 0)
    {
        Span<ulong> state = stackalloc ulong[ThreadState.Words];
        state[ThreadState.Pc] = pc;
        state[ThreadState.X(10)] = (ulong)id;
        state[ThreadState.X(11)] = a1;
        state[ThreadState.X(12)] = a2;
        capability.Thread.WriteState(state);
        Status = HartStatus.Started;
        capability.Thread.Resume();
    }

    /// <summary>Stops it where it is; an answer that it waits for is not wanted any more.</summary>
    public void Stop()
    {
        capability.Thread.Suspend();
        Status = HartStatus.Stopped;
    }

    /// <summary>Brings it, stopped, into its reset state; what drives its lines goes on doing so.</summary>
    public void Reset()
    {
        capability.Reset();
        capability.SetLines(_lines, _lines);
        if (_timer != ulong.MaxValue)
        {
            capability.SetTimer(_timer);
        }
    }

    /// <summary>The machine reboots: nothing drives it any more.</summary>
    public void Reboot()
    {
        Stop();
        _lines = 0;
        _timer = ulong.MaxValue;
        capability.Reset();
    }

    /// <summary>Its privilege mode and satp; false: they cannot be read now.</summary>
    public bool TryReadTranslation(out ulong satp)
    {
        Span<ulong> state = stackalloc ulong[StateWords];
        bool isRead = TryReadState(state);
        satp = state[SatpIndex];
        return isRead && state[PrivilegeIndex] < 3;
    }

    /// <summary>True where it has executed WFI, and nothing that it has can wake it.</summary>
    public bool WaitsAlone()
    {
        Span<byte> state = stackalloc byte[StateWords * 8];
        return capability.ReadState(state, out var wait) == KernelStatus.Ok && wait == HartWait.Alone;
    }

    public bool TryReadState(Span<ulong> state)
    {
        Span<byte> bytes = stackalloc byte[StateWords * 8];
        if (capability.ReadState(bytes) != KernelStatus.Ok)
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
        writer.Write(capability.Slot);
        writer.Write(number);
        writer.Write(id);
        writer.Write(_lines);
        writer.Write(_timer);
        writer.Write((byte)Status);
    }

    public static Hart Restore(Invoker invoker, BinaryReader reader) =>
        new(new HartCapability(invoker, reader.ReadUInt32()), reader.ReadUInt64(), reader.ReadInt32())
        {
            _lines = reader.ReadUInt64(),
            _timer = reader.ReadUInt64(),
            Status = (HartStatus)reader.ReadByte(),
        };
}
