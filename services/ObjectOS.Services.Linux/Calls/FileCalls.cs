using System.Buffers.Binary;
using ObjectOS.Abi;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Reading, writing, positions.</summary>
internal static class FileCalls
{
    private const int MostVectors = 1024;
    private const ulong Unit = 1 << 20;

    public static CallResult Read(LinuxCall call) => Read(call, null, [(call[1], call[2])]);

    public static CallResult ReadAt(LinuxCall call) => (long)call[3] < 0 ? Errno.EINVAL : Read(call, call[3], [(call[1], call[2])]);

    public static CallResult ReadVector(LinuxCall call) => TryVector(call, out var parts) ? Read(call, null, parts) : call.Failure;

    public static CallResult Write(LinuxCall call) => Write(call, null, [(call[1], call[2])]);

    public static CallResult WriteAt(LinuxCall call) => (long)call[3] < 0 ? Errno.EINVAL : Write(call, call[3], [(call[1], call[2])]);

    public static CallResult WriteVector(LinuxCall call) => TryVector(call, out var parts) ? Write(call, null, parts) : call.Failure;

    private static bool TryVector(LinuxCall call, out (ulong Address, ulong Length)[] parts)
    {
        parts = [];
        if (call[2] > MostVectors)
        {
            return call.Fail(Errno.EINVAL);
        }

        var bytes = new byte[(int)call[2] * 16];
        if (!call.TryRead(call[1], bytes))
        {
            return false;
        }

        parts = new (ulong, ulong)[(int)call[2]];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * 16)), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan((i * 16) + 8)));
        }

        return true;
    }

    /// <summary>Bytes of all parts, at most 1 MiB: a longer request is done in part.</summary>
    private static ulong Total((ulong Address, ulong Length)[] parts)
    {
        ulong total = 0;
        foreach (var (_, length) in parts)
        {
            total = Math.Min(Unit, total + Math.Min(length, Unit));
        }

        return total;
    }

    private static CallResult Read(LinuxCall call, ulong? at, (ulong Address, ulong Length)[] parts)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (!file.CanRead || file.IsDirectory)
        {
            return file.IsDirectory ? Errno.EISDIR : Errno.EBADF;
        }

        if (at is not null && !file.IsSeekable)
        {
            return Errno.ESPIPE;
        }

        return FileInput.Read(call, file, at, Total(parts), data => Scatter(call, parts, data));
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

        if (file.Kind == OpenFileKind.HostFile && call.TryReply(0, out var reply))
        {
            return FileOutput.FinishHostWrite(file, at, reply);
        }

        var data = new byte[Total(parts)];
        int done = 0;
        foreach (var (address, length) in parts)
        {
            int part = (int)Math.Min((ulong)(data.Length - done), length);
            if (!call.TryRead(address, data.AsSpan(done, part)))
            {
                return call.Failure;
            }

            done += part;
        }

        return FileOutput.Write(call, file, at, data);
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
