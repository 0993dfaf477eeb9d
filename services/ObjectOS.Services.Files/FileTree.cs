namespace ObjectOS.Services.Files;

/// <summary>A granted directory of the host, seen in the tree.</summary>
/// <param name="Number">The host's number.</param>
/// <param name="GuestPath">Where it is seen.</param>
/// <param name="IsWritable">False: every change is refused.</param>
public sealed record FileGrant(ulong Number, string GuestPath, bool IsWritable);

/// <summary>The tree of files in memory, with places where directories of the host are seen. Times are given by the caller: it has no clock.</summary>
public sealed class FileTree
{
    /// <summary>The most bytes of a file.</summary>
    public const ulong LargestFile = 1UL << 30;

    private const ulong EntryCost = 320;
    private const ulong DirectoryCost = 96;

    private readonly ulong _limit;
    private readonly List<FileGrant> _grants = [];
    private ulong _nextNumber = 1;

    /// <summary>Makes a tree that holds no more than <paramref name="limit"/> bytes; a name counts as 320 and two for each of its letters, a directory as 96 more, a link as two more for each letter of its target.</summary>
    public FileTree(ulong limit, ulong now)
    {
        _limit = limit;
        Root = NewInode(InodeKind.Directory, 0x1ed, now);
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

    /// <summary>True where a new name still has room, that of a link where a target is given.</summary>
    public bool HasRoomFor(string name, string target = "") => HasRoomFor(CostOf(name, target, InodeKind.Directory));

    /// <summary>True where so many bytes more can be held.</summary>
    public bool HasRoomFor(ulong bytes) => Used <= _limit && bytes <= _limit - Used;

    /// <summary>Counts bytes that a service holds elsewhere for the one whose tree it is.</summary>
    public void Hold(ulong bytes) => Used += bytes;

    /// <summary>The same, given back.</summary>
    public void Return(ulong bytes) => Used -= bytes;

    private static ulong CostOf(string name, string target, InodeKind kind) =>
        EntryCost + (kind == InodeKind.Directory ? DirectoryCost : 0) + (((ulong)name.Length + (ulong)target.Length) * sizeof(char));

    /// <summary>Makes <paramref name="name"/>, which must be free, in a directory.</summary>
    public Inode Make(Inode directory, string name, InodeKind kind, uint mode, ulong now, string target = "", DeviceKind device = DeviceKind.None)
    {
        var made = NewInode(kind, mode, now);
        made.Parent = directory;
        made.Target = target;
        made.Device = device;
        directory.Entries.Add(name, made);
        directory.ModifyTime = directory.ChangeTime = (long)now;
        Used += CostOf(name, target, kind);
        return made;
    }

    /// <summary>The directory of that absolute path, made with all that leads to it.</summary>
    public Inode MakePath(string path, ulong now)
    {
        var at = Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            at = at.Entries.TryGetValue(name, out var next) && next.Kind == InodeKind.Directory ? next : Make(Replace(at, name), name, InodeKind.Directory, 0x1ed, now);
        }

        return at;
    }

