namespace ObjectOS.Services.Files;

/// <summary>What is wanted of a file: the bits of one class of its mode.</summary>
[Flags]
public enum FileAccessRights
{
    /// <summary>Nothing but that it is there.</summary>
    None = 0,

    /// <summary>To execute it, or to search a directory.</summary>
    Execute = 1,

    /// <summary>To write it, or to change a directory's names.</summary>
    Write = 2,

    /// <summary>To read it, or to list a directory.</summary>
    Read = 4,
}

/// <summary>Whom a program acts for when it uses files (credentials(7): file-system user and group, supplementary groups).</summary>
/// <param name="User">The user; 0 may do everything in its tree.</param>
/// <param name="Group">The group that new files get.</param>
/// <param name="Groups">Further groups.</param>
public sealed record Credentials(uint User, uint Group, IReadOnlyList<uint> Groups)
{
    private const uint Sticky = 0x200;

    /// <summary>True if it acts for the superuser.</summary>
    public bool IsSuperuser => User == 0;

    /// <summary>True if it is in the group.</summary>
    public bool IsIn(uint group) => group == Group || Groups.Contains(group);

    /// <summary>True if it may do that (path_resolution(7), "Permissions").</summary>
    public bool May(Inode inode, FileAccessRights wanted)
    {
        uint mode = inode.Mode;
        if (IsSuperuser)
        {
            return !wanted.HasFlag(FileAccessRights.Execute) || inode.Kind == InodeKind.Directory || (mode & 0x49) != 0;
        }

        int shift = inode.Owner.User == User ? 6 : IsIn(inode.Owner.Group) ? 3 : 0;
        return ((uint)wanted & ~(mode >> shift)) == 0;
    }

    /// <summary>True if it may change what only an owner may.</summary>
    public bool Owns(Inode inode) => IsSuperuser || inode.Owner.User == User;

    /// <summary>True if it may take a name of a directory away: it may write there, and in a sticky directory owns the one or the other.</summary>
    public bool MayRemove(Inode directory, Inode inode) =>
        May(directory, FileAccessRights.Write | FileAccessRights.Execute) && ((directory.Mode & Sticky) == 0 || Owns(directory) || Owns(inode));
}
