using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>
/// Files brought into memory, for mmap and execve: piece by piece into a block that the process pays for, which the call holds until all is there. The
/// service itself keeps no more than one piece.
/// </summary>
internal static class FileMaps
{
    /// <summary>Bytes of a file in memory that are copied at once, and of one of the host.</summary>
    private const int Piece = 1 << 16;
    private const ulong HostPiece = 1 << 18;

    /// <summary>Bytes that are copied for one virtual instruction, besides what the kernel charges.</summary>
    private const int BytesPerWork = 2;

    private const int Filled = 1;

    /// <summary>Fills <see cref="LinuxCall.Block"/> with the part of a file that mmap names. 0: it is there.</summary>
    public static CallResult Fill(LinuxCall call, ulong length)
    {
        if (call.Stage == Filled)
        {
            return 0L;
        }

        if (!call.TryFile(4, out var file))
        {
            return call.Failure;
        }

        bool isShared = (call[3] & 3) == 1;
        bool writes = (call[2] & 2) != 0;
        if (!file.CanRead || (isShared && writes && !file.CanWrite))
        {
            return Errno.EACCES;
        }

        // A shared mapping that can be written would have to reach the file: it is refused. One that is only read is a copy.
        if ((isShared && writes) || !(file.Kind is OpenFileKind.File or OpenFileKind.HostFile || (file.Kind == OpenFileKind.Device && file.Device == DeviceKind.Zero)))
        {
            return Errno.ENODEV;
        }

        bool isNew = call.Block is null;
        var result = TryBlock(call, length);
        result = result != 0L || file.Kind == OpenFileKind.Device ? result
            : file.Kind == OpenFileKind.File ? Copy(call, file.Inode!, call[5], length)
            : CopyFromHost(call, file.Grant, file.Handle, call[5], length);
        return End(call, isNew, result);
    }

    /// <summary>Makes the call's block where there is none. 0: it is there.</summary>
    public static CallResult TryBlock(LinuxCall call, ulong length)
    {
        if (call.Block is not null)
        {
            return 0L;
        }

        var status = call.Process.CreateBlock(length, out var block);
        call.Block = block;
        return status == KernelStatus.Ok ? 0L : status == KernelStatus.Suspended ? CallResult.Suspended : Errno.ENOMEM;
    }

    /// <summary>The end of one run: what is suspended has made no block.</summary>
    public static CallResult End(LinuxCall call, bool isNew, CallResult result)
    {
        if (result == 0L)
        {
            call.Stage = Filled;
        }
        else if (result.Outcome == CallOutcome.Suspended && isNew && call.Block is { } block)
        {
            call.Block = null;
            call.System.Discard(block);
        }

        return result;
    }

    /// <summary>Copies a file in memory into the call's block, as much as one message may. 0: all is there.</summary>
    public static CallResult Copy(LinuxCall call, Inode inode, ulong offset, ulong length)
    {
        ulong done = call.Progress;
        for (ulong left = inode.Length - Math.Min(inode.Length, offset); done < Math.Min(left, length);)
        {
            byte[] piece = inode.Read(offset + done, (int)Math.Min(Piece, length - done));
            var status = piece.AsSpan().ContainsAnyExcept((byte)0) ? call.Block!.Memory.Write(done, piece) : KernelStatus.Ok;
            if (status != KernelStatus.Ok)
            {
                return CallResult.Of(status);
            }

            done += (ulong)piece.Length;
            call.Charge(piece.Length / BytesPerWork);
            if (call.IsSpent && done < Math.Min(left, length))
            {
                call.Progress = done;
                return CallResult.Continued;
            }
        }

        call.Progress = done;
        return 0L;
    }

    /// <summary>Copies a file of the host into the call's block, a piece for each answer. 0: all is there.</summary>
    public static CallResult CopyFromHost(LinuxCall call, int grant, ulong handle, ulong offset, ulong length)
    {
        ulong wanted = Math.Min(HostPiece, length - call.Progress);
        if (call.TryReply(0, out var reply))
        {
            if (reply.IsError)
            {
                return reply.Result;
            }

            var status = reply.Data.AsSpan().ContainsAnyExcept((byte)0) ? call.Block!.Memory.Write(call.Progress, reply.Data) : KernelStatus.Ok;
            if (status != KernelStatus.Ok)
            {
                return CallResult.Of(status);
            }

            call.Charge(reply.Data.Length / BytesPerWork);
            call.Progress += (ulong)reply.Data.Length;
            call.ForgetReplies();
            bool isAll = (ulong)reply.Data.Length < wanted;
            wanted = isAll ? 0 : Math.Min(HostPiece, length - call.Progress);
        }

        return wanted == 0 ? 0L : call.Ask(grant, HostFileOperation.Read, [], handle, offset + call.Progress, wanted);
    }
}
