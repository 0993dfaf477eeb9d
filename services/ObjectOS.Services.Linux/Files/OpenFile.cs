using ObjectOS.Abi;
using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

internal enum OpenFileKind : byte
{
    File,
    Directory,
    HostFile,
    HostDirectory,
    Pipe,
    Input,
    Output,
    Device,
    Event,
    Poll,
    Timer,
    Signals,
}

/// <summary>What a descriptor stands for: an open file with its position, shared by all descriptors made from one opening.</summary>
internal sealed class OpenFile(ulong id, OpenFileKind kind, string path, uint flags)
{
    public ulong Id => id;

    public OpenFileKind Kind => kind;

    /// <summary>Bytes that any file takes besides its path, and at most with it.</summary>
    private const ulong FixedCost = 384;
    public const ulong MostHeld = FixedCost + ((LinuxCall.LongestPath + 1) * sizeof(char));

    /// <summary>Bytes of the host that it takes, which count against what its job may hold.</summary>
    public ulong Cost => FixedCost + ((ulong)Path.Length * sizeof(char));

    /// <summary>What was counted for it.</summary>
    public ulong Held { get; private set; }

    /// <summary>One use more; with the first its bytes are counted.</summary>
    public void Hold()
    {
        if (References++ == 0 && Job is not null)
        {
            Held = Cost;
            Job.Tree.Hold(Held);
        }
    }

    /// <summary>The absolute path that it was opened by.</summary>
    public string Path { get; set; } = path;

    /// <summary>O_ flags: access mode, O_APPEND, O_NONBLOCK.</summary>
    public uint Flags { get; set; } = flags;

    /// <summary>Whose files and grants it is of.</summary>
    public Job? Job { get; set; }

    public int References { get; set; }

    public ulong Position { get; set; }

    /// <summary>Its inode, which counts this file among its <see cref="Inode.Opens"/>; null for pipes without a name, streams, and files of the host.</summary>
    public Inode? Inode { get; init; }

    /// <summary>The directory in memory that the file was found in, and its name there; null if it has none.</summary>
    public (Inode Directory, string Name)? Found { get; private set; }

    /// <summary>For a directory of the host: its path in the grant.</summary>
    public string HostPath { get; private set; } = "";

    /// <summary>A directory as a place that paths are relative to.</summary>
    public DirectoryPlace Place => kind == OpenFileKind.HostDirectory ? new DirectoryPlace(Job!.Tree.MountOf(Grant), HostPath) : new DirectoryPlace(Inode!);

    /// <summary>The path that leads to it now, as links in <c>/proc</c> show it (proc(5), /proc/pid/fd).</summary>
    public string CurrentPath
    {
        get
        {
            if (Inode is null || Inode.Tag != 0 || Path.Length == 0 || Path[0] != '/')
            {
                return Path;
            }

            // The name by which it was opened, or else the one that it got last.
            string? path = Found is var (place, name) && Job!.Tree.Find(place, name) == Inode ? PathIn(place, name)
                : Inode.Links > 0 ? PathIn(Inode.Parent, Inode.Name)
                : null;
            return path ?? Path + " (deleted)";
        }
    }

    public DeviceKind Device { get; init; }

    public int Grant { get; init; } = -1;

    /// <summary>The host's handle.</summary>
    public ulong Handle { get; init; }

    public HostFileStatus HostStatus { get; set; }

    public Pipe? Pipe { get; init; }

    /// <summary>The host's number of a stream.</summary>
    public ulong Stream { get; init; }

    public bool IsTerminal { get; init; }

    /// <summary>A timer that is read from it.</summary>
    public IntervalTimer? Timer { get; init; }

    /// <summary>An event's counter; the signals that are read from it, bit n − 1 for signal n; 1 for a timer of the realtime clock.</summary>
    public ulong Counter { get; set; }

    /// <summary>True for an event whose reads take one (EFD_SEMAPHORE).</summary>
    public bool IsSemaphore { get; init; }

    /// <summary>What an epoll descriptor watches.</summary>
    public PollSet? PollSet { get; set; }

    /// <summary>Items of poll sets that watch this file: they go with its last descriptor.</summary>
    public LinkedList<PollItem> Watchers { get; } = [];

    /// <summary>The last name that a listing has told; null: it is at its beginning.</summary>
    public string? Cursor { get; set; }

    /// <summary>The position that goes with it.</summary>
    public ulong CursorPosition { get; set; }

    private string? PathIn(Inode directory, string name) => Job!.Tree.PathOf(directory) is { } path ? PathWalk.Absolute(path, name) : null;

    /// <summary>Makes the open file of what a path in memory leads to.</summary>
    public static OpenFile Of(LinuxCall call, OpenFileKind kind, PathTarget target, uint flags) => Of(call, kind, target.Node!, target.FullPath, flags, target);

