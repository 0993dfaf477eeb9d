using ObjectOS.Client;

namespace ObjectOS.Services.Files;

/// <summary>A granted directory of the host, seen in the tree.</summary>
/// <param name="Number">The host's number.</param>
/// <param name="GuestPath">Where it is seen, a byte text.</param>
/// <param name="IsWritable">False: every change is refused.</param>
public sealed record FileGrant(ulong Number, string GuestPath, bool IsWritable);

/// <summary>An entry of a directory, as listings show it.</summary>
/// <param name="Name">Its name, a byte text.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Number">Its inode's number.</param>
public readonly record struct DirectoryEntry(string Name, InodeKind Kind, ulong Number);

/// <summary>
/// A tree of files: what programs write, over immutable layers, with places where directories of the host are seen. Names are byte texts. Times are given by
/// the caller: it has no clock.
/// </summary>
public sealed partial class FileTree
{
    /// <summary>The most bytes of a file.</summary>
    public const ulong LargestFile = 1UL << 32;

    private const ulong EntryCost = 320;
    private const ulong DirectoryCost = 96;

    /// <summary>Numbers of inodes that come from layers: the layer's place in the list, counted from 1, and its number there.</summary>
    private const int LayerShift = 40;

    private readonly ulong _limit;
    private readonly FileOwner _owner;
    private readonly CellCapability? _cell;
    private readonly Layer[] _layers;
    private readonly List<FileGrant> _grants = [];
    private readonly Dictionary<int, Inode> _mounts = [];

    /// <summary>Contents that are memory objects of this tree, by the numbers of their inodes.</summary>
    private readonly SortedDictionary<ulong, FileContent> _memories = [];

    /// <summary>The inodes of files in layers that have several names, by number: all their names lead to one.</summary>
    private readonly Dictionary<ulong, Inode> _linked = [];
    private ulong _nextNumber = 1;

    /// <summary>Makes a tree that holds no more than <paramref name="limit"/> bytes; a name counts as 320 and two for each of its bytes, a directory as 96 more, a link as two more for each byte of its text.</summary>
    /// <param name="limit">Bytes.</param>
    /// <param name="now">The time.</param>
    /// <param name="owner">Whose the root is, and what is made without another owner.</param>
    /// <param name="cell">Who pays for long contents; null: there are none.</param>
    /// <param name="layers">What shows through, the uppermost first; opened ones.</param>
    public FileTree(ulong limit, ulong now, FileOwner owner = default, CellCapability? cell = null, IReadOnlyList<Layer>? layers = null)
    {
        _limit = limit;
        _owner = owner;
        _cell = cell;
        _layers = [.. layers ?? []];
        var bases = _layers.Select(layer => new LayerPlace(layer, layer.Root!)).ToList();
        Root = bases.Count > 0 ? Show(bases, bases[0].Node) : NewInode(InodeKind.Directory, 0x1ed, owner, now);
        Root.Parent = Root;
    }

    /// <summary>The root directory.</summary>
    public Inode Root { get; private set; }

    /// <summary>Bytes in use.</summary>
    public ulong Used { get; private set; }

    /// <summary>Most bytes.</summary>
    public ulong Limit => _limit;

    /// <summary>The granted directories.</summary>
    public IReadOnlyList<FileGrant> Grants => _grants;

    /// <summary>True if a new name still has room, that of a link if a text is given.</summary>
    public bool HasRoomFor(string name, string target = "") => HasRoomFor(CostOf(name, InodeKind.Directory) + CostOf(target));

    /// <summary>True if so many bytes more can be held.</summary>
    public bool HasRoomFor(ulong bytes) => Used <= _limit && bytes <= _limit - Used;

    /// <summary>Counts bytes that a service holds elsewhere for the program whose tree it is.</summary>
    public void Hold(ulong bytes) => Used += bytes;

    /// <summary>The same, given back.</summary>
    public void Return(ulong bytes) => Used -= bytes;

    private static ulong CostOf(string name, InodeKind kind) => EntryCost + (kind == InodeKind.Directory ? DirectoryCost : 0) + CostOf(name);

    private static ulong CostOf(string text) => (ulong)text.Length * sizeof(char);

    /// <summary>Gives an inode a name.</summary>
    private Inode Enter(Inode directory, string name, Inode inode)
    {
        directory.Subdirectories += inode.Kind is InodeKind.Directory or InodeKind.Mount ? 1u : 0;
        return Hold(directory, name, inode);
    }

