using ObjectOS.Abi;

namespace ObjectOS.Services.Linux;

/// <summary>RLIMIT_FSIZE: a write ends at the limit, and one that begins there is refused with a signal (setrlimit(2)).</summary>
internal static class FileLimit
{
    private const int Exceeded = 25; // SIGXFSZ

    /// <summary>Cuts a write down to what the limit leaves; not 0: why nothing is written, or what is waited for.</summary>
    public static CallResult Trim(LinuxCall call, OpenFile file, ulong? at, ref ulong count, ref int step)
    {
        ulong position = at ?? file.Position;
        if (file.IsAppending && file.Kind == OpenFileKind.HostFile)
        {
            step = 1;
            if (!call.TryReply(0, out var reply))
            {
                return call.Ask(file.Grant, HostFileOperation.HandleStatus, [], file.Handle);
            }

            if (reply.IsError || !HostFileStatus.TryRead(reply.Data, out var status))
            {
                return reply.IsError ? reply.Result : Errno.EIO;
            }

            position = status.Size;
        }
        else if (file.IsAppending)
        {
            position = file.Inode!.Length;
        }

        ulong limit = call.Process.Limits.LargestFile;
        if (position >= limit)
        {
            return Refuse(call);
        }

        count = Math.Min(count, limit - position);
        return 0L;
    }

    /// <summary>Says whether a file may be made that long.</summary>
    public static CallResult Check(LinuxCall call, ulong length) => length > call.Process.Limits.LargestFile ? Refuse(call) : 0L;

    private static CallResult Refuse(LinuxCall call)
    {
        call.System.Send(call.Thread, new SignalInfo(Exceeded, SignalInfo.FromKernel, 0, 0));
        return Errno.EFBIG;
    }
}
