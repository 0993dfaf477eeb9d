using ObjectOS.Client;

namespace ObjectOS.Services.Files;

/// <content>How a tree is saved and restored.</content>
public sealed partial class FileTree
{
    private enum SavedEntry : byte
    {
        Hidden,
        Inode,

        /// <summary>Another name of an inode that was saved already.</summary>
        Known,
    }

    /// <summary>Writes the tree, and the inodes that are used without a name. Layers are saved by their owner.</summary>
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

        var known = new HashSet<ulong>();
        SaveTree(writer, Root, known);
        var loose = detached.Where(inode => !known.Contains(inode.Number)).ToList();
        writer.Write(loose.Count);
        foreach (var inode in loose)
        {
            writer.Write(inode.Parent.Number);
            SaveTree(writer, inode, known);
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote, into a tree over the same layers; all inodes by number.</summary>
    public Dictionary<ulong, Inode> Restore(BinaryReader reader, Invoker? invoker = null)
    {
        var all = new Dictionary<ulong, Inode>();
        _nextNumber = reader.ReadUInt64();
        ulong used = reader.ReadUInt64();
        _grants.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _grants.Add(new FileGrant(reader.ReadUInt64(), reader.ReadString(), reader.ReadBoolean()));
        }

        _linked.Clear();
        Root = RestoreTree(reader, invoker, null, all);
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            RestoreTree(reader, invoker, all.GetValueOrDefault(reader.ReadUInt64()) ?? Root, all);
        }