    /// <summary>Holds an inode under a name that it has.</summary>
    private Inode Hold(Inode directory, string name, Inode inode)
    {
        if (directory.Entries.TryGetValue(name, out _))
        {
            Used -= CostOf(name, InodeKind.File); // It was hidden.
        }

        directory.Entries.Set(name, inode);
        Used += CostOf(name, inode.Kind);
        inode.Name = name;
        inode.Parent = directory;
        return inode;
    }

    /// <summary>Lets go of a name. If the layers have one that would show through, it stays hidden.</summary>
    private void Leave(Inode directory, string name, Inode inode)
    {
        directory.Subdirectories -= inode.Kind is InodeKind.Directory or InodeKind.Mount ? 1u : 0;
        Used -= CostOf(name, inode.Kind);
        if (directory.Bases.Any(place => place.Node.TryFind(name, out _)))
        {
            directory.Entries.Set(name, null);
            Used += CostOf(name, InodeKind.File);
        }
        else
        {
            directory.Entries.Remove(name);
        }
    }

    /// <summary>True if a directory has no names.</summary>
    public bool IsEmpty(Inode directory) => !List(directory, null).Any();

    /// <summary>The absolute path of a directory or mount, a byte text; null if it was removed.</summary>
    public string? PathOf(Inode directory)
    {
        var names = new List<string>();
        for (var at = directory; at != Root; at = at.Parent)
        {
            if (at.Links == 0 && at.Tag == 0)
            {
                return null;
            }

            names.Add(at.Name);
        }

        names.Reverse();
        return "/" + string.Join('/', names);
    }

    /// <summary>Makes <paramref name="name"/>, which must be free, in a directory.</summary>
    public Inode Make(
        Inode directory, string name, InodeKind kind, uint mode, ulong now, string target = "", DeviceKind device = DeviceKind.None, FileOwner? owner = null)
    {
        var made = NewInode(kind, mode, owner ?? _owner, now);
        made.Target = target;
        made.Device = device;
        made.Held = CostOf(target);
        Used += made.Held;
        Enter(directory, name, made);
        Touch(directory, now);
        return made;
    }

    private static void Touch(Inode directory, ulong now) => directory.ModifyTime = directory.ChangeTime = (long)now;

    /// <summary>Makes a device node.</summary>
    public Inode MakeDevice(Inode directory, string name, uint mode, ulong number, ulong now, FileOwner owner)
    {
        var made = Make(directory, name, InodeKind.Device, mode, now, owner: owner);
        SetDevice(made, number);
        return made;
    }

    /// <summary>The bit of <see cref="Inode.DeviceNumber"/> that marks a block device.</summary>
    public const ulong BlockDevice = 1UL << 63;

    /// <summary>The numbers of the devices that there are (Linux, Documentation/admin-guide/devices.txt).</summary>
    private static void SetDevice(Inode inode, ulong number)
    {
        inode.DeviceNumber = number;
        inode.Device = number switch
        {
            0x103 => DeviceKind.Null,
            0x105 => DeviceKind.Zero,
            0x107 => DeviceKind.Full,
            0x108 or 0x109 => DeviceKind.Random,
            0x500 => DeviceKind.Terminal,
            _ => DeviceKind.Absent,
        };
    }

    /// <summary>Gives an inode, no directory, another name, which must be free.</summary>
    public void Link(Inode directory, string name, Inode inode, ulong now)
    {
        inode.Links++;
        Enter(directory, name, inode);
        inode.ChangeTime = (long)now;
        Touch(directory, now);
    }

    /// <summary>The directory of that absolute path, made with all that leads to it.</summary>
    public Inode MakePath(string path, ulong now)
    {
        var at = Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            at = Find(at, name) is { Kind: InodeKind.Directory } next ? next : Make(Replace(at, name), name, InodeKind.Directory, 0x1ed, now);
        }

