using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>close, dup, fcntl, ioctl.</summary>
internal static class DescriptorCalls
{
    private const int CostOfClose = 180;

    public static CallResult Close(LinuxCall call) => call.Process.Descriptors.Remove(call.Int(0)) ? 0L : Errno.EBADF;

    /// <summary>close_range: closes a range of descriptors, or marks them (uapi/linux/close_range.h); no process shares its table with another.</summary>
    public static CallResult CloseRange(LinuxCall call)
    {
        const ulong Unshare = 2;
        const ulong MarkOnly = 4;
        ulong first = (uint)call[0];
        ulong last = (uint)call[1];
        if (first > last || (call[2] & ~(Unshare | MarkOnly)) != 0)
        {
            return Errno.EINVAL;
        }

        var table = call.Process.Descriptors;
        int from = (int)Math.Min(first, DescriptorTable.Limit);
        for (int i = table.Next(from); i >= 0 && (ulong)i <= last; i = table.Next(i + 1))
        {
            call.Charge(CostOfClose);
            if ((call[2] & MarkOnly) != 0)
            {
                table.SetClosedOnExec(i, true);
            }
            else
            {
                table.Remove(i);
            }
        }

        return 0L;
    }

    public static CallResult Duplicate(LinuxCall call) => Duplicate(call, 0, false);

    private static CallResult Duplicate(LinuxCall call, ulong lowest, bool closeOnExec)
    {
        if (call.Process.Descriptors.Find(call.Int(0)) is not { } file)
        {
            return Errno.EBADF;
        }

        if (lowest >= (ulong)call.Process.Descriptors.Most)
        {
            return Errno.EINVAL;
        }

        int made = call.Process.Descriptors.Add(file, closeOnExec, (int)lowest);
        return made < 0 ? Errno.EMFILE : made;
    }

    public static CallResult Duplicate3(LinuxCall call)
    {
        if (call.Process.Descriptors.Find(call.Int(0)) is not { } file || call[1] >= (ulong)call.Process.Descriptors.Most)
        {
            return Errno.EBADF;
        }

        if (call[0] == call[1])
        {
            return Errno.EINVAL;
        }

        call.Process.Descriptors.Set(call.Int(1), file, ((uint)call[2] & Linux.OpenCloseOnExec) != 0);
        return (long)call[1];
    }

    public static CallResult Control(LinuxCall call)
    {
        var table = call.Process.Descriptors;
        if (table.Find(call.Int(0)) is not { } file)
        {
            return Errno.EBADF;
        }

        const uint Changeable = Linux.OpenAppend | Linux.OpenNonBlocking;
        switch (call[1])
        {
            case 0:
                return Duplicate(call, call[2], false);
            case 1030:
                return Duplicate(call, call[2], true);
            case 1:
                return table.IsClosedOnExec(call.Int(0)) ? 1L : 0L;
            case 2:
                table.SetClosedOnExec(call.Int(0), (call[2] & 1) != 0);
                return 0L;
            case 3:
                return file.Flags & ~(Linux.OpenCloseOnExec | Linux.OpenCreate | Linux.OpenExclusive | Linux.OpenTruncate);
            case 4:
                file.Flags = (file.Flags & ~Changeable) | ((uint)call[2] & Changeable);
                return 0L;
            case LockCalls.GetLock or LockCalls.SetLock or LockCalls.SetLockAndWait or LockCalls.GetFileLock or LockCalls.SetFileLock or LockCalls.SetFileLockAndWait:
                return LockCalls.Control(call);
            case 1032:
                return file.Pipe is { } pipe ? pipe.Capacity : Errno.EBADF;
            default:
                return Errno.EINVAL;
        }
    }

    public static CallResult DeviceControl(LinuxCall call)
    {
        if (call.Process.Descriptors.Find(call.Int(0)) is not { } file)
        {
            return Errno.EBADF;
        }

        switch (call[1])
        {
            case 0x5401 when file.IsTerminal:
                return call.TryWrite(call[2], Terminal()) ? 0L : call.Failure;
            case 0x5402 or 0x5403 or 0x5404 when file.IsTerminal:
                return 0L;
            case 0x5413 when file.IsTerminal:
                return call.TryWrite(call[2], [24, 0, 80, 0, 0, 0, 0, 0]) ? 0L : call.Failure;
            case 0x540f when file.IsTerminal:
                return call.TryWrite(call[2], BitConverter.GetBytes(call.Process.GroupId)) ? 0L : call.Failure;
            case 0x5410 when file.IsTerminal:
                return 0L;
            case 0x541b:
                int ready = file.Pipe?.Length ?? (file.Kind == OpenFileKind.Input && call.Job.Readers.TryGetValue(file.Stream, out var reader) ? reader.Available.Length : 0);
                return call.TryWrite(call[2], BitConverter.GetBytes(ready)) ? 0L : call.Failure;
            case 0x5421:
                Span<byte> on = stackalloc byte[4];
                if (!call.TryRead(call[2], on))
                {
                    return call.Failure;
                }

                file.Flags = on.ContainsAnyExcept((byte)0) ? file.Flags | Linux.OpenNonBlocking : file.Flags & ~Linux.OpenNonBlocking;
                return 0L;
            case 0x5450 or 0x5451:
                call.Process.Descriptors.SetClosedOnExec(call.Int(0), call[1] == 0x5451);
                return 0L;
            default:
                return Errno.ENOTTY;
        }
    }

    /// <summary>struct termios of a terminal in its usual mode (asm-generic/termbits.h).</summary>
    private static byte[] Terminal()
    {
        var bytes = new byte[36];
        uint[] modes = [0x500, 0x5, 0xbf, 0x8a3b];
        for (int i = 0; i < modes.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), modes[i]);
        }

        ReadOnlySpan<byte> characters = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22];
        characters.CopyTo(bytes.AsSpan(17));
        return bytes;
    }
}