    /// <summary>Shows a directory of the host.</summary>
    public void Mount(FileGrant grant, ulong now)
    {
        string path = "/" + string.Join('/', grant.GuestPath.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."));
        _grants.Add(grant with { GuestPath = path });
        if (path == "/")
        {
            Root = NewInode(InodeKind.Mount, 0x1ed, now);
            Root.Parent = Root;
            Root.Grant = _grants.Count - 1;
            return;
        }

        int slash = path.LastIndexOf('/');
        var parent = MakePath(path[..slash], now);
        string name = path[(slash + 1)..];
        var mount = Make(Replace(parent, name), name, InodeKind.Mount, 0x1ed, now);
        mount.Grant = _grants.Count - 1;
    }

    private Inode Replace(Inode directory, string name)
    {
        if (directory.Entries.ContainsKey(name))
        {
            Remove(directory, name, 0);
        }

        return directory;
    }

    /// <summary>Takes a name away; the file lives on while it is open.</summary>
    public void Remove(Inode directory, string name, ulong now)
    {
        var removed = directory.Entries[name];
        directory.Entries.Remove(name);
        directory.ModifyTime = directory.ChangeTime = (long)now;
        removed.Links = 0;
        Used -= CostOf(name, removed.Target, removed.Kind);
        Settle(removed);
    }

    /// <summary>Takes all names in a directory away, and all below them, however deep that is.</summary>
    public void Clear(Inode directory, ulong now)
    {
        var pending = new Stack<Inode>([directory]);
        while (pending.TryPop(out var at))
        {
            foreach (var (name, entry) in at.Entries.ToArray())
            {
                if (entry.Kind == InodeKind.Directory)
                {
                    pending.Push(entry);
                }

                Remove(at, name, now);
            }
        }
    }

    /// <summary>Moves a name; what had the new one is removed. The caller has checked that it may.</summary>
    public void Rename(Inode directory, string name, Inode newDirectory, string newName, ulong now)
    {
        var moved = directory.Entries[name];
        if (newDirectory.Entries.TryGetValue(newName, out var old))
        {
            if (old == moved)
            {
                return;
            }

            Remove(newDirectory, newName, now);
        }

        Used = Used - ((ulong)name.Length * sizeof(char)) + ((ulong)newName.Length * sizeof(char));
        directory.Entries.Remove(name);
        newDirectory.Entries.Add(newName, moved);
        moved.Parent = newDirectory;
        moved.ChangeTime = directory.ModifyTime = newDirectory.ModifyTime = (long)now;
    }

    /// <summary>Exchanges two names. The caller has checked that it may.</summary>
    public static void Exchange(Inode directory, string name, Inode otherDirectory, string otherName, ulong now)
    {
        var first = directory.Entries[name];
        var second = otherDirectory.Entries[otherName];
        directory.Entries.Remove(name);
        otherDirectory.Entries.Remove(otherName);
        directory.Entries.Add(name, second);
        otherDirectory.Entries.Add(otherName, first);
        (first.Parent, second.Parent) = (otherDirectory, directory);
        first.ChangeTime = second.ChangeTime = directory.ModifyTime = otherDirectory.ModifyTime = (long)now;
    }

    /// <summary>Gives the bytes of a file back that has neither a name nor anyone who has it open.</summary>
    public void Settle(Inode inode)
    {
        if (inode.Links == 0 && inode.Opens == 0 && inode.Kind == InodeKind.File)
        {
            Used -= inode.Content?.Held ?? 0;
            inode.Content = null;
            inode.Length = 0;
        }
    }

    /// <summary>Makes the file that long; false: files are not that long. New bytes are zero, and take no room until they are written.</summary>
    public bool TrySetLength(Inode file, ulong length, ulong now)
    {
        if (length > LargestFile)
        {
            return false;
        }

        if (length < file.Length && file.Content is { } content)
        {
            Used -= content.Held;
            content.Cut(length);
            Used += content.Held;
        }

        file.Length = length;
        file.ModifyTime = file.ChangeTime = (long)now;
        return true;
    }

    /// <summary>Writes into the file, which grows as needed; false where there is no room, and then nothing is written.</summary>
    public bool TryWrite(Inode file, ulong offset, ReadOnlySpan<byte> data, ulong now)
    {
        if (offset > LargestFile || offset + (ulong)data.Length > LargestFile)
        {
            return false;
        }

        var content = file.Content ??= new FileContent();
        ulong growth = content.Growth(offset, data.Length);
        if (growth > 0 && !HasRoomFor(growth))
        {
            return false;
        }

        content.Write(offset, data);
        Used += growth;
        file.Length = Math.Max(file.Length, offset + (ulong)data.Length);
        file.ModifyTime = file.ChangeTime = (long)now;
        return true;
    }

    /// <summary>A nameless inode for what a service makes up on the spot; what is written into a file counts until it is closed.</summary>
    public Inode MakeDetached(Inode parent, InodeKind kind, uint mode, ulong now, string target = "")
    {
        var made = NewInode(kind, mode, now);
        made.Parent = parent;
        made.Links = 0;
        made.Target = target;
        return made;
    }

    private Inode NewInode(InodeKind kind, uint mode, ulong now) => new(_nextNumber++, kind, mode, now);

    /// <summary>Writes the tree, and the inodes that are open without a name.</summary>
    public void Save(BinaryWriter writer, IEnumerable<Inode> detached)
    {
        writer.Write(_nextNumber);
        writer.Write(Used);
        writer.Write(_grants.Count);
        foreach (var grant in _grants)
        {
            writer.Write(grant.Number);
            writer.Write(grant.GuestPath);
            writer.Write(grant.IsWritable);
        }

        SaveTree(writer, Root);
        var loose = detached.ToList();
        writer.Write(loose.Count);
        foreach (var inode in loose)
        {
            SaveTree(writer, inode);
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote; all inodes by number.</summary>
    public Dictionary<ulong, Inode> Restore(BinaryReader reader)
    {
        var all = new Dictionary<ulong, Inode>();
        _nextNumber = reader.ReadUInt64();
        ulong used = reader.ReadUInt64();
        _grants.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _grants.Add(new FileGrant(reader.ReadUInt64(), reader.ReadString(), reader.ReadBoolean()));
        }

        Root = RestoreTree(reader, null, all);
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            RestoreTree(reader, Root, all);
        }

        Used = used;
        return all;
    }

    /// <summary>Writes an inode and all below it, each directory's entries behind it: a guest makes trees deeper than the host's stack.</summary>
    private static void SaveTree(BinaryWriter writer, Inode top)
    {
        SaveInode(writer, top);
        var open = new Stack<IEnumerator<KeyValuePair<string, Inode>>>();
        for (Inode? inode = top; inode is not null; inode = NextInode(writer, open))
        {
            if (inode.Kind == InodeKind.Directory)
            {
                open.Push(inode.Entries.GetEnumerator());
            }
        }
    }

    /// <summary>Writes the next entry of the innermost directory that has one; null: that was all.</summary>
    private static Inode? NextInode(BinaryWriter writer, Stack<IEnumerator<KeyValuePair<string, Inode>>> open)
    {
        while (open.TryPeek(out var entries))
        {
            if (entries.MoveNext())
            {
                writer.Write(entries.Current.Key);
                SaveInode(writer, entries.Current.Value);
                return entries.Current.Value;
            }

            open.Pop();
        }

        return null;
    }

    private static void SaveInode(BinaryWriter writer, Inode inode)
    {
        writer.Write(inode.Number);
        writer.Write((byte)inode.Kind);
        writer.Write(inode.Mode);
        writer.Write(inode.AccessTime);
        writer.Write(inode.ModifyTime);
        writer.Write(inode.ChangeTime);
        writer.Write(inode.Target);
        writer.Write((byte)inode.Device);
        writer.Write(inode.Grant);
        writer.Write(inode.Tag);
        writer.Write(inode.Links);
        writer.Write(inode.Opens);
        writer.Write(inode.Length);
        writer.Write(inode.Content is not null);
        inode.Content?.Save(writer);
        if (inode.Kind == InodeKind.Directory)
        {
            writer.Write(inode.Entries.Count);
        }
    }

    private static Inode RestoreTree(BinaryReader reader, Inode? parent, Dictionary<ulong, Inode> all)
    {
        var top = RestoreInode(reader, parent, all, out int entries);
        var open = new Stack<(Inode Directory, int Left)>([(top, entries)]);
        while (open.TryPop(out var at))
        {
            if (at.Left > 0)
            {
                open.Push((at.Directory, at.Left - 1));
                string name = reader.ReadString();
                var inode = RestoreInode(reader, at.Directory, all, out entries);
                at.Directory.Entries.Add(name, inode);
                open.Push((inode, entries));
            }
        }

        return top;
    }

    private static Inode RestoreInode(BinaryReader reader, Inode? parent, Dictionary<ulong, Inode> all, out int entries)
    {
        var inode = new Inode(reader.ReadUInt64(), (InodeKind)reader.ReadByte(), reader.ReadUInt32(), 0)
        {
            AccessTime = reader.ReadInt64(),
            ModifyTime = reader.ReadInt64(),
            ChangeTime = reader.ReadInt64(),
            Target = reader.ReadString(),
            Device = (DeviceKind)reader.ReadByte(),
            Grant = reader.ReadInt32(),
            Tag = reader.ReadUInt32(),
            Links = reader.ReadUInt32(),
            Opens = reader.ReadInt32(),
            Length = reader.ReadUInt64(),
        };
        inode.Parent = parent ?? inode;
        if (reader.ReadBoolean())
        {
            inode.Content = new FileContent();
            inode.Content.Restore(reader);
        }

        all[inode.Number] = inode;
        entries = inode.Kind == InodeKind.Directory ? reader.ReadInt32() : 0;
        return inode;
    }
}
