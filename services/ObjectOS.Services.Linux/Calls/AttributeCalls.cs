using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Extended attributes (xattr(7)): those of users, and for the superuser those of programs that keep others. Files of the host have none.</summary>
internal static class AttributeCalls
{
    private const int LongestName = 255;
    private const ulong LargestValue = 65536;
    private const int CreateOnly = 1;
    private const int ReplaceOnly = 2;

    private delegate CallResult Handler(LinuxCall call, Inode node);

    public static CallResult Set(LinuxCall call) => OfPath(call, true, Set);

    public static CallResult SetOfLink(LinuxCall call) => OfPath(call, false, Set);

    public static CallResult SetOfFile(LinuxCall call) => OfFile(call, Set);

    public static CallResult Get(LinuxCall call) => OfPath(call, true, Get);

    public static CallResult GetOfLink(LinuxCall call) => OfPath(call, false, Get);

    public static CallResult GetOfFile(LinuxCall call) => OfFile(call, Get);

    public static CallResult List(LinuxCall call) => OfPath(call, true, List);

    public static CallResult ListOfLink(LinuxCall call) => OfPath(call, false, List);

    public static CallResult ListOfFile(LinuxCall call) => OfFile(call, List);

    public static CallResult Remove(LinuxCall call) => OfPath(call, true, Remove);

    public static CallResult RemoveOfLink(LinuxCall call) => OfPath(call, false, Remove);

    public static CallResult RemoveOfFile(LinuxCall call) => OfFile(call, Remove);

    private static CallResult OfPath(LinuxCall call, bool followed, Handler handler)
    {
        if (!call.TryPath(-1, 0, out var path))
        {
            return call.Failure;
        }

        var target = ProcFiles.Find(call.Process, path, followed);
        return target.Error != 0 ? (Errno)target.Error
            : target.IsHost ? Errno.EOPNOTSUPP
            : target.Node is { } node ? node.Tag != 0 ? Errno.EOPNOTSUPP : handler(call, node)
            : Errno.ENOENT;
    }

    private static CallResult OfFile(LinuxCall call, Handler handler) =>
        !call.TryFile(0, out var file) ? call.Failure
        : file.IsPathOnly ? Errno.EBADF
        : file.Inode is { Tag: 0 } node ? handler(call, node)
        : Errno.EOPNOTSUPP;

    /// <summary>Reads a name. Those of users are for files and directories; those of the trusted and security spaces for the superuser.</summary>
    private static bool TryName(LinuxCall call, Inode node, FileAccessRights wanted, out string name)
    {
        if (!call.TryReadText(call[1], LongestName + 1, out name))
        {
            return call.Failure == Errno.ENAMETOOLONG ? call.Fail(Errno.ERANGE) : false;
        }

        if (name.Length == 0)
        {
            return call.Fail(Errno.ERANGE);
        }

        bool isUsers = name.StartsWith("user.", StringComparison.Ordinal);
        if (!isUsers && !name.StartsWith("trusted.", StringComparison.Ordinal) && !name.StartsWith("security.", StringComparison.Ordinal))
        {
            return call.Fail(Errno.EOPNOTSUPP);
        }

        bool isWrite = wanted == FileAccessRights.Write;
        return !isUsers ? call.Process.Identity.IsSuperuser || call.Fail(isWrite ? Errno.EPERM : Errno.ENODATA)
            : node.Kind is not (InodeKind.File or InodeKind.Directory) ? call.Fail(isWrite ? Errno.EPERM : Errno.ENODATA)
            : call.Process.Credentials.May(node, wanted) || call.Fail(Errno.EACCES);
    }

    private static CallResult Set(LinuxCall call, Inode node)
    {
        if (call[4] > 2)
        {
            return Errno.EINVAL;
        }

        if (call[3] > LargestValue)
        {
            return Errno.E2BIG;
        }

        if (!TryName(call, node, FileAccessRights.Write, out string name))
        {
            return call.Failure;
        }

        var value = new byte[call[3]];
        if (!call.TryRead(call[2], value))
        {
            return call.Failure;
        }

        bool isThere = node.Attributes?.ContainsKey(name) ?? false;
        if ((call[4] == CreateOnly && isThere) || (call[4] == ReplaceOnly && !isThere))
        {
            return isThere ? Errno.EEXIST : Errno.ENODATA;
        }

        const int FixedCost = 1024;
        if (!call.Job.Tree.HasRoomFor((ulong)value.Length + FixedCost))
        {
            return Errno.ENOSPC;
        }

        call.Job.Tree.SetAttribute(node, name, value, call.Job.WallClock);
        return 0L;
    }

    private static CallResult Get(LinuxCall call, Inode node)
    {
        if (!TryName(call, node, FileAccessRights.Read, out string name))
        {
            return call.Failure;
        }

        if (node.Attributes is null || !node.Attributes.TryGetValue(name, out byte[]? value))
        {
            return Errno.ENODATA;
        }

        return call[3] == 0 ? value.Length : call[3] < (ulong)value.Length ? Errno.ERANGE : call.TryWrite(call[2], value) ? value.Length : call.Failure;
    }

    private static CallResult List(LinuxCall call, Inode node)
    {
        var names = (node.Attributes?.Keys ?? Enumerable.Empty<string>()).Where(name => call.Process.Identity.IsSuperuser || name.StartsWith("user.", StringComparison.Ordinal));
        byte[] text = ByteText.ToBytes(string.Concat(names.Select(name => name + "\0")));
        call.Charge(text.Length);
        return call[2] == 0 ? text.Length : call[2] < (ulong)text.Length ? Errno.ERANGE : call.TryWrite(call[1], text) ? text.Length : call.Failure;
    }

    private static CallResult Remove(LinuxCall call, Inode node)
    {
        if (!TryName(call, node, FileAccessRights.Write, out string name))
        {
            return call.Failure;
        }

        if (node.Attributes is null || !node.Attributes.ContainsKey(name))
        {
            return Errno.ENODATA;
        }

        call.Job.Tree.SetAttribute(node, name, null, call.Job.WallClock);
        return 0L;
    }
}
