using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Processes: clone, wait, exit, groups.</summary>
internal static class ProcessCalls
{
    private const ulong SharesMemory = 0x100;
    private const ulong SharesThreads = 0x10000;
    private const ulong Vfork = 0x4000;

    public static CallResult GetId(LinuxCall call) => call.Process.Id;

    public static CallResult GetParent(LinuxCall call) => call.Process.Parent;

    public static CallResult ExitGroup(LinuxCall call)
    {
        if (!call.Process.Threads.TrueForAll(RobustList.TryRelease))
        {
            return CallResult.Suspended;
        }

        call.System.EndProcess(call.Process, (call.Int(0) & 0xff) << 8);
        return CallResult.Gone;
    }

    public static CallResult Clone(LinuxCall call)
    {
        ulong flags = call[0];
        if ((flags & SharesThreads) != 0)
        {
            return (flags & SharesMemory) != 0 ? ThreadCalls.Clone(call) : Errno.EINVAL;
        }

        if (call.IsWoken)
        {
            return (long)call.Progress; // The child of a vfork has gone its own way.
        }

        if (call.Progress != 0)
        {
            return CallResult.Parked;
        }

        // Children that have ended count until they are waited for, as in Linux (setrlimit(2)).
        if ((ulong)(call.Job.ThreadCount + call.Job.Processes.Values.Sum(process => process.Zombies.Count)) >= call.Process.Limits.MostProcesses)
        {
            return Errno.EAGAIN;
        }

        return (flags & SharesMemory) != 0 && (flags & Vfork) == 0 ? Errno.EINVAL : Fork(call, (flags & Vfork) != 0);
    }

    private static CallResult Fork(LinuxCall call, bool isVfork)
    {
        var parent = call.Process;
        var system = call.System;
        Span<ulong> state = stackalloc ulong[ThreadState.Words];
        var status = call.Thread.Capability.ReadState(state);
        if (status != KernelStatus.Ok)
        {
            return CallResult.Of(status);
        }

        if (!call.TryPrepare(call[2], (call[0] & 0x100000) != 0 ? 4u : 0))
        {
            return call.Failure;
        }

        status = system.CreateProcess(call.Job, call.Job.NextId, parent.Id, out var child);
        if (status != KernelStatus.Ok)
        {
            return status == KernelStatus.Suspended ? CallResult.Suspended : Errno.EAGAIN;
        }

        // A child that shares memory runs in the cell of the memory's owner until it has a program of its own (vfork(2)).
        bool shares = (call[0] & SharesMemory) != 0;
        child.MemoryOwner = shares ? parent.Memory.Process.Id : 0;
        status = shares ? KernelStatus.Ok : CopyMemory(parent, child);
        LinuxThread thread = null!;
        if (status == KernelStatus.Ok)
        {
            status = system.CreateThread(child, child.Id, 0, 0, out thread);
        }

        if (status != KernelStatus.Ok)
        {
            system.Abandon(child);
            return status == KernelStatus.Suspended ? CallResult.Suspended : Errno.EAGAIN;
        }

        call.Job.NextId++;
        Inherit(child, parent);
        thread.Mask = call.Thread.Mask;
        thread.AltStack = call.Thread.AltStack;
        thread.AltStackSize = call.Thread.AltStackSize;
        ThreadCalls.Begin(call, thread, state);
        if (!isVfork)
        {
            return child.Id;
        }

        child.VforkParent = call.Thread.Number;
        call.Progress = (ulong)child.Id;
        return CallResult.Parked;
    }

    private static void Inherit(LinuxProcess child, LinuxProcess parent)
    {
        child.GroupId = parent.GroupId;
        child.SessionId = parent.SessionId;
        child.WorkingDirectory = parent.WorkingDirectory;
        child.FileMask = parent.FileMask;
        child.Arguments = parent.Arguments;
        child.TextBytes = parent.TextBytes;
        child.Job.Tree.Hold(child.TextBytes);
        child.RandomState = parent.NextRandom();
        child.CopyActions(parent);
        child.CopyLimits(parent);
        child.Executable = parent.Executable;
        if (child.Executable is { } executable)
        {
            executable.Block.Uses++;
        }

        parent.Descriptors.CopyTo(child.Descriptors);
    }

    private static KernelStatus CopyMemory(LinuxProcess parent, LinuxProcess child)
    {
        var copies = new Dictionary<MemoryBlock, MemoryBlock>();
        var memory = child.Memory;
        foreach (var area in parent.Memory.Areas)
        {
            var block = area.Block;
            if (!block.IsImmutable && !area.IsShared && !copies.TryGetValue(block, out block!))
            {
                MemoryCapability clone = default;
                var made = child.WithRoom(() => area.Block.Memory.CreateClone(child.Cell, out clone));
                if (made != KernelStatus.Ok)
                {
                    return made;
                }

                block = parent.System.AddBlock(clone, area.Block.Size, false);
                copies.Add(area.Block, block);
            }

            var status = memory.Map(area with { Block = block });
            if (status != KernelStatus.Ok)
            {
                return status;
            }
        }

        memory.HeapStart = parent.Memory.HeapStart;
        memory.HeapEnd = parent.Memory.HeapEnd;
        if (parent.Memory.HeapBlock is { } heap && copies.TryGetValue(heap, out var copy))
        {
            copy.Uses++;
            memory.HeapBlock = copy;
            memory.HeapBlockEnd = parent.Memory.HeapBlockEnd;
        }

        return KernelStatus.Ok;
    }

    private static LinuxProcess? Named(LinuxCall call) =>
        call.Int(0) == 0 ? call.Process : call.Job.Processes.GetValueOrDefault(call.Int(0));

    public static CallResult SetGroup(LinuxCall call)
    {
        if (Named(call) is not { } process)
        {
            return Errno.ESRCH;
        }

        process.GroupId = call.Int(1) == 0 ? process.Id : call.Int(1);
        return 0L;
    }

    public static CallResult GetGroup(LinuxCall call) => Named(call) is { } process ? process.GroupId : Errno.ESRCH;

    public static CallResult GetSession(LinuxCall call) => Named(call) is { } process ? process.SessionId : Errno.ESRCH;

    public static CallResult NewSession(LinuxCall call)
    {
        call.Process.GroupId = call.Process.SessionId = call.Process.Id;
        return call.Process.Id;
    }
}
