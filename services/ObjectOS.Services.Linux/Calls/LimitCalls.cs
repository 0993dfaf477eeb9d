using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Resource limits: getrlimit(2).</summary>
internal static class LimitCalls
{
    private const int Record = 16;

    public static CallResult Get(LinuxCall call) => Exchange(call, call.Process, call[0], 0, call[1]);

    public static CallResult Set(LinuxCall call) => call[1] == 0 ? Errno.EFAULT : Exchange(call, call.Process, call[0], call[1], 0);

    public static CallResult GetOrSet(LinuxCall call)
    {
        var process = call.Int(0) == 0 ? call.Process : call.Job.Processes.GetValueOrDefault(call.Int(0));
        return call[1] >= ResourceLimits.Count ? Errno.EINVAL : process is null ? Errno.ESRCH : Exchange(call, process, call[1], call[2], call[3]);
    }

    private static CallResult Exchange(LinuxCall call, LinuxProcess process, ulong resource, ulong wanted, ulong old)
    {
        if (resource >= ResourceLimits.Count)
        {
            return Errno.EINVAL;
        }

        Span<byte> bytes = stackalloc byte[Record];
        if ((wanted != 0 && !call.TryRead(wanted, bytes)) || (old != 0 && !call.TryPrepare(old, Record)))
        {
            return call.Failure;
        }

        var (soft, hard) = process.Limits[(int)resource];
        if (wanted != 0)
        {
            var error = process.Limits.Set((int)resource, BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
            if (error != Errno.None)
            {
                return error;
            }

            process.Descriptors.Most = process.Limits.MostDescriptors;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes, soft);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], hard);
        if (old != 0)
        {
            call.Write(old, bytes);
        }

        return 0L;
    }
}
