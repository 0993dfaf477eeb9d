using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>
/// Files that are mapped, for mmap and execve. A file in memory shows its own memory object, or a copy of it that shares its frames. One of the host is brought
/// into a block piece by piece, which the call holds until all is there; the service itself keeps no more than one piece.
/// </summary>
internal static class FileMaps
{
    private const ulong HostPiece = 1 << 18;

    /// <summary>Bytes that are copied for one virtual instruction, besides what the kernel charges.</summary>
    private const int BytesPerWork = 2;

    private const int Filled = 1;

    /// <summary>Makes the part of a file that mmap names ready in <see cref="LinuxCall.Block"/>. 0: it is there.</summary>
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

        if (file is { Kind: OpenFileKind.File, Inode.Tag: 0 })
        {
            var result = call[5] + length > FileTree.LargestFile ? Errno.EOVERFLOW : Show(call, file.Inode, isShared, writes, length);
            call.Stage = result == 0L ? Filled : call.Stage;
            return result;
        }

        // A shared mapping that can be written would have to reach the host's file: it is refused. One that is only read is a copy.
        if ((isShared && writes && file.Kind == OpenFileKind.HostFile)
            || !(file.Kind is OpenFileKind.File or OpenFileKind.HostFile || (file.Kind == OpenFileKind.Device && file.Device == DeviceKind.Zero)))
        {
            return Errno.ENODEV;
        }

        if (file.Kind == OpenFileKind.Device)
        {
            return 0L; // As anonymous memory (mem(4)).
        }

