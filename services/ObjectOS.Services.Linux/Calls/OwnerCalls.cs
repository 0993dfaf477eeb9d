using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>chown and its kin. Files of the host stay whose they are.</summary>
internal static class OwnerCalls
{
    private const uint Same = uint.MaxValue;
    private const uint SetIds = 0xc00;
    private const uint GroupExecute = 0x8;

    public static CallResult ChangeOwner(LinuxCall call)
    {
        uint flags = (uint)call[4];
        if ((flags & ~(uint)(Linux.AtNoFollow | Linux.AtEmptyPath)) != 0)
        {
            return Errno.EINVAL;
        }

        if (!call.TryPath(0, 1, out var path, (flags & Linux.AtEmptyPath) != 0))
        {
            return call.Failure;
        }

        if (path.IsEmpty)
        {
            return call.TryFile(0, out var file) ? Change(call, file, (uint)call[2], (uint)call[3]) : call.Failure;
        }

        bool followed = (flags & Linux.AtNoFollow) == 0;
        var target = ProcFiles.Find(call.Process, path, followed);
        if (target.Error == 0 && target.Node is { Kind: not InodeKind.Mount } node)
        {
            return Change(call, node, (uint)call[2], (uint)call[3]);
        }

        var result = StatusCalls.Facts(call, path, followed, out _);
        return result != 0L ? result : OfHost(call, (uint)call[2], (uint)call[3]);
    }

    public static CallResult ChangeOwnerFile(LinuxCall call) =>
        !call.TryFile(0, out var file) ? call.Failure : file.IsPathOnly ? Errno.EBADF : Change(call, file, (uint)call[1], (uint)call[2]);

    private static CallResult Change(LinuxCall call, OpenFile file, uint user, uint group) =>
        file.Inode is { } node ? Change(call, node, user, group) : OfHost(call, user, group);

    /// <summary>A file that is not in the tree is the program's own, and stays so.</summary>
    private static CallResult OfHost(LinuxCall call, uint user, uint group)
    {
        var owner = call.Process.Identity.Files;
        return (user == Same || user == owner.User) && (group == Same || group == owner.Group) ? 0L : Errno.EPERM;
    }

    /// <summary>chown(2): the superuser may all; an owner may give the file to a group that it is in. Set-id bits of programs go.</summary>
    private static CallResult Change(LinuxCall call, Inode node, uint user, uint group)
    {
        var who = call.Process.Credentials;
        bool keepsUser = user == Same || user == node.Owner.User;
        bool isOwn = who.Owns(node) && keepsUser && (group == Same || group == node.Owner.Group || who.IsIn(group));
        if (!who.IsSuperuser && !isOwn && !(user == Same && group == Same))
        {
            return Errno.EPERM;
        }

        node.Owner = new FileOwner(user == Same ? node.Owner.User : user, group == Same ? node.Owner.Group : group);
        if (node.Kind == InodeKind.File && (user != Same || group != Same))
        {
            node.Mode &= (node.Mode & GroupExecute) != 0 || !who.IsSuperuser ? ~SetIds : ~0x800u;
        }

        node.ChangeTime = (long)call.Job.WallClock;
        return 0L;
    }
}
