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
}

/// <summary>A file, directory, link, device or mount of the tree in memory.</summary>
public sealed class Inode
{
    internal Inode(ulong number, InodeKind kind, uint mode, ulong now)
    {
        Number = number;
        Kind = kind;
        Mode = mode;
        AccessTime = ModifyTime = ChangeTime = (long)now;
        if (kind == InodeKind.Directory)
        {
            Entries = [];
        }
    }

    /// <summary>Its number, unique in its tree.</summary>
    public ulong Number { get; }

    /// <summary>What it is.</summary>
    public InodeKind Kind { get; }

    /// <summary>Permission bits.</summary>
    public uint Mode { get; set; }

    /// <summary>When it was last read: nanoseconds since 1970, negative before.</summary>
    public long AccessTime { get; set; }

    /// <summary>When its bytes were last changed: nanoseconds since 1970, negative before.</summary>
    public long ModifyTime { get; set; }

    /// <summary>When anything of it was last changed: nanoseconds since 1970, negative before.</summary>
    public long ChangeTime { get; set; }

    /// <summary>Where a link leads.</summary>
    public string Target { get; internal set; } = "";

    /// <summary>Which device it is.</summary>
    public DeviceKind Device { get; internal set; }

    /// <summary>For a mount: which of the tree's grants.</summary>
    public int Grant { get; internal set; } = -1;

    /// <summary>For what a service makes up on the spot: which it is; 0 for all else.</summary>
    public uint Tag { get; set; }

    /// <summary>Names that it has: 0 once it is removed.</summary>
    public uint Links { get; internal set; } = 1;

    /// <summary>How often it is open.</summary>
    public int Opens { get; set; }

    /// <summary>The directory that it is in; the root is its own.</summary>
    public Inode Parent { get; internal set; } = null!;

    /// <summary>A directory's names, ordinal order.</summary>
    public DirectoryEntries Entries { get; } = null!;

    /// <summary>A file's length.</summary>
    public ulong Length { get; internal set; }

    /// <summary>A file's bytes; null where none was written.</summary>
    internal FileContent? Content { get; set; }

    /// <summary>A file's content from <paramref name="offset"/> on, at most <paramref name="count"/> bytes.</summary>
    public byte[] Read(ulong offset, int count)
    {
        var bytes = new byte[offset >= Length ? 0 : (int)Math.Min((ulong)count, Length - offset)];
        Content?.Read(offset, bytes);
        return bytes;
    }
}
