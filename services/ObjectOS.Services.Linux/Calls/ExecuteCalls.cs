using ObjectOS.Abi;
using ObjectOS.Services.Files;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>execve: another program in the same process.</summary>
internal static class ExecuteCalls
{
    /// <summary>The stage of a call that has opened the file and fills its block; then comes that of <see cref="FileMaps"/>.</summary>
    private const int Opened = 2;

    public static CallResult Execute(LinuxCall call)
    {
        if (call.Stage == 0)
        {
            var opened = Open(call, out var own);
            if (own is not null)
            {
                return Start(call, own);
            }

            if (opened != 0L)
            {
                return opened;
            }

            call.Stage = Opened;
            call.ForgetReplies();
        }

        var file = call.File!;
        ulong length = file.Kind == OpenFileKind.HostFile ? file.HostStatus.Size : file.Inode!.Length;
        if (call.Stage == Opened)
        {
            bool isNew = call.Block is null;
            var result = length == 0 ? Errno.ENOEXEC : FileMaps.TryBlock(call, Pages.RoundUp(length));
            result = result != 0L ? result
                : file.Kind == OpenFileKind.File ? FileMaps.Copy(call, file.Inode!, 0, length)
                : FileMaps.CopyFromHost(call, file.Grant, file.Handle, 0, length);
            result = FileMaps.End(call, isNew, result);
            if (result != 0L)
            {
                return result;
            }
        }

        var status = ElfImage.Parse(call.Block!.Memory, length, out var image, out string problem);
        if (status != KernelStatus.Ok)
        {
            return CallResult.Of(status);
        }

        if (image is null)
        {
            call.System.Log(call.Job, $"execve {file.Path}: {problem}");
            return Errno.ENOEXEC;
        }

        return Start(call, new Executable(call.Block, length, file.Path, image));
    }

    /// <summary>Opens the file for the call. 0: that is done. Where the process's own program is named, there is nothing to open.</summary>
    private static CallResult Open(LinuxCall call, out Executable? own)
    {
        own = null;
        if (!call.TryPath(-1, 0, out string path))
        {
            return call.Failure;
        }

        var process = call.Process;
        var target = ProcFiles.Find(process, path, true);
        if (process.Executable is { } executable && (path == "/proc/self/exe" || target.FullPath == executable.Path || path == executable.Path))
        {
            own = executable;
            return 0L;
        }

        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        OpenFile file;
        if (target.IsHost)
        {
            if (!call.TryReply(0, out var reply))
            {
                return call.Ask(target.Grant, HostFileOperation.Open, target.HostName, (ulong)HostOpenFlags.Read);
            }

            if (reply.IsError)
            {
                return reply.Result;
            }

            HostFileStatus.TryRead(reply.Data, out var status);
            file = new OpenFile(call.System.NewId(), status.Kind == HostFileKind.File ? OpenFileKind.HostFile : OpenFileKind.HostDirectory, target.FullPath, 0)
            {
                Grant = target.Grant,
                Handle = (ulong)reply.Result,
                HostStatus = status,
                Job = call.Job,
            };
        }
        else if (target.Node is { Kind: InodeKind.File, Tag: 0 } node)
        {
            node.Opens++;
            file = new OpenFile(call.System.NewId(), OpenFileKind.File, target.FullPath, 0) { Inode = node, Job = call.Job };
        }
        else
        {
            return target.Node is null ? Errno.ENOENT : Errno.EACCES;
        }

        file.Hold();
        call.File = file;
        uint mode = file.Inode?.Mode ?? file.HostStatus.Mode;
        return (mode & 0x49) == 0 || file.IsDirectory ? Errno.EACCES : 0L;
    }

    /// <summary>Reads the texts, and then starts the program.</summary>
    private static CallResult Start(LinuxCall call, Executable executable)
    {
        var texts = new TextList(call);
        if (!texts.TryRead(call[1], out byte[][] arguments) || !texts.TryRead(call[2], out byte[][] environment))
        {
            return call.Failure;
        }

        var process = call.Process;
        ulong held = process.TextBytes;
        if (texts.Held > held && !call.Job.Tree.HasRoomFor(texts.Held - held))
        {
            return Errno.ENOMEM;
        }

        call.Job.Tree.Return(held);
        call.Job.Tree.Hold(texts.Held);
        process.TextBytes = texts.Held;
        executable.Block.Uses++;
        call.Block = null;
        return Commit(call, executable, arguments, environment);
    }

    /// <summary>From here on there is no way back: the old program's memory goes.</summary>
    private static CallResult Commit(LinuxCall call, Executable executable, byte[][] arguments, byte[][] environment)
    {
        var process = call.Process;
        var system = call.System;
        var thread = call.Thread;
        if (process.MemoryOwner != 0 && LeaveMemory(call, ref thread) is var left && left != KernelStatus.Ok)
        {
            system.Release(executable.Block);
            return left == KernelStatus.Suspended ? CallResult.Suspended : Errno.ENOMEM;
        }

        system.EndBorrowers(process);
        process.Descriptors.CloseOnExec();
        process.ResetActions();
        if (process.Executable is { } old)
        {
            system.Release(old.Block);
        }

        process.Executable = executable;
        process.Arguments = arguments;
        thread.ClearAddress = 0;
        thread.AltStack = thread.AltStackSize = 0;
        system.EndVfork(process);
        process.Load = new ProgramLoad(process, executable, arguments, environment);
        process.Load.Silence(thread);
        thread.Phase = ThreadPhase.Loading;
        system.Enqueue(thread);
        return CallResult.Gone;
    }

    /// <summary>Gives a child of vfork its own address space: a thread there takes the place of the one that runs on its parent's memory.</summary>
    private static KernelStatus LeaveMemory(LinuxCall call, ref LinuxThread thread)
    {
        var process = call.Process;
        int owner = process.MemoryOwner;
        process.MemoryOwner = 0;
        var status = call.System.CreateThread(process, thread.Id, 0, 0, out var made);
        if (status != KernelStatus.Ok)
        {
            process.MemoryOwner = owner;
            return status;
        }

        made.Mask = thread.Mask;
        made.Name = thread.Name;
        thread.Pending.MoveTo(made.Pending);
        thread = made;
        return status;
    }
}
