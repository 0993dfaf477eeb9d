namespace ObjectOS.Services.Vmm;

/// <summary>What a guest's writes do to its disk.</summary>
public enum BlockPolicy
{
    /// <summary>They go to the file.</summary>
    ReadWrite,

    /// <summary>There are none.</summary>
    ReadOnly,

    /// <summary>They stay in the device, and are gone with it.</summary>
    Snapshot,
}

/// <summary>
/// The file behind a disk. The host has opened it before the machine starts (<see cref="Abi.HostFileOperation.Open"/> on the grant <paramref name="Target"/>, for
/// reading, and for writing where <paramref name="Policy"/> is <see cref="BlockPolicy.ReadWrite"/>) and closes it after the machine's end.
/// </summary>
/// <param name="Target">The host's number of the grant.</param>
/// <param name="Handle">The handle that the grant gave.</param>
/// <param name="Size">Bytes of the file; what is behind the last whole sector of 512 bytes is not seen.</param>
/// <param name="Policy">What writes do.</param>
/// <param name="OverlayLimit">Snapshot: most bytes of written 4 KiB blocks; a write beyond is an I/O error.</param>
public sealed record BlockBackend(ulong Target, ulong Handle, ulong Size, BlockPolicy Policy, ulong OverlayLimit = 1UL << 30)
{
    internal void Save(BinaryWriter writer)
    {
        writer.Write(Target);
        writer.Write(Handle);
        writer.Write(Size);
        writer.Write((byte)Policy);
        writer.Write(OverlayLimit);
    }

    internal static BlockBackend Restore(BinaryReader reader) =>
        new(reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64(), (BlockPolicy)reader.ReadByte(), reader.ReadUInt64());
}
