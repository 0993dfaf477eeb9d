using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>What a process sets of itself and asks of its rights: prctl, priorities, capabilities.</summary>
internal static class ControlCalls
{
    /// <summary>The last capability (CAP_CHECKPOINT_RESTORE), and all of them as bits.</summary>
    private const int LastCapability = 40;
    private const ulong AllCapabilities = (1UL << (LastCapability + 1)) - 1;

    public static CallResult Control(LinuxCall call)
    {
        var process = call.Process;
        var traits = process.Traits;
        bool isFlag = call[1] <= 1;
        switch (call[0])
        {
            case 1 when call[1] <= LinuxProcess.Signals:
                process.Traits = traits with { DeathSignal = call.Int(1) };
                return 0L;
            case 2:
                return WriteNumber(call, traits.DeathSignal);
            case 3:
                return traits.IsDumpable ? 1L : 0L;
            case 4 when isFlag:
                process.Traits = traits with { IsDumpable = call[1] == 1 };
                return 0L;
            case 7:
                return traits.KeepsCapabilities ? 1L : 0L;
            case 8 when isFlag:
                process.Traits = traits with { KeepsCapabilities = call[1] == 1 };
                return 0L;
            case 15 or 16:
                return call[0] == 15 ? SetName(call) : GetName(call);
            case 21 or 29 or 0x53564d41:
                return 0L; // No seccomp; slack of timers, and names of memory, have no effect.
            case 23:
                return call[1] <= LastCapability ? 1L : Errno.EINVAL;
            case 30:
                return 50_000L;
            case 36:
                process.Traits = traits with { IsSubreaper = call[1] != 0 };
                return 0L;
            case 37:
                return WriteNumber(call, traits.IsSubreaper ? 1 : 0);
            case 38 when call[1] == 1 && (call[2] | call[3] | call[4]) == 0:
                process.Traits = traits with { HasNoNewPrivileges = true };
                return 0L;
            case 39 when (call[1] | call[2] | call[3] | call[4]) == 0:
                return traits.HasNoNewPrivileges ? 1L : 0L;
            default:
                return Errno.EINVAL;
        }
    }

    private static CallResult WriteNumber(LinuxCall call, int value) => call.TryWrite(call[1], BitConverter.GetBytes(value)) ? 0L : call.Failure;

    private static CallResult SetName(LinuxCall call)
    {
        var name = new byte[16];
        if (!call.TryRead(call[1], name))
        {
            return call.Failure;
        }

        int zero = name.AsSpan().IndexOf((byte)0);
        call.Thread.Name = Encoding.Latin1.GetString(name, 0, Math.Min(15, zero < 0 ? 15 : zero)); // Bytes, kept as they are.
        return 0L;
    }

    private static CallResult GetName(LinuxCall call)
    {
        var name = new byte[16];
        byte[] text = Encoding.Latin1.GetBytes(call.Thread.Name);
        text.AsSpan(0, Math.Min(15, text.Length)).CopyTo(name);
        return call.TryWrite(call[1], name) ? 0L : call.Failure;
    }

    /// <summary>The processes that a priority is of: a process, a group, a user's.</summary>
    private static LinuxProcess[] Named(LinuxCall call)
    {
        int who = call.Int(1);
        call.ChargeSearch(call.Job.Processes.Count);
        return [.. call.Job.Processes.Values.Where(process => !process.IsEnded && call[0] switch
        {
            0 => process.Id == (who == 0 ? call.Process.Id : who),
            1 => process.GroupId == (who == 0 ? call.Process.GroupId : who),
            _ => process.Identity.Real.User == (who == 0 ? call.Process.Identity.Real.User : (uint)who),
        })];
    }

    /// <summary>getpriority: 20 less the nice value, of the most favoured (getpriority(2), C library/kernel differences).</summary>
    public static CallResult GetPriority(LinuxCall call)
    {
        if (call[0] > 2)
        {
            return Errno.EINVAL;
        }

        var processes = Named(call);
        return processes.Length == 0 ? Errno.ESRCH : 20L - processes.Min(process => process.Traits.Nice);
    }

