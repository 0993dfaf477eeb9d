using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Services.Files;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>execve: another program in the same process.</summary>
internal static class ExecuteCalls
{
    private const int MostText = 1 << 20;
    private const int MostTexts = 1 << 14;
    private const ulong LargestFile = 64UL << 20;

    public static CallResult Execute(LinuxCall call)
    {
        if (!call.TryPath(-1, 0, out string path) || !TryTexts(call, call[1], out byte[][] arguments) || !TryTexts(call, call[2], out byte[][] environment))
        {
            return call.Failure;
        }

        var process = call.Process;
        var target = ProcFiles.Find(process, path, true);
        string full = target.FullPath;
        if (process.Executable is { } own && (path == "/proc/self/exe" || full == own.Path || path == own.Path))
        {
            own.Block.Uses++;
            return Commit(call, own, arguments, environment);
        }

        var result = Content(call, target, out byte[]? content);
        if (content is null)
        {
            return result;
        }

        if (!ElfImage.TryParse(content, out var image, out string problem))
        {
            call.System.Log(call.Job, $"execve {full}: {problem}");
            return Errno.ENOEXEC;
        }

        var status = process.CreateBlock(Pages.RoundUp((ulong)content.Length), out var block);
        if (status == KernelStatus.Ok)
        {
            status = block.Memory.Write(0, content);
            if (status != KernelStatus.Ok)
            {
                call.System.Discard(block);
            }
        }

        if (status != KernelStatus.Ok)
        {
            return status == KernelStatus.Suspended ? CallResult.Suspended : Errno.ENOMEM;
        }

        block.Uses = 1;
        return Commit(call, new Executable(block, (ulong)content.Length, full, image), arguments, environment);
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
        foreach (var other in process.Threads.Where(other => other != thread).ToArray())
        {
            system.EndThread(other);
        }

        process.Memory.Clear();
        process.Descriptors.CloseOnExec();
        process.ResetActions();
        if (process.Executable is { } old)
        {
            system.Release(old.Block);
        }

        process.Executable = executable;
        process.Arguments = arguments;
        thread.ClearAddress = thread.RobustList = 0;
        thread.AltStack = thread.AltStackSize = 0;
        system.EndVfork(process);
        process.Load = new ProgramLoad(process, executable, arguments, environment);
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

    private static CallResult Content(LinuxCall call, PathTarget target, out byte[]? content)
    {
        content = null;
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        if (!target.IsHost)
        {
            if (target.Node is not { Kind: InodeKind.File } node)
            {
                return target.Node is null ? Errno.ENOENT : Errno.EACCES;
            }

            if ((node.Mode & 0x49) == 0)
            {
                return Errno.EACCES;
            }

            content = node.Read(0, (int)Math.Min(node.Length, LargestFile)).ToArray();
            return 0L;
        }

        if (!call.TryReply(0, out var opened))
        {
            return call.Ask(target.Grant, HostFileOperation.Open, target.HostName, (ulong)HostOpenFlags.Read);
        }

        if (opened.IsError)
        {
            return opened.Result;
        }

        HostFileStatus.TryRead(opened.Data, out var status);
        var result = (status.Mode & 0x49) == 0 || status.Kind != HostFileKind.File
            ? Errno.EACCES
            : HostFiles.ReadAll(call, target.Grant, (ulong)opened.Result, 0, LargestFile, 1, out content);
        if (result.Outcome == CallOutcome.Done && call.Progress == 0)
        {
            call.Progress = 1;
            call.System.Host.Request(
                HostRequestKind.File, call.Job.Tree.Grants[target.Grant].Number, [], out _, (ulong)HostFileOperation.Close, (ulong)opened.Result);
        }

        return result;
    }

    /// <summary>A list of texts that ends with a zero pointer. They are bytes: arguments need not be UTF-8.</summary>
    private static bool TryTexts(LinuxCall call, ulong address, out byte[][] texts)
    {
        var found = new List<byte[]>();
        texts = [];
        int total = 0;
        Span<byte> pointer = stackalloc byte[8];
        while (address != 0)
        {
            if (!call.TryRead(address, pointer))
            {
                return false;
            }

            ulong text = BinaryPrimitives.ReadUInt64LittleEndian(pointer);
            if (text == 0)
            {
                break;
            }

            if (!call.TryReadBytes(text, 131072, out byte[] one))
            {
                return call.Failure == Errno.ENAMETOOLONG ? call.Fail(Errno.E2BIG) : false;
            }

            total += one.Length + 9;
            if (total > MostText || found.Count >= MostTexts)
            {
                return call.Fail(Errno.E2BIG);
            }

            found.Add(one);
            address += 8;
        }

        texts = [.. found];
        return true;
    }
}
