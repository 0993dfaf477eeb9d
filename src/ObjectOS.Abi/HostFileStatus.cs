using System.Buffers.Binary;

namespace ObjectOS.Abi;

/// <summary>What a name in a granted directory stands for; the values are Linux's <c>DT_</c> numbers.</summary>
public enum HostFileKind : uint
{
    /// <summary>Something that is neither file, directory nor link.</summary>
    Other = 0,

    /// <summary>A directory.</summary>
    Directory = 4,

    /// <summary>A regular file.</summary>
    File = 8,

    /// <summary>A symbolic link.</summary>
    Link = 10,
}

/// <summary>
/// What the host says of a file in a granted directory. As data: kind and mode, 32 bits each; size, modification time, inode number, 64
/// bits each; links and a reserved word, 32 bits each; times of access and status change, 64 bits each. Little-endian.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">The nine permission bits.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifyTime">When its bytes were last changed: nanoseconds since 1970-01-01 UTC, negative before.</param>
/// <param name="Inode">A number that tells files of one grant apart.</param>
/// <param name="Links">Names that it has.</param>
/// <param name="AccessTime">When it was last read, likewise.</param>
/// <param name="ChangeTime">When anything of it was last changed, likewise.</param>
public readonly record struct HostFileStatus(
    HostFileKind Kind, uint Mode, ulong Size, long ModifyTime, ulong Inode, uint Links, long AccessTime, long ChangeTime)
{
    /// <summary>Bytes that it takes as data.</summary>
    public const int Bytes = 56;

    /// <summary>The record as data.</summary>
    public byte[] ToBytes()
    {
        var data = new byte[Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(data, (uint)Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), Mode);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(8), Size);
        BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(16), ModifyTime);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(24), Inode);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(32), Links);
        BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(40), AccessTime);
        BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(48), ChangeTime);
        return data;
    }

    /// <summary>Reads data; false where it is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out HostFileStatus status)
    {
        status = default;
        if (data.Length < Bytes)
        {
            return false;
        }

        status = new HostFileStatus(
            (HostFileKind)BinaryPrimitives.ReadUInt32LittleEndian(data),
            BinaryPrimitives.ReadUInt32LittleEndian(data[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(data[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(data[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(data[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(data[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(data[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(data[48..]));
        return true;
    }
}