    /// <summary>Makes the open file of an inode.</summary>
    public static OpenFile Of(LinuxCall call, OpenFileKind kind, Inode node, string path, uint flags, PathTarget target = default, Pipe? pipe = null)
    {
        node.Opens++;
        return new OpenFile(call.System.NewId(), kind, path, flags)
        {
            Inode = node,
            Device = node.Device,
            Job = call.Job,
            Pipe = pipe,
            Found = target.Directory is { } directory ? (directory, target.Name) : null,
        };
    }

    /// <summary>Makes the open file of what the host has opened.</summary>
    public static OpenFile OfHost(LinuxCall call, PathTarget target, HostReply reply, uint flags)
    {
        HostFileStatus.TryRead(reply.Data, out var status);
        var kind = status.Kind == HostFileKind.Directory ? OpenFileKind.HostDirectory : OpenFileKind.HostFile;
        return new OpenFile(call.System.NewId(), kind, target.FullPath, flags)
        {
            Grant = target.Grant,
            Handle = (ulong)reply.Result,
            HostStatus = status,
            HostPath = target.HostPath,
            Job = call.Job,
        };
    }

    public bool IsDirectory => kind is OpenFileKind.Directory or OpenFileKind.HostDirectory;

    public bool CanRead => (Flags & Linux.OpenAccess) != Linux.OpenWrite && (Flags & Linux.OpenPath) == 0;

    public bool CanWrite => (Flags & Linux.OpenAccess) != 0 && (Flags & Linux.OpenPath) == 0;

    public bool IsAppending => (Flags & Linux.OpenAppend) != 0;

    /// <summary>True for a descriptor that names a file and does not open it (O_PATH): most calls answer EBADF.</summary>
    public bool IsPathOnly => (Flags & Linux.OpenPath) != 0;

    public bool IsNonBlocking => (Flags & Linux.OpenNonBlocking) != 0;

    public bool IsSeekable => kind is OpenFileKind.File or OpenFileKind.HostFile or OpenFileKind.Directory or OpenFileKind.HostDirectory;

    public void Save(BinaryWriter writer)
    {
        writer.Write(id);
        writer.Write((byte)kind);
        writer.Write(Path);
        writer.Write(Flags);
        writer.Write(References);
        writer.Write(Position);
        writer.Write(Inode?.Number ?? 0);
        writer.Write((byte)Device);
        writer.Write(Grant);
        writer.Write(Handle);
        writer.Write(HostStatus.ToBytes());
        writer.Write(Pipe?.Id ?? 0);
        writer.Write(Stream);
        writer.Write(IsTerminal);
        writer.Write(Counter);
        writer.Write(IsSemaphore);
        PollSet?.Save(writer);
        Timer?.Save(writer);
        writer.Write(Held);
        writer.Write(Cursor ?? "");
        writer.Write(CursorPosition);
        writer.Write(HostPath);
        writer.Write(Found?.Directory.Number ?? 0);
        writer.Write(Found?.Name ?? "");
    }

    public static OpenFile Restore(BinaryReader reader, IReadOnlyDictionary<ulong, Inode> inodes, IReadOnlyDictionary<ulong, Pipe> pipes, List<PollSetRecord> sets)
    {
        ulong id = reader.ReadUInt64();
        var kind = (OpenFileKind)reader.ReadByte();
        string path = reader.ReadString();
        uint flags = reader.ReadUInt32();
        int references = reader.ReadInt32();
        ulong position = reader.ReadUInt64();
        ulong inode = reader.ReadUInt64();
        var device = (DeviceKind)reader.ReadByte();
        int grant = reader.ReadInt32();
        ulong handle = reader.ReadUInt64();
        HostFileStatus.TryRead(reader.ReadBytes(HostFileStatus.Bytes), out var status);
        ulong pipe = reader.ReadUInt64();
        ulong stream = reader.ReadUInt64();
        bool isTerminal = reader.ReadBoolean();
        ulong counter = reader.ReadUInt64();
        bool isSemaphore = reader.ReadBoolean();
        var file = new OpenFile(id, kind, path, flags)
        {
            References = references,
            Position = position,
            Inode = inode == 0 ? null : inodes[inode],
            Device = device,
            Grant = grant,
            Handle = handle,
            HostStatus = status,
            Pipe = pipe == 0 ? null : pipes[pipe],
            Stream = stream,
            IsTerminal = isTerminal,
            Counter = counter,
            IsSemaphore = isSemaphore,
            Timer = kind == OpenFileKind.Timer ? IntervalTimer.Restore(reader) : null,
        };
        if (kind == OpenFileKind.Poll)
        {
            file.PollSet = new PollSet(file);
            sets.Add(file.PollSet.Restore(reader));
        }

        file.Held = reader.ReadUInt64();
        file.Cursor = reader.ReadString() is { Length: > 0 } cursor ? cursor : null;
        file.CursorPosition = reader.ReadUInt64();
        file.HostPath = reader.ReadString();
        ulong directory = reader.ReadUInt64();
        string name = reader.ReadString();
        file.Found = directory != 0 && inodes.TryGetValue(directory, out var found) ? (found, name) : null;
        return file;
    }
}