        Used = used;
        return all;
    }

    /// <summary>Writes an inode and all below it, each directory's entries after it: a guest makes trees deeper than the host's stack.</summary>
    private void SaveTree(BinaryWriter writer, Inode top, HashSet<ulong> known)
    {
        SaveInode(writer, top);
        known.Add(top.Number);
        var open = new Stack<IEnumerator<KeyValuePair<string, Inode?>>>();
        for (Inode? inode = top; inode is not null; inode = NextInode(writer, open, known))
        {
            if (inode.Kind == InodeKind.Directory)
            {
                open.Push(inode.Entries.After(null).GetEnumerator());
            }
        }
    }

    /// <summary>Writes the next entry of the innermost directory that has one, up to one with an inode that is new; null: that was all.</summary>
    private Inode? NextInode(BinaryWriter writer, Stack<IEnumerator<KeyValuePair<string, Inode?>>> open, HashSet<ulong> known)
    {
        while (open.TryPeek(out var entries))
        {
            if (!entries.MoveNext())
            {
                open.Pop();
                continue;
            }

            var (name, inode) = entries.Current;
            writer.Write(name);
            writer.Write((byte)(inode is null ? SavedEntry.Hidden : known.Contains(inode.Number) ? SavedEntry.Known : SavedEntry.Inode));
            if (inode is not null && known.Add(inode.Number))
            {
                SaveInode(writer, inode);
                return inode;
            }

            if (inode is not null)
            {
                writer.Write(inode.Number);
            }
        }

        return null;
    }

    private void SaveInode(BinaryWriter writer, Inode inode)
    {
        writer.Write(inode.Number);
        writer.Write((byte)inode.Kind);
        writer.Write(inode.Mode);
        writer.Write(inode.Owner.User);
        writer.Write(inode.Owner.Group);
        writer.Write(inode.AccessTime);
        writer.Write(inode.ModifyTime);
        writer.Write(inode.ChangeTime);
        writer.Write(inode.Target);
        writer.Write(inode.Held);
        writer.Write((byte)inode.Device);
        writer.Write(inode.DeviceNumber);
        writer.Write(inode.Grant);
        writer.Write(inode.Tag);
        writer.Write(inode.Subject);
        writer.Write(inode.Descriptor);
        writer.Write(inode.Links);
        writer.Write(inode.Opens);
        writer.Write(inode.Length);
        writer.Write(inode.Name);
        writer.Write(inode.IsNameless);
        writer.Write(inode.Subdirectories);
        writer.Write(inode.Content is not null);
        inode.Content?.Save(writer);
        writer.Write(inode.Attributes?.Count ?? 0);
        foreach (var (name, value) in inode.Attributes ?? [])
        {
            writer.Write(name);
            writer.Write(value.Length);
            writer.Write(value);
        }

        writer.Write(inode.Bases.Count);
        foreach (var place in inode.Bases)
        {
            writer.Write(Array.IndexOf(_layers, place.Layer));
            writer.Write(place.Node.FileNumber);
        }

        if (inode.Kind == InodeKind.Directory)
        {
            writer.Write(inode.Entries.Count);
        }
    }

    private Inode RestoreTree(BinaryReader reader, Invoker? invoker, Inode? parent, Dictionary<ulong, Inode> all)
    {
        var top = RestoreInode(reader, invoker, parent, all, out int entries);
        var open = new Stack<(Inode Directory, int Left)>([(top, entries)]);
        while (open.TryPop(out var at))
        {
            if (at.Left == 0)
            {
                continue;
            }

            open.Push((at.Directory, at.Left - 1));
            string name = reader.ReadString();
            switch ((SavedEntry)reader.ReadByte())
            {
                case SavedEntry.Hidden:
                    at.Directory.Entries.Set(name, null);
                    break;
                case SavedEntry.Known:
                    at.Directory.Entries.Set(name, all[reader.ReadUInt64()]);
                    break;
                default:
                    var inode = RestoreInode(reader, invoker, at.Directory, all, out entries);
                    at.Directory.Entries.Set(name, inode);
                    open.Push((inode, entries));
                    break;
            }
        }

        return top;
    }

    private Inode RestoreInode(BinaryReader reader, Invoker? invoker, Inode? parent, Dictionary<ulong, Inode> all, out int entries)
    {
        var inode = new Inode(reader.ReadUInt64(), (InodeKind)reader.ReadByte(), reader.ReadUInt32(), new FileOwner(reader.ReadUInt32(), reader.ReadUInt32()), 0)
        {
            AccessTime = reader.ReadInt64(),
            ModifyTime = reader.ReadInt64(),
            ChangeTime = reader.ReadInt64(),
            Target = reader.ReadString(),
            Held = reader.ReadUInt64(),
            Device = (DeviceKind)reader.ReadByte(),
            DeviceNumber = reader.ReadUInt64(),
            Grant = reader.ReadInt32(),
            Tag = reader.ReadUInt32(),
            Subject = reader.ReadInt32(),
            Descriptor = reader.ReadInt32(),
            Links = reader.ReadUInt32(),
            Opens = reader.ReadInt32(),
            Length = reader.ReadUInt64(),
            Name = reader.ReadString(),
            IsNameless = reader.ReadBoolean(),
            Subdirectories = reader.ReadUInt32(),
        };
        inode.Parent = parent ?? inode;
        RestoreContent(reader, invoker, inode);
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            inode.Attributes ??= new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
            inode.Attributes.Add(reader.ReadString(), reader.ReadBytes(reader.ReadInt32()));
        }

        var bases = new List<LayerPlace>();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var layer = _layers[reader.ReadInt32()];
            bases.Add(new LayerPlace(layer, layer.Find(reader.ReadUInt32())));
        }

        inode.Bases = bases;
        all[inode.Number] = inode;
        if (inode.Kind == InodeKind.Mount)
        {
            _mounts[inode.Grant] = inode;
        }

        if (inode.Links > 1 && inode.Number >> LayerShift != 0)
        {
            _linked[inode.Number] = inode;
        }

        entries = inode.Kind == InodeKind.Directory ? reader.ReadInt32() : 0;
        return inode;
    }

    private void RestoreContent(BinaryReader reader, Invoker? invoker, Inode inode)
    {
        if (!reader.ReadBoolean())
        {
            return;
        }

        inode.Content = new FileContent();
        inode.Content.Restore(reader, invoker, _layers);
        if (inode.Content.Memory is not null)
        {
            _memories.Add(inode.Number, inode.Content);
        }
    }
}