    public static CallResult SetPriority(LinuxCall call)
    {
        if (call[0] > 2)
        {
            return Errno.EINVAL;
        }

        var processes = Named(call);
        int nice = Math.Clamp(call.Int(2), -20, 19);
        if (processes.Length == 0)
        {
            return Errno.ESRCH;
        }

        if (!call.Process.Identity.IsSuperuser && Array.Exists(processes, process => nice < process.Traits.Nice))
        {
            return Errno.EACCES;
        }

        foreach (var process in processes)
        {
            process.Traits = process.Traits with { Nice = nice };
        }

        return 0L;
    }

    public static CallResult HighestPriority(LinuxCall call) => PriorityOf(call, 99);

    public static CallResult LowestPriority(LinuxCall call) => PriorityOf(call, 1);

    /// <summary>A bound of the priorities of a policy: only SCHED_FIFO and SCHED_RR have any.</summary>
    private static CallResult PriorityOf(LinuxCall call, long bound) => call.Int(0) switch
    {
        1 or 2 => bound,
        0 or 3 or 5 or 6 => 0L,
        _ => Errno.EINVAL,
    };

    /// <summary>clock_settime: a program does not set clocks here.</summary>
    public static CallResult SetClock(LinuxCall call) => call.Int(0) is 0 ? Errno.EPERM : Errno.EINVAL;

    /// <summary>membarrier: a job's threads run on one processor, so that all of its barriers are nothing.</summary>
    public static CallResult Barrier(LinuxCall call)
    {
        const long Supported = 1 | 8 | 16; // GLOBAL, PRIVATE_EXPEDITED and its registration.
        return call[1] != 0 ? Errno.EINVAL : call.Int(0) switch
        {
            0 => Supported,
            1 or 8 or 16 => 0L,
            _ => Errno.EINVAL,
        };
    }

    public static CallResult Personality(LinuxCall call)
    {
        var old = call.Process.Traits;
        if ((uint)call[0] != uint.MaxValue)
        {
            call.Process.Traits = old with { Personality = (uint)call[0] };
        }

        return old.Personality;
    }

    /// <summary>capget: user 0 of the cell has all capabilities, others have none (capabilities(7)).</summary>
    public static CallResult GetCapabilities(LinuxCall call)
    {
        if (!TryVersion(call, out int words, out int target, out var failure))
        {
            return failure;
        }

        var process = target == 0 ? call.Process : call.Job.Processes.GetValueOrDefault(target);
        if (process is null || target < 0)
        {
            return target < 0 ? Errno.EINVAL : Errno.ESRCH;
        }

        ulong all = process.Identity.IsSuperuser ? AllCapabilities : 0;
        var bytes = new byte[words * 12];
        for (int i = 0; i < words; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 12), (uint)(all >> (i * 32)));
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((i * 12) + 4), (uint)(all >> (i * 32)));
        }

        return call[1] == 0 ? 0L : call.TryWrite(call[1], bytes) ? 0L : call.Failure;
    }

    /// <summary>Reads the header of a capability call: its version says how many words there are. A version that is not known is answered with the newest.</summary>
    private static bool TryVersion(LinuxCall call, out int words, out int target, out CallResult failure)
    {
        const uint Newest = 0x20080522;
        Span<byte> header = stackalloc byte[8];
        words = 0;
        target = 0;
        failure = 0L;
        if (!call.TryRead(call[0], header))
        {
            failure = call.Failure;
            return false;
        }

        target = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        words = BinaryPrimitives.ReadUInt32LittleEndian(header) switch
        {
            0x19980330 => 1,
            0x20071026 or Newest => 2,
            _ => 0,
        };
        if (words == 0)
        {
            failure = !call.TryWrite(call[0], BitConverter.GetBytes(Newest)) ? call.Failure : call[1] == 0 ? 0L : Errno.EINVAL;
        }

        return words != 0;
    }
}