        return at;
    }

    /// <summary>An empty directory at an absolute path, in place of whatever was there.</summary>
    public Inode MakeFresh(string path, ulong now)
    {
        int slash = path.LastIndexOf('/');
        string name = path[(slash + 1)..];
        return Make(Replace(MakePath(path[..slash], now), name), name, InodeKind.Directory, 0x1ed, now);
    }

    /// <summary>Shows a directory of the host.</summary>
    public void Mount(FileGrant grant, ulong now)
    {
        string path = "/" + string.Join('/', grant.GuestPath.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."));
        _grants.Add(grant with { GuestPath = path });
        if (path == "/")
        {
            Root = NewInode(InodeKind.Mount, 0x1ed, _owner, now);
            Root.Parent = Root;
            Root.Grant = _grants.Count - 1;
            return;
        }

        int slash = path.LastIndexOf('/');
        var parent = MakePath(path[..slash], now);
        string name = path[(slash + 1)..];
        var mount = Make(Replace(parent, name), name, InodeKind.Mount, 0x1ed, now);
        mount.Grant = _grants.Count - 1;
        _mounts[mount.Grant] = mount;
    }

    /// <summary>The inode of a grant's mount.</summary>
    public Inode MountOf(int grant) => Root.Grant == grant ? Root : _mounts[grant];

    private Inode Replace(Inode directory, string name)
    {
        if (Find(directory, name) is not null)
        {
            Remove(directory, name, 0);
        }

        return directory;
    }

    /// <summary>Takes a name away; the inode lives on while it has another or is open.</summary>
    public void Remove(Inode directory, string name, ulong now)
    {
        var removed = Find(directory, name) ?? throw new ArgumentException($"The directory has no name {name}.", nameof(name));
        Leave(directory, name, removed);
        Touch(directory, now);
        removed.Links--;
        removed.ChangeTime = (long)now;
        Settle(removed);
    }

    /// <summary>Moves a name; the inode that had the new one loses it. The caller has checked that it may.</summary>
    public void Rename(Inode directory, string name, Inode newDirectory, string newName, ulong now)
    {
        var moved = Find(directory, name)!;
        if (Find(newDirectory, newName) is { } old)
        {
            if (old == moved)
            {
                return;
            }

            Remove(newDirectory, newName, now);
        }

        Leave(directory, name, moved);
        Enter(newDirectory, newName, moved);
        moved.ChangeTime = (long)now;
        Touch(directory, now);
        Touch(newDirectory, now);
    }

    /// <summary>Exchanges two names. The caller has checked that it may.</summary>
    public void Exchange(Inode directory, string name, Inode otherDirectory, string otherName, ulong now)
    {
        var first = Find(directory, name)!;
        var second = Find(otherDirectory, otherName)!;
        Leave(directory, name, first);
        Leave(otherDirectory, otherName, second);
        Enter(directory, name, second);
        Enter(otherDirectory, otherName, first);
        first.ChangeTime = second.ChangeTime = (long)now;
        Touch(directory, now);
        Touch(otherDirectory, now);
    }

    /// <summary>Gives back what an inode holds that has neither a name nor a user.</summary>
    public void Settle(Inode inode)
    {
        if (inode.Links != 0 || inode.Opens != 0)
        {
            return;
        }

        Used -= inode.Held + CostOf(inode.Attributes);
        inode.Held = 0;
        inode.Attributes = null;
        _linked.Remove(inode.Number);
        if (inode.Kind == InodeKind.Directory)
        {
            foreach (var (name, _) in inode.Entries.After(null))
            {
                Used -= CostOf(name, InodeKind.File); // Only names that hide others are left.
            }
        }

        if (inode.Content is { } content)
        {
            Used -= content.Held;
            content.Clear();
            _memories.Remove(inode.Number);
            inode.Content = null;
            inode.Length = 0;
        }
    }

    /// <summary>Gives back one memory object of a tree that is not used any more; false: there is none left.</summary>
    public bool ReleaseOne()
    {
        if (_memories.Count == 0)
        {
            return false;
        }

        var (number, content) = _memories.First();
        content.Clear();
        return _memories.Remove(number);
    }

    /// <summary>Sets an extended attribute, or removes it for null. The caller has seen to the room.</summary>
    public void SetAttribute(Inode inode, string name, byte[]? value, ulong now)
    {
        inode.Attributes ??= new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        ulong before = CostOf(inode.Attributes);
        if (value is null)
        {
            inode.Attributes.Remove(name);
        }
        else
        {
            inode.Attributes[name] = value;
        }

        Used = Used - before + CostOf(inode.Attributes);
        inode.ChangeTime = (long)now;
    }

    private static ulong CostOf(SortedDictionary<string, byte[]>? attributes) =>
        (ulong)(attributes?.Sum(attribute => 128 + (attribute.Key.Length * sizeof(char)) + attribute.Value.Length) ?? 0);

    /// <summary>A nameless inode, for a file that a service makes up on the spot or that never gets a name. Its bytes count until it is closed.</summary>
    public Inode MakeDetached(Inode parent, InodeKind kind, uint mode, ulong now, string name = "", string target = "", FileOwner? owner = null)
    {
        var made = NewInode(kind, mode, owner ?? _owner, now);
        made.Parent = parent;
        made.Name = name;
        made.Links = 0;
        made.Target = target;
        return made;
    }

    private Inode NewInode(InodeKind kind, uint mode, FileOwner owner, ulong now) => new(_nextNumber++, kind, mode, owner, (long)now);
}
