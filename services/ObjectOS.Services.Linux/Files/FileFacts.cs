using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>What the stat calls tell of a file.</summary>
internal readonly record struct FileFacts(ulong Device, ulong Inode, uint Mode, uint Links, ulong Size, ulong DeviceNumber, long AccessTime, long ModifyTime, long ChangeTime, FileOwner Owner)
{
    public const int StatBytes = 128;
    public const int ExtendedBytes = 256;

    public static FileFacts Of(Inode inode)
    {
        uint type = inode.Kind switch
        {
            InodeKind.Directory or InodeKind.Mount => Linux.TypeDirectory,
            InodeKind.Link => Linux.TypeLink,
            InodeKind.Device => (inode.DeviceNumber & FileTree.BlockDevice) != 0 ? Linux.TypeBlockDevice : Linux.TypeDevice,
            InodeKind.Fifo => Linux.TypePipe,
            InodeKind.Socket => Linux.TypeSocket,
            _ => Linux.TypeFile,
        };
        ulong size = inode.Kind switch
        {
            InodeKind.Directory => 4096,
            InodeKind.Link => (ulong)inode.Target.Length,
            _ => inode.Length,
        };
        uint links = inode.Kind is InodeKind.Directory or InodeKind.Mount ? inode.Links == 0 ? 0 : inode.Subdirectories + 2 : inode.Tag != 0 ? 1 : inode.Links;
        ulong device = inode.Kind == InodeKind.Device ? inode.DeviceNumber & ~FileTree.BlockDevice : 0;
        return new FileFacts(1, inode.Number, type | inode.Mode, links, size, device, inode.AccessTime, inode.ModifyTime, inode.ChangeTime, inode.Owner);
    }

    public static FileFacts Of(HostFileStatus status, int grant, FileOwner owner)
    {
        uint type = status.Kind switch
        {
            HostFileKind.Directory => Linux.TypeDirectory,
            HostFileKind.Link => Linux.TypeLink,
            HostFileKind.File => Linux.TypeFile,
            _ => Linux.TypePipe,
        };
        return new FileFacts(
            (ulong)grant + 16, status.Inode, type | status.Mode, status.Links, status.Size, 0, status.AccessTime, status.ModifyTime, status.ChangeTime, owner);
    }

    public static FileFacts Of(OpenFile file, ulong now, FileOwner owner) => file.Inode is { } inode
        ? Of(inode)
        : new FileFacts(
            2, file.Id, file.Kind == OpenFileKind.Pipe || (file.Kind is OpenFileKind.Input or OpenFileKind.Output && !file.IsTerminal) ? Linux.TypePipe | 0x180 : Linux.TypeDevice | 0x190,
            1, 0, file.IsTerminal ? 0x8800UL : 0, (long)now, (long)now, (long)now, owner);

    /// <summary>struct stat (asm-generic/stat.h).</summary>
    public byte[] ToStat()
    {
        var bytes = new byte[StatBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Device);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), Inode);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), Mode);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), Links);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24), Owner.User);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(28), Owner.Group);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), DeviceNumber);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(48), Size);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(56), 4096);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(64), (Size + 511) / 512);
        Calls.HostFiles.PutTime(bytes.AsSpan(72), AccessTime);
        Calls.HostFiles.PutTime(bytes.AsSpan(88), ModifyTime);
        Calls.HostFiles.PutTime(bytes.AsSpan(104), ChangeTime);
        return bytes;
    }

    /// <summary>struct statx (uapi/linux/stat.h).</summary>
    public byte[] ToExtended()
    {
        var bytes = new byte[ExtendedBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 0x7ff);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), 4096);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), Links);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), Owner.User);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24), Owner.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(28), (ushort)Mode);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), Inode);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), Size);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(48), (Size + 511) / 512);
        long[] times = [AccessTime, 0, ChangeTime, ModifyTime];
        for (int i = 0; i < times.Length; i++)
        {
            Calls.HostFiles.PutTime(bytes.AsSpan(64 + (i * 16)), times[i]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(128), (uint)DeviceNumber >> 8);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(132), (uint)DeviceNumber & 0xff);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(140), (uint)Device);
        return bytes;
    }
}
