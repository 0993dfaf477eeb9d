using System.Buffers.Binary;
using ObjectOS.Abi;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Reading, writing, positions.</summary>
internal static class FileCalls
{
    private const int MostVectors = 1024;
    private const ulong MostBytes = 0x7ffff000; // MAX_RW_COUNT

    // What one message moves: less than what the host's collector treats as a large object, or one request to the host.
    private const ulong Unit = 1 << 16;
    private const ulong HostUnit = 1 << 18;

    public static CallResult Read(LinuxCall call) => Read(call, null, [(call[1], call[2])]);

    public static CallResult ReadAt(LinuxCall call) => (long)call[3] < 0 ? Errno.EINVAL : Read(call, call[3], [(call[1], call[2])]);

    public static CallResult ReadVector(LinuxCall call) => TryVector(call, out var parts) ? Read(call, null, parts) : call.Failure;

    public static CallResult ReadVectorAt(LinuxCall call) =>
        (long)call[3] < 0 ? Errno.EINVAL : TryVector(call, out var parts) ? Read(call, call[3], parts) : call.Failure;

    public static CallResult ReadVectorFlags(LinuxCall call) =>
        !TryOffset(call, out ulong? at) ? call.Failure : TryVector(call, out var parts) ? Read(call, at, parts) : call.Failure;

    public static CallResult Write(LinuxCall call) => Write(call, null, [(call[1], call[2])]);

    public static CallResult WriteAt(LinuxCall call) => (long)call[3] < 0 ? Errno.EINVAL : Write(call, call[3], [(call[1], call[2])]);

    public static CallResult WriteVector(LinuxCall call) => TryVector(call, out var parts) ? Write(call, null, parts) : call.Failure;

    public static CallResult WriteVectorAt(LinuxCall call) =>
        (long)call[3] < 0 ? Errno.EINVAL : TryVector(call, out var parts) ? Write(call, call[3], parts) : call.Failure;

    public static CallResult WriteVectorFlags(LinuxCall call) =>
        !TryOffset(call, out ulong? at) ? call.Failure : TryVector(call, out var parts) ? Write(call, at, parts) : call.Failure;

    /// <summary>The offset of preadv2 and pwritev2: all ones stand for the position. No flag is known: each is refused, as by older kernels.</summary>
    private static bool TryOffset(LinuxCall call, out ulong? at)
    {
        at = call[3] == ulong.MaxValue ? null : call[3];
        return (uint)call[5] != 0 ? call.Fail(Errno.EOPNOTSUPP) : (long)call[3] >= -1 || call.Fail(Errno.EINVAL);
    }