        bool isNew = call.Block is null;
        var filled = TryBlock(call, length);
        filled = filled != 0L ? filled
            : file.Kind == OpenFileKind.File ? CopyShown(call, file.Inode!, length)
            : CopyFromHost(call, file.Grant, file.Handle, call[5], length);
        return End(call, isNew, filled);
    }

    /// <summary>
    /// Takes the memory object of a file in memory: itself for shared mappings and for those that only read; a copy, which shares its frames, for private ones
    /// that write.
    /// </summary>
    private static CallResult Show(LinuxCall call, Inode node, bool isShared, bool writes, ulong length)
    {
        bool isOwn = isShared && writes;
        // A mapping beyond the memory object has it grow; a layer's has all that it will ever have.
        var grown = Grow(call, node, call[5] + length);
        if (grown != 0L)
        {
            return grown;
        }

        var loaded = isOwn ? LayerReads.Own(call, node) : LayerReads.Load(call, node, call[5], call[5] + length);
        if (loaded != 0L)
        {
            return loaded;
        }

        var status = MakeMemory(call, node, isOwn, Math.Max(node.Length, call[5] + length));
        if (status != KernelStatus.Ok)
        {
            return CallResult.Of(status);
        }

        call.Block = call.System.ContentOf(call.Job, node);
        return isShared || !writes ? 0L : Copy(call);
    }

    private static KernelStatus MakeMemory(LinuxCall call, Inode node, bool isOwn, ulong needed) =>
        !isOwn && node.Content?.Source is { } layer ? layer.Content.Move(call.System.Own, node.Length) : call.Job.Tree.MakeMemory(node, needed);

    /// <summary>Puts a copy of the call's block in its place.</summary>
    private static CallResult Copy(LinuxCall call)
    {
        var content = call.Block!;
        var status = TryCopy(call.Process, content, out var copy);
        call.Block = status == KernelStatus.Ok ? copy : null;
        if (content.Uses == 0)
        {
            call.System.Discard(content);
        }

        return CallResult.Of(status);
    }

    /// <summary>Makes a copy of a block that the process pays for; both share their frames until one is written.</summary>
    public static KernelStatus TryCopy(LinuxProcess process, MemoryBlock block, out MemoryBlock copy)
    {
        ObjectOS.Client.MemoryCapability clone = default;
        var payer = process.Memory.Process;
        var status = payer.WithRoom(() => block.Memory.CreateClone(payer.Cell, out clone));
        copy = status != KernelStatus.Ok ? null!
            : block.Inode is { } inode ? process.System.Add(MemoryBlock.Of(process.System.NewId(), clone, block.Size, block.Job!, inode, false))
            : process.System.AddBlock(clone, block.Size, false);
        return status;
    }

    /// <summary>Takes a whole file in memory as a program, into the call's block. A file that can be written is copied: the program stays as it was. 0: it is there.</summary>
    public static CallResult Program(LinuxCall call, Inode node)
    {
        var loaded = LayerReads.Load(call, node, 0, node.Length);
        if (loaded != 0L)
        {
            return loaded;
        }

        var status = MakeMemory(call, node, false, node.Length);
        if (status != KernelStatus.Ok)
        {
            return CallResult.Of(status);
        }

        call.Block = call.System.ContentOf(call.Job, node);
        return node.Content!.Source is not null ? 0L : Copy(call);
    }

    /// <summary>Makes the call's block if there is none. 0: it is there.</summary>
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

    /// <summary>The end of one run: one that is suspended has made no block.</summary>
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

    /// <summary>Copies a file that is made up, which is short, into the call's block. 0: all is there.</summary>
    private static CallResult CopyShown(LinuxCall call, Inode node, ulong length)
    {
        var status = node.Read(call[5], length, out byte[] bytes);
        status = status == KernelStatus.Ok ? call.Block!.Memory.Write(0, bytes) : status;
        call.Charge(bytes.Length / BytesPerWork);
        return CallResult.Of(status);
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

    /// <summary>Gives a file whose memory object is too small a larger one; its mappings follow. 0: it has one, or none at all.</summary>
    private static CallResult Grow(LinuxCall call, Inode node, ulong needed)
    {
        if (node.Content is not { Source: null, Memory: not null } content || (needed <= content.Size && content.Outgrown is null))
        {
            return 0L;
        }

        var status = call.Job.Tree.MakeMemory(node, needed);
        if (status != KernelStatus.Ok)
        {
            return ChangeCalls.OfSpace(status);
        }

        var followed = content.Outgrown is { } small ? Follow(call, node, small, false) : 0L;
        if (followed == 0L)
        {
            content.DropOutgrown();
        }

        return followed;
    }

    /// <summary>
    /// Has the mappings of a file that has got another memory object show that one; only shared ones, if the former stays. 0: that is done, or it has none.
    /// </summary>
    public static CallResult Follow(LinuxCall call, Inode node, ObjectOS.Client.MemoryCapability former, bool onlyShared)
    {
        if (!call.System.IsMapped(node))
        {
            return 0L;
        }

        foreach (var process in call.Job.Processes.Values)
        {
            foreach (var area in process.OwnMemory.Areas.Where(area => (area.IsShared || !onlyShared) && area.Block.Inode == node && area.Block.IsContent && area.Block.Memory == former).ToArray())
            {
                var status = area.IsVoid ? process.OwnMemory.Rename(area, call.System.ContentOf(call.Job, node)) : process.OwnMemory.Replace(area, call.System.ContentOf(call.Job, node));
                if (status != KernelStatus.Ok)
                {
                    return CallResult.Of(status);
                }
            }
        }

        return 0L;
    }

    /// <summary>
    /// Adapts the mappings of a file of the job to the length that it is to have. 0: that is done, or the file is not mapped.
    /// </summary>
    public static CallResult Resize(LinuxCall call, Inode node, ulong length)
    {
        if (Pages.RoundUp(length) == Pages.RoundUp(node.Length) || !call.System.IsMapped(node))
        {
            return 0L;
        }

        var grown = Grow(call, node, length);
        if (grown != 0L)
        {
            return grown;
        }

        foreach (var process in call.Job.Processes.Values)
        {
            var status = process.OwnMemory.Resize(node, length);
            if (status != KernelStatus.Ok)
            {
                return CallResult.Of(status);
            }
        }

        return 0L;
    }
}
