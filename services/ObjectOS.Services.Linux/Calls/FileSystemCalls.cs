using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>What file systems are, and making durable what was written.</summary>
internal static class FileSystemCalls
{
    private const ulong TemporaryFiles = 0x01021994; // TMPFS_MAGIC
    private const ulong ForeignFiles = 0x01021997; // V9FS_MAGIC: files that another system holds.
    private const ulong ProcessFiles = 0x9fa0; // PROC_SUPER_MAGIC
    private const ulong SystemFiles = 0x62656572; // SYSFS_MAGIC
    private const ulong Block = 4096;

    public static CallResult Status(LinuxCall call)
    {
        if (!call.TryPath(-1, 0, out var path))
        {
            return call.Failure;
        }

        var target = ProcFiles.Find(call.Process, path, true);
        if (target.Error != 0)
        {
            return (Errno)target.Error;
        }

        return target.IsHost ? HostStatus(call, target.Grant, target.HostName) : target.Node is null ? Errno.ENOENT : OwnStatus(call, target.Node);
    }

    public static CallResult StatusFile(LinuxCall call) =>
        !call.TryFile(0, out var file) ? call.Failure : file.Grant >= 0 ? HostStatus(call, file.Grant, "") : OwnStatus(call, file.Inode);

    private static CallResult OwnStatus(LinuxCall call, Inode? node)
    {
        if (node is { Tag: not 0 })
        {
            return Write(call, ShownTable.PathOf(node.Tag).StartsWith("/sys", StringComparison.Ordinal) ? SystemFiles : ProcessFiles, 0, 0, 0, 0);
        }

        var tree = call.Job.Tree;
        ulong free = (tree.Limit - Math.Min(tree.Limit, tree.Used)) / Block;
        return Write(call, TemporaryFiles, tree.Limit / Block, free, free, 0);
    }

    private static CallResult HostStatus(LinuxCall call, int grant, string path)
    {
        if (!call.TryReply(0, out var reply))
        {
            return call.Ask(grant, HostFileOperation.FileSystemStatus, path);
        }

        if (reply.IsError || reply.Data.Length < 24)
        {
            return reply.IsError ? reply.Result : Errno.EIO;
        }

        ulong WordAt(int at) => BinaryPrimitives.ReadUInt64LittleEndian(reply.Data.AsSpan(at)) / Block;

        return Write(call, ForeignFiles, WordAt(0), WordAt(8), WordAt(16), call.Job.Tree.Grants[grant].IsWritable ? 0u : 1);
    }

    /// <summary>struct statfs (asm-generic/statfs.h); the flags with ST_VALID.</summary>
    private static CallResult Write(LinuxCall call, ulong type, ulong blocks, ulong free, ulong available, ulong flags)
    {
        var bytes = new byte[120];
        ulong[] words = [type, Block, blocks, free, available, 65536, 32768, type, 255, Block, flags | 0x20];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), words[i]);
        }

        return call.TryWrite(call[1], bytes) ? 0L : call.Failure;
    }

    public static CallResult Synchronize(LinuxCall call)
    {
        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (file.IsPathOnly)
        {
            return Errno.EBADF;
        }

        if (file.Handle == 0)
        {
            return file.IsSeekable ? 0L : Errno.EINVAL;
        }

        return call.TryReply(0, out var reply) ? reply.Result : call.Ask(file.Grant, HostFileOperation.Synchronize, [], file.Handle);
    }

    /// <summary>syncfs: the file system of a descriptor.</summary>
    public static CallResult SynchronizeFileSystem(LinuxCall call) =>
        !call.TryFile(0, out var file) ? call.Failure
        : file.IsPathOnly ? Errno.EBADF
        : file.Grant < 0 ? 0L
        : call.TryReply(0, out var reply) ? reply.Result
        : call.Ask(file.Grant, HostFileOperation.Synchronize, []);

    /// <summary>sync: every grant that can be written, one after the other.</summary>
    public static CallResult SynchronizeAll(LinuxCall call)
    {
        int[] grants = [.. Enumerable.Range(0, call.Job.Tree.Grants.Count).Where(grant => call.Job.Tree.Grants[grant].IsWritable)];
        return call.Replies.Count < grants.Length ? call.Ask(grants[call.Replies.Count], HostFileOperation.Synchronize, []) : 0L;
    }
}
