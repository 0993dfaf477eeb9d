using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>What the system is, limits, random bytes, and calls that do nothing.</summary>
internal static class SystemCalls
{
    public static CallResult Nothing(LinuxCall call) => 0L;

    public static CallResult NotPermitted(LinuxCall call) => Errno.EPERM;

    public static CallResult InvalidArgument(LinuxCall call) => Errno.EINVAL;

    public static CallResult NoFamily(LinuxCall call) => Errno.EAFNOSUPPORT;

    public static CallResult NotSocket(LinuxCall call) => call.Process.Descriptors.Find(call.Int(0)) is null ? Errno.EBADF : Errno.ENOTSOCK;

    public static CallResult Name(LinuxCall call)
    {
        var bytes = new byte[65 * 6];
        string[] parts = ["Linux", "objectos", "6.1.0", "#1 ObjectOS", "riscv64", "(none)"];
        for (int i = 0; i < parts.Length; i++)
        {
            Encoding.ASCII.GetBytes(parts[i], bytes.AsSpan(i * 65));
        }

        return call.TryWrite(call[0], bytes) ? 0L : call.Failure;
    }

    public static CallResult Information(LinuxCall call)
    {
        var bytes = new byte[112];
        ulong memory = call.Job.Request.MemoryLimit;
        call.Job.Cell.Status(out var figures);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, call.System.Now / Linux.NanosecondsPerSecond);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), memory);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), memory - Math.Min(memory, figures.ChargedBytes));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(80), (ushort)call.Job.Processes.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(104), 1);
        return call.TryWrite(call[0], bytes) ? 0L : call.Failure;
    }

    /// <summary>Virtual instructions of a random byte.</summary>
    public const int CostOfRandomByte = 2;

    private const ulong RandomStep = 1 << 16;

    public static CallResult GetRandom(LinuxCall call)
    {
        const ulong MostRandom = 32UL << 20; // Less than what may come at once in Linux, and more than one wants.
        if ((call[2] & ~7UL) != 0)
        {
            return Errno.EINVAL;
        }

        ulong total = Math.Min(call[1], MostRandom);
        var bytes = new byte[Math.Min(total - call.Progress, RandomStep)];
        ulong state = call.Process.FillRandom(bytes);
        if (!call.TryWrite(call[0] + call.Progress, bytes))
        {
            return call.Failure == Errno.EFAULT && call.Progress > 0 ? (long)call.Progress : call.Failure;
        }

        call.Process.RandomState = state;
        call.Charge(bytes.Length * CostOfRandomByte);
        call.Progress += (ulong)bytes.Length;
        return call.Progress == total || call.IsInterrupted ? (long)call.Progress : CallResult.Continued;
    }

    public static CallResult FileMask(LinuxCall call)
    {
        uint old = call.Process.FileMask;
        call.Process.FileMask = (uint)call[0] & 0x1ff;
        return old;
    }

    public static CallResult GetCpu(LinuxCall call)
    {
        var zero = new byte[4];
        return (call[0] == 0 || call.TryWrite(call[0], zero)) && (call[1] == 0 || call.TryWrite(call[1], zero)) ? 0L : call.Failure;
    }

    public static CallResult GetAffinity(LinuxCall call) =>
        call[1] < 8 ? Errno.EINVAL : call.TryWrite(call[2], [1, 0, 0, 0, 0, 0, 0, 0]) ? 8L : call.Failure;

    public static CallResult GetSchedulingParameter(LinuxCall call) => call.TryWrite(call[1], new byte[4]) ? 0L : call.Failure;
}