    private static bool TryVector(LinuxCall call, out (ulong Address, ulong Length)[] parts)
    {
        parts = [];
        if (call[2] > MostVectors)
        {
            return call.Fail(Errno.EINVAL);
        }

        var bytes = new byte[(int)call[2] * 16];
        if (!call.TryReadAddresses(call[1], bytes))
        {
            return false;
        }

        parts = new (ulong, ulong)[(int)call[2]];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * 16)), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan((i * 16) + 8)));
            if ((long)parts[i].Length < 0)
            {
                return call.Fail(Errno.EINVAL);
            }
        }

        return true;
    }

    private static ulong Total((ulong Address, ulong Length)[] parts)
    {
        ulong total = 0;
        foreach (var (_, length) in parts)
        {
            total = Math.Min(MostBytes, total + Math.Min(length, MostBytes));
        }

        return total;
    }

    /// <summary>The part of a list of buffers that begins at a byte and has at most that many.</summary>
    private static (ulong Address, ulong Length)[] Slice((ulong Address, ulong Length)[] parts, ulong start, ulong count)
    {
        var slice = new List<(ulong, ulong)>();
        foreach (var (address, length) in parts)
        {
            ulong skipped = Math.Min(start, length);
            ulong taken = Math.Min(length - skipped, count);
            start -= skipped;
            count -= taken;
            if (taken > 0)
            {
                slice.Add((address + skipped, taken));
            }
        }

        return [.. slice];
    }

    /// <summary>True for files whose transfers are done whole, in steps: those that never wait for another program.</summary>
    private static bool IsWhole(OpenFile file) => file.Kind is OpenFileKind.File or OpenFileKind.HostFile or OpenFileKind.Device;

    /// <summary>
    /// Counts a step of a long transfer. The next one is another run of the call, so that others run in between; a signal ends the transfer with what
    /// is done.
    /// </summary>
    private static CallResult Step(LinuxCall call, CallResult result, ulong wanted, ulong total)
    {
        if (result.Outcome != CallOutcome.Done)
        {
            return result;
        }

        if (result.Value < 0)
        {
            return call.Progress > 0 ? (long)call.Progress : result;
        }

        call.Progress += (ulong)result.Value;
        if ((ulong)result.Value < wanted || call.Progress >= total || call.IsInterrupted)
        {
            return (long)call.Progress;
        }

        call.ForgetReplies();
        call.Deadline = call.System.Now;
        return CallResult.Parked;
    }

    /// <summary>Cuts the buffers off before the first byte that is not mapped; false: there is none before it, or the memory is suspended.</summary>
    private static bool TryCut(LinuxCall call, ref (ulong Address, ulong Length)[] parts, bool isWritten)
    {
        ulong good = 0;
        var probe = new byte[Pages.Size];
        foreach (var (address, length) in parts)
        {
            for (ulong done = 0; done < length;)
            {
                ulong part = Math.Min(length - done, Pages.Size - ((address + done) & (Pages.Size - 1)));
                if (isWritten ? !call.TryPrepare(address + done, part) : !call.TryReadAddresses(address + done, probe.AsSpan(0, (int)part)))
                {
                    parts = Slice(parts, 0, good);
                    return good > 0 && call.Failure.Outcome == CallOutcome.Done;
                }

                done += part;
                good += part;
            }
        }

        return true;
    }

    private static CallResult Read(LinuxCall call, ulong? at, (ulong Address, ulong Length)[] parts)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (!file.CanRead || file.IsDirectory)
        {
            return file.IsDirectory && !file.IsPathOnly ? Errno.EISDIR : Errno.EBADF;
        }

        if (at is not null && !file.IsSeekable)
        {
            return Errno.ESPIPE;
        }

        ulong total = Total(parts);
        if (!IsWhole(file))
        {
            return FileInput.Read(call, file, at, Math.Min(total, Unit), data => Scatter(call, parts, data));
        }

        ulong wanted = Math.Min(file.Kind == OpenFileKind.HostFile ? HostUnit : Unit, total - Math.Min(total, call.Progress));
        var slice = Slice(parts, call.Progress, wanted);
        ulong? from = at is null ? null : at + call.Progress;
        var result = FileInput.Read(call, file, from, wanted, data => Scatter(call, slice, data));
        if (result == Errno.EFAULT)
        {
            result = TryCut(call, ref slice, isWritten: true)
                ? FileInput.Read(call, file, from, Total(slice), data => Scatter(call, slice, data[..(int)Math.Min((ulong)data.Length, Total(slice))]))
                : call.Failure;
        }

        return Step(call, result, wanted, total);
    }

    /// <summary>Puts bytes into the parts: all of them or none.</summary>
    private static bool Scatter(LinuxCall call, (ulong Address, ulong Length)[] parts, ReadOnlySpan<byte> data)
    {
        if (parts.Length == 1)
        {
            return call.TryWrite(parts[0].Address, data);
        }

        ulong left = (ulong)data.Length;
        foreach (var (address, length) in parts)
        {
            ulong part = Math.Min(left, length);
            if (!call.TryPrepare(address, part))
            {
                return false;
            }

            left -= part;
        }

        foreach (var (address, length) in parts)
        {
            int part = (int)Math.Min((ulong)data.Length, length);
            call.Write(address, data[..part]);
            data = data[part..];
        }

        return true;
    }

    private static CallResult Write(LinuxCall call, ulong? at, (ulong Address, ulong Length)[] parts)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (!file.CanWrite || file.IsDirectory)
        {
            return Errno.EBADF;
        }

        if (at is not null && !file.IsSeekable)
        {
            return Errno.ESPIPE;
        }

        ulong total = Total(parts);
        if (!IsWhole(file))
        {
            return TryGather(call, parts, Math.Min(total, Unit), out byte[] all) ? FileOutput.Write(call, file, at, all) : call.Failure;
        }

        ulong wanted = Math.Min(file.Kind == OpenFileKind.HostFile ? HostUnit : Unit, total - Math.Min(total, call.Progress));
        var result = WriteStep(call, file, at is null ? null : at + call.Progress, Slice(parts, call.Progress, wanted), wanted);
        return Step(call, result, wanted, total);
    }

    /// <summary>Writes at most one unit.</summary>
    private static CallResult WriteStep(LinuxCall call, OpenFile file, ulong? at, (ulong Address, ulong Length)[] parts, ulong count)
    {
        int step = 0;
        if (call.Process.Limits.LargestFile != ResourceLimits.Infinity && file.Kind is OpenFileKind.File or OpenFileKind.HostFile && count > 0)
        {
            var limited = FileLimit.Trim(call, file, at, ref count, ref step);
            if (limited != 0L)
            {
                return limited;
            }
        }

        if (file.Kind == OpenFileKind.HostFile && call.TryReply(step, out var reply))
        {
            return FileOutput.FinishHostWrite(file, at, reply);
        }

        if (TryGather(call, parts, count, out byte[] data))
        {
            return FileOutput.Write(call, file, at, data);
        }

        return call.Failure == Errno.EFAULT && TryCut(call, ref parts, isWritten: false) && TryGather(call, parts, Math.Min(count, Total(parts)), out data)
            ? FileOutput.Write(call, file, at, data)
            : call.Failure;
    }

    private static bool TryGather(LinuxCall call, (ulong Address, ulong Length)[] parts, ulong count, out byte[] data)
    {
        data = new byte[count];
        int done = 0;
        foreach (var (address, length) in parts)
        {
            int part = (int)Math.Min((ulong)(data.Length - done), length);
            if (!call.TryRead(address, data.AsSpan(done, part)))
            {
                return false;
            }

            done += part;
        }

        return true;
    }

    public static CallResult Seek(LinuxCall call)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (!file.IsSeekable)
        {
            return Errno.ESPIPE;
        }

        long offset = (long)call[1];
        long start = 0;
        switch (call[2])
        {
            case 0:
                break;
            case 1:
                start = (long)file.Position;
                break;
            case 2 when file.Kind == OpenFileKind.HostFile:
                if (!call.TryReply(0, out var reply))
                {
                    return call.Ask(file.Grant, HostFileOperation.HandleStatus, [], file.Handle);
                }

                if (reply.IsError || !HostFileStatus.TryRead(reply.Data, out var status))
                {
                    return reply.IsError ? reply.Result : Errno.EIO;
                }

                start = (long)status.Size;
                break;
            case 2:
                start = (long)(file.Inode?.Length ?? 0);
                break;
            default:
                return Errno.EINVAL;
        }

        long position = start + offset;
        if (position < 0)
        {
            return Errno.EINVAL;
        }

        file.Position = (ulong)position;
        return position;
    }
}
