using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Timers of a process, and timers that are open files: timer_create(2), timerfd_create(2).</summary>
internal static class TimerCalls
{
    private const int Record = 32;
    private const uint Absolute = 1;
    private const ulong BootClock = 7;

    public static CallResult Create(LinuxCall call)
    {
        const int AlarmSignal = 14;
        const int ByThread = 4;
        if (call[0] is not (<= 3 or BootClock or 11))
        {
            return call[0] is 8 or 9 ? Errno.EPERM : Errno.EINVAL;
        }

        var timers = call.Process.Timers;
        if (!timers.HasRoom)
        {
            return Errno.EAGAIN;
        }

        Span<byte> wanted = stackalloc byte[24];
        if ((call[1] != 0 && !call.TryReadAddresses(call[1], wanted)) || !call.TryPrepare(call[2], 4))
        {
            return call.Failure;
        }

        int id = timers.NextId;
        int notify = BinaryPrimitives.ReadInt32LittleEndian(wanted[12..]);
        int signal = call[1] == 0 ? AlarmSignal : BinaryPrimitives.ReadInt32LittleEndian(wanted[8..]);
        ulong value = call[1] == 0 ? (ulong)id : BinaryPrimitives.ReadUInt64LittleEndian(wanted);
        int thread = BinaryPrimitives.ReadInt32LittleEndian(wanted[16..]);
        if (notify is not (0 or 1 or ByThread) || (notify != 1 && signal is < 1 or > LinuxProcess.Signals)
            || (notify == ByThread && !call.Process.Threads.Exists(other => other.Id == thread)))
        {
            return Errno.EINVAL;
        }

        timers.Add(new ProcessTimer(id, call[0] is 0 or 11, notify, signal, value, thread));
        call.Write(call[2], BitConverter.GetBytes(id));
        return 0L;
    }

    public static CallResult Set(LinuxCall call)
    {
        if (call.Process.Timers.Find(call.Int(0)) is not { } timer)
        {
            return Errno.EINVAL;
        }

        var result = Set(call, timer.Timer, timer.IsRealTime);
        timer.Overrun = result == 0L ? 0 : timer.Overrun;
        call.Process.Timers.Renew();
        return result;
    }

    public static CallResult Get(LinuxCall call) =>
        call.Process.Timers.Find(call.Int(0)) is not { } timer ? Errno.EINVAL : call.TryWrite(call[1], Left(call, timer.Timer)) ? 0L : call.Failure;

    public static CallResult GetOverrun(LinuxCall call) => call.Process.Timers.Find(call.Int(0)) is { } timer ? timer.Overrun : Errno.EINVAL;

    public static CallResult Delete(LinuxCall call)
    {
        if (call.Process.Timers.Find(call.Int(0)) is null)
        {
            return Errno.EINVAL;
        }

        call.Process.Timers.Remove(call.Int(0));
        return 0L;
    }

    public static CallResult CreateFile(LinuxCall call)
    {
        uint flags = (uint)call[1];
        if (call[0] is not (0 or 1 or BootClock) || (flags & ~(Linux.OpenNonBlocking | Linux.OpenCloseOnExec)) != 0)
        {
            return call[0] is 8 or 9 ? Errno.EPERM : Errno.EINVAL;
        }

        var file = new OpenFile(call.System.NewId(), OpenFileKind.Timer, "anon_inode:[timerfd]", (flags & Linux.OpenNonBlocking) | Linux.OpenReadWrite)
        {
            Timer = new IntervalTimer(),
            Counter = call[0] == 0 ? 1u : 0,
            Job = call.Job,
        };
        int made = call.Process.Descriptors.Add(file, (flags & Linux.OpenCloseOnExec) != 0);
        if (made < 0)
        {
            return Errno.EMFILE;
        }

        call.Job.EventFiles.Add(file.Id, file);
        return made;
    }

    public static CallResult SetFile(LinuxCall call)
    {
        const ulong EndsWithClock = 2;
        return (call[1] & ~(Absolute | EndsWithClock)) != 0 ? Errno.EINVAL
            : !call.TryFile(0, out var file) ? call.Failure
            : file.Timer is { } timer ? Set(call, timer, file.Counter != 0)
            : Errno.EINVAL;
    }

    public static CallResult GetFile(LinuxCall call) =>
        !call.TryFile(0, out var file) ? call.Failure
        : file.Timer is not { } timer ? Errno.EINVAL
        : call.TryWrite(call[1], Left(call, timer)) ? 0L
        : call.Failure;

    /// <summary>Reads the number of expirations, as eight bytes.</summary>
    public static CallResult Read(LinuxCall call, OpenFile file, ulong count, TakeBytes take)
    {
        var timer = file.Timer!;
        if (count < 8)
        {
            return Errno.EINVAL;
        }

        timer.Advance(call.System.Now);
        if (timer.Expirations == 0)
        {
            return file.IsNonBlocking ? Errno.EAGAIN : call.WaitFor(file.Id);
        }

        if (!take(BitConverter.GetBytes(timer.Expirations)))
        {
            return call.Failure;
        }

        timer.Expirations = 0;
        return 8L;
    }

    /// <summary>Sets a timer by the record at the third argument; the old one goes to the fourth.</summary>
    private static CallResult Set(LinuxCall call, IntervalTimer timer, bool isRealTime)
    {
        Span<byte> wanted = stackalloc byte[Record];
        if (!call.TryRead(call[2], wanted))
        {
            return call.Failure;
        }

        if (!TimeCalls.IsValid(wanted) || !TimeCalls.IsValid(wanted[16..]))
        {
            return Errno.EINVAL;
        }

        if (call[3] != 0 && !call.TryPrepare(call[3], Record))
        {
            return call.Failure;
        }

        byte[] old = Left(call, timer);
        ulong first = TimeCalls.ReadTime(wanted[16..]);
        timer.Set(
            first == 0 ? LinuxCall.Never : (call[1] & Absolute) != 0 ? TimeCalls.At(call, isRealTime, first) : TimeCalls.Later(call, first),
            TimeCalls.ReadTime(wanted));
        if (call[3] != 0)
        {
            call.Write(call[3], old);
        }

        return 0L;
    }

    /// <summary>struct itimerspec: the period, and the time that is left.</summary>
    private static byte[] Left(LinuxCall call, IntervalTimer timer)
    {
        var bytes = new byte[Record];
        ulong[] times = [timer.Period, timer.Left(call.System.Now)];
        for (int i = 0; i < times.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 16), times[i] / Linux.NanosecondsPerSecond);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((i * 16) + 8), times[i] % Linux.NanosecondsPerSecond);
        }

        return bytes;
    }
}
