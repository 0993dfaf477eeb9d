using ObjectOS.Abi;

namespace ObjectOS.Services.Files;

/// <summary>What an inode is.</summary>
public enum InodeKind : byte
{
    /// <summary>A file whose bytes are in memory.</summary>
    File,

    /// <summary>A directory in memory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>A character device of this service.</summary>
    Device,

    /// <summary>The place where a directory of the host is seen.</summary>
    Mount,

    /// <summary>A named pipe.</summary>
    Fifo,

    /// <summary>A socket's name.</summary>
    Socket,
}

/// <summary>The devices in <c>/dev</c>.</summary>
public enum DeviceKind : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>Reads end at once, writes vanish.</summary>
    Null,

    /// <summary>Reads give zeros.</summary>
    Zero,

    /// <summary>Reads give zeros, writes find no room.</summary>
    Full,

    /// <summary>Reads give random bytes.</summary>
    Random,

    /// <summary>The terminal, or standard input and output.</summary>
    Terminal,

    /// <summary>Standard input.</summary>
    Input,

    /// <summary>Standard output.</summary>
    Output,

    /// <summary>Standard error.</summary>
    Error,

    /// <summary>A device that is not there: only its name is.</summary>
    Absent,
}

/// <summary>Who owns a file.</summary>
/// <param name="User">Its user's number.</param>
/// <param name="Group">Its group's number.</param>
public readonly record struct FileOwner(uint User, uint Group);

/// <summary>A file, directory, link, device, pipe or mount of a tree. It has any number of names, and lives as long as it has one or is open.</summary>
public sealed class Inode
{
    internal Inode(ulong number, InodeKind kind, uint mode, FileOwner owner, long now)
    {
        Number = number;
        Kind = kind;
        Mode = mode;
        Owner = owner;
        AccessTime = ModifyTime = ChangeTime = now;
        if (kind == InodeKind.Directory)
        {
            Entries = new DirectoryEntries();
        }
    }

    /// <summary>Its number, unique in its tree.</summary>
    public ulong Number { get; }

    /// <summary>What it is.</summary>
    public InodeKind Kind { get; }

    /// <summary>Permission bits, with set-user-id, set-group-id and sticky.</summary>
    public uint Mode { get; set; }

    /// <summary>Who owns it.</summary>
    public FileOwner Owner { get; set; }

    /// <summary>When it was last read: nanoseconds since 1970, negative before.</summary>
    public long AccessTime { get; set; }

    /// <summary>When its bytes were last changed: nanoseconds since 1970, negative before.</summary>
    public long ModifyTime { get; set; }

    /// <summary>When anything of it was last changed: nanoseconds since 1970, negative before.</summary>
    public long ChangeTime { get; set; }

    /// <summary>A link's text, a byte text.</summary>
    public string Target { get; internal set; } = "";

    /// <summary>Which device it is.</summary>
    public DeviceKind Device { get; internal set; }

    /// <summary>Bytes that count for it itself, besides its names and contents.</summary>
    internal ulong Held { get; set; }

    /// <summary>A device's number, as <c>dev_t</c>; bit 63 marks a block device.</summary>
    public ulong DeviceNumber { get; internal set; }

    /// <summary>For a mount: which of the tree's grants.</summary>
    public int Grant { get; internal set; } = -1;

    /// <summary>For a link that leads to an open file whatever its name: the inode; null for others.</summary>
    public Inode? Leads { get; set; }

    /// <summary>True for a file that was made without a name and may get one (O_TMPFILE).</summary>
    public bool IsNameless { get; set; }

    /// <summary>For an inode that stands for an open file without one: its descriptor.</summary>
    public int Descriptor { get; set; }

    /// <summary>For a file that a service makes up on the spot: the number of the process or thread that it tells of; 0 for none.</summary>
    public int Subject { get; set; }

    /// <summary>For a file that a service makes up on the spot: which it is; 0 for all others.</summary>
    public uint Tag { get; set; }

    /// <summary>Names that it has: 0 after the last is removed.</summary>
    public uint Links { get; internal set; } = 1;

    /// <summary>How often it is open or mapped, or a working directory.</summary>
    public int Opens { get; set; }

    /// <summary>The directory that it is in; for a file with several names the one of the name that it got last. The root is its own.</summary>
    public Inode Parent { get; internal set; } = null!;

    /// <summary>Directories that a directory holds.</summary>
    public uint Subdirectories { get; internal set; }

    /// <summary>Its name in <see cref="Parent"/>, a byte text; empty for the root.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>A directory's own names, in ordinal order: those of <see cref="Bases"/> that were looked up or changed among them.</summary>
    internal DirectoryEntries Entries { get; } = null!;

    /// <summary>A directory's layers, the uppermost first: their names show through where <see cref="Entries"/> has none.</summary>
    internal IReadOnlyList<LayerPlace> Bases { get; set; } = [];

    /// <summary>A file's length.</summary>
    public ulong Length { get; internal set; }

    /// <summary>A file's bytes; null if none was written.</summary>
    public FileContent? Content { get; internal set; }

    /// <summary>Extended attributes by name, byte texts; null if it has none.</summary>
    public SortedDictionary<string, byte[]>? Attributes { get; internal set; }

    /// <summary>The bytes of a file from an offset on, at most so many; those before its end. Ok, or Suspended.</summary>
    public KernelStatus Read(ulong offset, ulong count, out byte[] bytes)
    {
        bytes = new byte[offset >= Length ? 0 : (int)Math.Min(count, Length - offset)];
        return Content?.Read(offset, bytes) ?? KernelStatus.Ok;
    }
}
