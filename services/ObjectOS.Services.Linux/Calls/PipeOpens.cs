using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>The opening of named pipes: it waits for the other side (fifo(7)).</summary>
internal static class PipeOpens
{
    /// <summary>The stage of a call that has opened its side and waits for the other.</summary>
    public const int Waits = 20;

    public static CallResult Begin(LinuxCall call, PathTarget target, uint flags)
    {
        uint access = flags & Linux.OpenAccess;
        var node = target.Node!;
        if (!call.Job.Fifos.TryGetValue(node.Number, out var pipe))
        {
            if (!PipeCalls.TryMake(call, out pipe))
            {
                return Errno.ENFILE;
            }

            call.Job.Fifos.Add(node.Number, pipe);
        }

        bool isNonBlocking = (flags & Linux.OpenNonBlocking) != 0;
        if (access == Linux.OpenWrite && isNonBlocking && pipe.Readers == 0)
        {
            DropUnused(call, node, pipe);
            return Errno.ENXIO;
        }

        var file = Make(call, pipe, node, target.FullPath, flags, target);
        bool waits = !isNonBlocking && (access == 0 ? pipe.Writers == 0 : access == Linux.OpenWrite && pipe.Readers == 0);
        call.System.Wake(pipe.OpenWait);
        if (!waits)
        {
            return OpenCalls.Add(call, file, flags);
        }

        file.Hold();
        call.File = file;
        call.Stage = Waits;
        call.Progress = access == 0 ? pipe.WriterOpens : pipe.ReaderOpens;
        return call.WaitFor(pipe.OpenWait);
    }

    /// <summary>Goes on once the other side is open, or has been meanwhile.</summary>
    public static CallResult GoOn(LinuxCall call, uint flags)
    {
        var file = call.File!;
        ulong opens = file.CanWrite ? file.Pipe!.ReaderOpens : file.Pipe!.WriterOpens;
        if (opens == call.Progress)
        {
            return call.WaitFor(file.Pipe.OpenWait);
        }

        int made = call.Process.Descriptors.Add(file, (flags & Linux.OpenCloseOnExec) != 0);
        return made < 0 ? Errno.EMFILE : made;
    }

    /// <summary>Makes an open file of one side, or of both.</summary>
    public static OpenFile Make(LinuxCall call, Pipe pipe, Inode? node, string path, uint flags, PathTarget target = default)
    {
        uint kept = flags & (Linux.OpenAccess | Linux.OpenNonBlocking);
        var file = node is null
            ? new OpenFile(call.System.NewId(), OpenFileKind.Pipe, path, kept) { Pipe = pipe, Job = call.Job }
            : OpenFile.Of(call, OpenFileKind.Pipe, node, path, kept, target, pipe);
        pipe.Open(file.CanRead, file.CanWrite);
        return file;
    }

    /// <summary>Forgets the pipe of an inode that nobody has open.</summary>
    public static void DropUnused(LinuxCall call, Inode node, Pipe pipe)
    {
        if (pipe.Readers + pipe.Writers == 0 && call.Job.Fifos.Remove(node.Number))
        {
            LinuxSystem.Forget(call.Job, pipe);
        }
    }
}
