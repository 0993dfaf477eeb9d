using ObjectOS.Abi;
using ObjectOS.Services.Files;
using ObjectOS.Services.Linux.Calls;

namespace ObjectOS.Services.Linux;

/// <summary>Takes bytes that were read into the program's memory: all or none.</summary>
internal delegate bool TakeBytes(ReadOnlySpan<byte> bytes);

/// <summary>Reading from all kinds of open files.</summary>
internal static class FileInput
{
    public static CallResult Read(LinuxCall call, OpenFile file, ulong? at, ulong count, TakeBytes take) => file.Kind switch
    {
        OpenFileKind.File => ReadFile(call, file, at, count, take),
        OpenFileKind.HostFile => ReadHostFile(call, file, at, count, take),
        OpenFileKind.Pipe => ReadPipe(call, file, count, take),
        OpenFileKind.Input => ReadStream(call, file, count, take),
        OpenFileKind.Output when file.IsTerminal => ReadStream(call, file, count, take),
        OpenFileKind.Device => ReadDevice(call, file, count, take),
        OpenFileKind.Event => ReadEvent(call, file, count, take),
        OpenFileKind.Timer => TimerCalls.Read(call, file, count, take),
        OpenFileKind.Signals => QueuedSignalCalls.Read(call, file, count, take),
        _ => Errno.EINVAL,
    };

    private static CallResult ReadFile(LinuxCall call, OpenFile file, ulong? at, ulong count, TakeBytes take)
    {
        var inode = file.Inode!;
        ulong from = at ?? file.Position;
        var loaded = LayerReads.Load(call, inode, from, Math.Min(inode.Length, from + count));
        if (loaded != 0L)
        {
            return loaded;
        }

        var status = inode.Read(from, count, out byte[] data);
        if (status != KernelStatus.Ok)
        {
            return CallResult.Of(status);
        }

        if (!take(data))
        {
            return call.Failure;
        }

        inode.AccessTime = (long)call.Job.WallClock;
        file.Position += at is null ? (ulong)data.Length : 0;
        return data.Length;
    }

    private static CallResult ReadHostFile(LinuxCall call, OpenFile file, ulong? at, ulong count, TakeBytes take)
    {
        if (count == 0)
        {
            return 0L;
        }

        if (!call.TryReply(0, out var reply))
        {
            return call.Ask(file.Grant, HostFileOperation.Read, [], file.Handle, at ?? file.Position, count);
        }

        if (reply.IsError)
        {
            return reply.Result;
        }

        if (!take(reply.Data))
        {
            return call.Failure;
        }

        // A buffer that ends in memory that is not mapped takes less than what came.
        ulong taken = Math.Min((ulong)reply.Data.Length, count);
        file.Position += at is null ? taken : 0;
        return (long)taken;
    }

    private static CallResult ReadPipe(LinuxCall call, OpenFile file, ulong count, TakeBytes take)
    {
        var pipe = file.Pipe!;
        if (pipe.Length == 0 && count > 0)
        {
            return pipe.Writers == 0 ? 0L : file.IsNonBlocking ? Errno.EAGAIN : call.WaitFor(pipe.DataWait);
        }

        byte[] data = pipe.Peek((int)count);
        if (!take(data))
        {
            return call.Failure;
        }

        bool hadRoom = pipe.IsWritable;
        pipe.Drop(data.Length);
        if (!hadRoom)
        {
            call.System.Wake(pipe.RoomWait, PollEvents.Write);
        }

        return data.Length;
    }

    private static CallResult ReadStream(LinuxCall call, OpenFile file, ulong count, TakeBytes take)
    {
        if (!call.Job.Readers.TryGetValue(file.Kind == OpenFileKind.Input ? file.Stream : call.Job.Request.Input.Number, out var reader))
        {
            return Errno.EIO;
        }

        if (count == 0)
        {
            return 0L;
        }

        if (!reader.IsReady)
        {
            var status = reader.Ask(call.System.Host, count);
            if (file.IsNonBlocking)
            {
                // The host is asked all the same: a program that tries again and again would never get any.
                return status == KernelStatus.Suspended ? CallResult.Suspended : Errno.EAGAIN;
            }

            if (status == KernelStatus.Suspended || call.IsInterrupted)
            {
                return call.IsInterrupted ? Errno.EINTR : CallResult.Suspended;
            }

            call.Deadline = LinuxCall.Never;
            return status == KernelStatus.Ok ? call.WaitFor(LinuxSystem.StreamWait(call.Job, reader.Number, false)) : call.WaitForHost();
        }

        var data = reader.Available;
        data = data[..(int)Math.Min((ulong)data.Length, count)];
        if (!take(data))
        {
            return call.Failure;
        }

        int length = data.Length;
        reader.Take(length);
        return length;
    }

    private static CallResult ReadDevice(LinuxCall call, OpenFile file, ulong count, TakeBytes take)
    {
        if (file.Device == DeviceKind.Null)
        {
            return 0L;
        }

        var data = new byte[count];
        bool isRandom = file.Device == DeviceKind.Random;
        ulong state = isRandom ? call.Process.FillRandom(data) : call.Process.RandomState;
        if (!take(data))
        {
            return call.Failure;
        }

        call.Process.RandomState = state;
        call.Charge(isRandom ? data.Length * SystemCalls.CostOfRandomByte : 0);
        return data.Length;
    }

    private static CallResult ReadEvent(LinuxCall call, OpenFile file, ulong count, TakeBytes take)
    {
        if (count < 8)
        {
            return Errno.EINVAL;
        }

        if (file.Counter == 0)
        {
            return file.IsNonBlocking ? Errno.EAGAIN : call.WaitFor(file.Id);
        }

        ulong taken = file.IsSemaphore ? 1 : file.Counter;
        if (!take(BitConverter.GetBytes(taken)))
        {
            return call.Failure;
        }

        file.Counter -= taken;
        call.System.Wake(file.Id, PollEvents.Out);
        return 8L;
    }
}
