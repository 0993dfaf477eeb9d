using ObjectOS.Abi;
using ObjectOS.Services.Files;
using ObjectOS.Services.Linux.Calls;

namespace ObjectOS.Services.Linux;

/// <summary>Writing to all kinds of open files.</summary>
internal static class FileOutput
{
    private const int BrokenPipeSignal = 13;

    /// <summary>A program loses its set-id bits where others than the superuser write it (write(2)).</summary>
    private const uint SetIds = 0xc00;

    public static CallResult Write(LinuxCall call, OpenFile file, ulong? at, byte[] data) => file.Kind switch
    {
        OpenFileKind.File => WriteFile(call, file, at, data),
        OpenFileKind.HostFile => data.Length == 0 ? 0L : call.Ask(
            file.Grant, HostFileOperation.Write, data, file.Handle, file.IsAppending ? ulong.MaxValue : at ?? file.Position, (file.Flags & Linux.OpenDataSync) != 0 ? 1u : 0),
        OpenFileKind.Pipe => WritePipe(call, file, data),
        OpenFileKind.Output or OpenFileKind.Input => WriteStream(call, file, data),
        OpenFileKind.Device => file.Device == DeviceKind.Full ? Errno.ENOSPC : data.Length,
        OpenFileKind.Event => WriteEvent(call, file, data),
        _ => Errno.EINVAL,
    };

    /// <summary>The host has written.</summary>
    public static CallResult FinishHostWrite(OpenFile file, ulong? at, HostReply reply)
    {
        if (!reply.IsError && at is null)
        {
            // Behind an append, the position is the file's end (open(2), O_APPEND).
            file.Position = reply.Data.Length >= sizeof(ulong) ? BitConverter.ToUInt64(reply.Data) : file.Position + (ulong)reply.Result;
        }

        return reply.Result;
    }

    private static CallResult WriteFile(LinuxCall call, OpenFile file, ulong? at, byte[] data)
    {
        var inode = file.Inode!;
        if (data.Length == 0)
        {
            return 0L; // Not even a file that ends before its position grows by nothing.
        }

        // What cannot fail comes last: the file's bytes come from its layer, and the mappings of a file that grows follow.
        ulong position = file.IsAppending ? inode.Length : at ?? file.Position;
        ulong end = position + (ulong)data.Length;
        var ready = end < position || end > FileTree.LargestFile ? Errno.EFBIG : LayerReads.Own(call, inode);
        ready = ready == 0L && end > inode.Length ? FileMaps.Resize(call, inode, end) : ready;
        if (ready != 0L)
        {
            return ready;
        }

        var status = call.Job.Tree.Write(inode, position, data, call.Job.WallClock);
        if (status != KernelStatus.Ok)
        {
            return ChangeCalls.OfSpace(status);
        }

        inode.Mode = call.Process.Identity.IsSuperuser ? inode.Mode : inode.Mode & ~SetIds;

        file.Position = at is null ? position + (ulong)data.Length : file.Position;
        return data.Length;
    }

    private static CallResult WritePipe(LinuxCall call, OpenFile file, byte[] data)
    {
        var pipe = file.Pipe!;
        if (pipe.Readers == 0)
        {
            return Broken(call);
        }

        int left = data.Length - (int)call.Progress;
        if (left <= 0)
        {
            // Nothing to write, or another thread has made the vector shorter meanwhile.
            return (long)call.Progress;
        }

        bool fits = data.Length <= Pipe.Atomic ? pipe.Room >= left : pipe.Room > 0;
        if (!fits)
        {
            return Wait(call, file, pipe.RoomWait);
        }

        int part = Math.Min(left, pipe.Room);
        pipe.Add(data.AsSpan((int)call.Progress, part));
        call.Progress += (ulong)part;
        call.System.Wake(pipe.DataWait, PollEvents.Read);
        return (int)call.Progress == data.Length ? data.Length : Wait(call, file, pipe.RoomWait);
    }

    private static CallResult Wait(LinuxCall call, OpenFile file, ulong wait)
    {
        if (file.IsNonBlocking || (call.IsInterrupted && call.Progress > 0))
        {
            return call.Progress > 0 ? (long)call.Progress : Errno.EAGAIN;
        }

        return call.WaitFor(wait);
    }

    private static CallResult WriteStream(LinuxCall call, OpenFile file, byte[] data)
    {
        if (!call.Job.Writers.TryGetValue(file.Kind == OpenFileKind.Output ? file.Stream : call.Job.Request.Output.Number, out var writer))
        {
            return Errno.EBADF;
        }

        ulong wait = LinuxSystem.StreamWait(call.Job, writer.Number, true);
        call.Deadline = LinuxCall.Never;
        while (true)
        {
            if (writer.Error != 0)
            {
                return writer.Error == HostError.BrokenPipe ? Broken(call) : (Errno)writer.Error;
            }

            int left = data.Length - (int)call.Progress;
            if (left <= 0)
            {
                return (long)call.Progress;
            }

            int part = Math.Min(left, writer.Room);
            if (part == 0)
            {
                return Wait(call, file, wait);
            }

            var status = writer.Write(call.System.Host, data.AsSpan((int)call.Progress, part));
            if (status != KernelStatus.Ok)
            {
                // The queue of requests is full: what is on its way comes back and wakes this call.
                return status == KernelStatus.Suspended ? CallResult.Suspended
                    : writer.Outstanding > 0 || file.IsNonBlocking || call.IsInterrupted ? Wait(call, file, wait)
                    : call.WaitForHost();
            }

            call.Progress += (ulong)part;
        }
    }

    private static CallResult WriteEvent(LinuxCall call, OpenFile file, byte[] data)
    {
        if (data.Length < 8)
        {
            return Errno.EINVAL;
        }

        ulong value = BitConverter.ToUInt64(data);
        if (value == ulong.MaxValue)
        {
            return Errno.EINVAL;
        }

        if (value > ulong.MaxValue - 1 - file.Counter)
        {
            return file.IsNonBlocking ? Errno.EAGAIN : call.WaitFor(file.Id);
        }

        file.Counter += value;
        call.System.Wake(file.Id, PollEvents.In);
        return 8L;
    }

    private static CallResult Broken(LinuxCall call)
    {
        call.System.Send(call.Thread, new SignalInfo(BrokenPipeSignal, SignalInfo.FromUser, call.Process.Id, 0));
        return Errno.EPIPE;
    }
}
