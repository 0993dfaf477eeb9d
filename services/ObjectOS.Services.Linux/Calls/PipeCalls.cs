namespace ObjectOS.Services.Linux.Calls;

/// <summary>Pipes and events.</summary>
internal static class PipeCalls
{
    private const uint Semaphore = 1; // EFD_SEMAPHORE

    /// <summary>Pipes of full size take at most this part of what a job may hold, all together at most twice that.</summary>
    private const ulong ShareOfPipes = 8;

    public static CallResult Create(LinuxCall call)
    {
        var table = call.Process.Descriptors;
        uint flags = (uint)call[1];
        if ((flags & ~(Linux.OpenNonBlocking | Linux.OpenCloseOnExec)) != 0)
        {
            return Errno.EINVAL; // O_DIRECT, too: packets are not kept apart.
        }

        if (!table.HasRoom(2))
        {
            return Errno.EMFILE;
        }

        if (!call.TryPrepare(call[0], 8))
        {
            return call.Failure;
        }

        if (!TryMake(call, out var pipe))
        {
            return Errno.ENFILE;
        }

        uint kept = flags & Linux.OpenNonBlocking;
        string path = $"pipe:[{pipe.Id}]";
        var reader = PipeOpens.Make(call, pipe, null, path, kept);
        var writer = PipeOpens.Make(call, pipe, null, path, kept | Linux.OpenWrite);
        bool close = (flags & Linux.OpenCloseOnExec) != 0;
        var numbers = new byte[8];
        BitConverter.GetBytes(table.Add(reader, close)).CopyTo(numbers, 0);
        BitConverter.GetBytes(table.Add(writer, close)).CopyTo(numbers, 4);
        call.Write(call[0], numbers);
        return 0L;
    }

    /// <summary>Makes a pipe, of which both sides are closed; false: the job has too many. As with Linux's pipe-user-pages-soft, one with many pipes gets small ones.</summary>
    public static bool TryMake(LinuxCall call, out Pipe pipe)
    {
        var tree = call.Job.Tree;
        int capacity = call.Job.PipeBytes + Pipe.LargestCapacity <= tree.Limit / ShareOfPipes ? Pipe.LargestCapacity : Pipe.Atomic;
        pipe = null!;
        if (call.Job.PipeBytes + (ulong)capacity > tree.Limit / ShareOfPipes * 2 || !tree.HasRoomFor((ulong)capacity + (2 * OpenFile.MostHeld)))
        {
            return false;
        }

        pipe = new Pipe(call.System.NewId(), capacity);
        tree.Hold((ulong)capacity);
        call.Job.PipeBytes += (ulong)capacity;
        return true;
    }

    public static CallResult EventFile(LinuxCall call)
    {
        uint flags = (uint)call[1];
        if ((flags & ~(Semaphore | Linux.OpenNonBlocking | Linux.OpenCloseOnExec)) != 0)
        {
            return Errno.EINVAL;
        }

        var file = new OpenFile(call.System.NewId(), OpenFileKind.Event, "anon_inode:[eventfd]", (flags & Linux.OpenNonBlocking) | Linux.OpenReadWrite)
        {
            Counter = (uint)call[0],
            IsSemaphore = (flags & Semaphore) != 0,
            Job = call.Job,
        };
        int made = call.Process.Descriptors.Add(file, (flags & Linux.OpenCloseOnExec) != 0);
        return made < 0 ? Errno.EMFILE : made;
    }
}
