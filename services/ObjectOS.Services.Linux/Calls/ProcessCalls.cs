using System.Buffers.Binary;
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

        // A child that asks to share memory without being a thread gets a copy: what it writes is not seen by its parent (as under qemu-user).
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

        status = CopyMemory(parent, child);
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

    public static CallResult Wait4(LinuxCall call)
    {
        int target = call.Int(0);
        var zombie = Find(call, target == -1 ? 0 : target == 0 ? -call.Process.GroupId : target);
        if (zombie is null)
        {
            return NoneYet(call, target, (call[2] & 1) != 0);
        }

        if ((call[3] != 0 && !call.TryWrite(call[3], new byte[144])) || (call[1] != 0 && !call.TryWrite(call[1], BitConverter.GetBytes(zombie.Status))))
        {
            return call.Failure;
        }

        call.Process.Zombies.Remove(zombie);
        return zombie.Id;
    }

    /// <summary>A child that has ended: any (0), that one (positive), one of that group (negative).</summary>
    private static Zombie? Find(LinuxCall call, int target) =>
        call.Process.Zombies.Find(zombie => target == 0 || zombie.Id == target || zombie.GroupId == -target);

    private static CallResult NoneYet(LinuxCall call, int target, bool noHang)
    {
        bool any = call.Job.Processes.Values.Any(process => process.Parent == call.Process.Id && (target <= 0 || process.Id == target));
        return !any ? Errno.ECHILD : noHang ? 0L : call.WaitFor(call.Process.ChildrenWait);
    }

    public static CallResult WaitId(LinuxCall call)
    {
        int target = call[0] switch
        {
            0 => 0,
            1 => call.Int(1),
            _ => -call.Int(1),
        };
        var zombie = Find(call, target);
        if (zombie is null)
        {
            return NoneYet(call, target, (call[3] & 1) != 0);
        }

        bool isExit = (zombie.Status & 0x7f) == 0;
        var bytes = new byte[128];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, 17);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), isExit ? SignalInfo.ChildExited : SignalInfo.ChildKilled);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), zombie.Id);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), Linux.UserId);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), isExit ? zombie.Status >> 8 : zombie.Status & 0x7f);
        if (call[2] != 0 && !call.TryWrite(call[2], bytes))
        {
            return call.Failure;
        }

        if ((call[3] & 0x1000000) == 0)
        {
            call.Process.Zombies.Remove(zombie);
        }

        return 0L;
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
