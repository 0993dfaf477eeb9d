using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Clocks, sleeping, alarms.</summary>
internal static class TimeCalls
{
    /// <summary>A timespec as nanoseconds; what does not fit is as long as can be.</summary>
    public static ulong ReadTime(ReadOnlySpan<byte> bytes)
    {
        ulong seconds = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong rest = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        return seconds > 1UL << 33 ? 1UL << 62 : (seconds * Linux.NanosecondsPerSecond) + Math.Min(rest, Linux.NanosecondsPerSecond);
    }

    /// <summary>False for a timespec that Linux refuses: negative, or with a thousand million nanoseconds and more (timespec64_valid).</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadInt64LittleEndian(bytes) >= 0 && BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) < Linux.NanosecondsPerSecond;

    /// <summary>The guest time so many nanoseconds from now.</summary>
    public static ulong Later(LinuxCall call, ulong nanoseconds) => call.System.Now + Math.Min(nanoseconds, 1UL << 62);

    /// <summary>The guest time at which a clock shows a time.</summary>
    public static ulong At(LinuxCall call, bool isRealTime, ulong time) =>
        !isRealTime ? time : time - Math.Min(time, call.Job.Request.WallClockBase);

    private static ulong Clock(LinuxCall call, ulong clock) => clock is 0 or 5 or 11 ? call.Job.WallClock : call.System.Now;

    private static CallResult WriteTime(LinuxCall call, ulong address, ulong nanoseconds, ulong unit = 1)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, nanoseconds / Linux.NanosecondsPerSecond);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), nanoseconds % Linux.NanosecondsPerSecond / unit);
        return address == 0 || call.TryWrite(address, bytes) ? 0L : call.Failure;
    }

    public static CallResult GetClock(LinuxCall call) => call[0] > 11 && (long)call[0] > 0 ? Errno.EINVAL : WriteTime(call, call[1], Clock(call, call[0]));

    public static CallResult GetResolution(LinuxCall call) => call[0] > 11 && (long)call[0] > 0 ? Errno.EINVAL : WriteTime(call, call[1], 1);

    public static CallResult GetTimeOfDay(LinuxCall call) => WriteTime(call, call[0], call.Job.WallClock, 1000);

    public static CallResult Sleep(LinuxCall call) => Sleep(call, 0, call[0], call[1], false);

    public static CallResult SleepClock(LinuxCall call) => Sleep(call, call[0], call[2], call[3], (call[1] & 1) != 0);

    private static CallResult Sleep(LinuxCall call, ulong clock, ulong request, ulong rest, bool isAbsolute)
    {
        if (call.Progress == 0)
        {
            Span<byte> bytes = stackalloc byte[16];
            if (!call.TryRead(request, bytes))
            {
                return call.Failure;
            }

            if (!IsValid(bytes))
            {
                return Errno.EINVAL;
            }

            call.Deadline = isAbsolute ? At(call, clock == 0, ReadTime(bytes)) : Later(call, ReadTime(bytes));
            call.Progress = 1;
        }

        if (call.IsTimedOut)
        {
            return 0L;
        }

        if (!call.IsInterrupted)
        {
            return CallResult.Parked;
        }

        var result = isAbsolute ? 0L : WriteTime(call, rest, call.Deadline - call.System.Now);
        return result.Outcome == CallOutcome.Suspended ? result : Errno.EINTR;
    }

    public static CallResult Times(LinuxCall call)
    {
        ulong ticks = call.System.Now / 10_000_000;
        var bytes = new byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, ticks);
        return call[0] == 0 || call.TryWrite(call[0], bytes) ? (long)ticks : call.Failure;
    }

    public static CallResult Usage(LinuxCall call)
    {
        var bytes = new byte[144];
        ulong now = call.System.Now;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, now / Linux.NanosecondsPerSecond);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), now % Linux.NanosecondsPerSecond / 1000);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), call.Process.Memory.Mapped / 1024);
        return call.TryWrite(call[1], bytes) ? 0L : call.Failure;
    }

    public static CallResult GetInterval(LinuxCall call) => call[0] != 0 ? Errno.EINVAL : call.TryWrite(call[1], Interval(call)) ? 0L : call.Failure;

    private static byte[] Interval(LinuxCall call)
    {
        var process = call.Process;
        ulong left = process.Alarm == LinuxCall.Never ? 0 : process.Alarm - Math.Min(process.Alarm, call.System.Now);
        var bytes = new byte[32];
        ulong[] times = [process.AlarmPeriod, left];
        for (int i = 0; i < 2; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 16), times[i] / Linux.NanosecondsPerSecond);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((i * 16) + 8), times[i] % Linux.NanosecondsPerSecond / 1000);
        }

        return bytes;
    }

    public static CallResult SetInterval(LinuxCall call)
    {
        var bytes = new byte[32];
        if (call[0] != 0)
        {
            return Errno.EINVAL;
        }

        if (!call.TryRead(call[1], bytes) || (call[2] != 0 && !call.TryWrite(call[2], Interval(call))))
        {
            return call.Failure;
        }

        ulong TimeAt(int at) => (Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)), 1UL << 32) * Linux.NanosecondsPerSecond)
            + (Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + 8)), 1_000_000) * 1000);

        ulong first = TimeAt(16);
        call.Process.AlarmPeriod = TimeAt(0);
        call.Process.Alarm = first == 0 ? LinuxCall.Never : Later(call, first);
        return 0L;
    }
}
