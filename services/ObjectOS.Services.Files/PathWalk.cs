using System.Text;
using ObjectOS.Abi;

namespace ObjectOS.Services.Files;

/// <summary>Where a path leads.</summary>
/// <param name="Error">Zero, or why it leads nowhere.</param>
/// <param name="Node">What is there; null where the last name is free, and for what lies in a granted directory.</param>
/// <param name="Directory">The directory of the last name; null for what lies in a granted directory and for the root.</param>
/// <param name="Name">The last name.</param>
/// <param name="Grant">Which grant it lies in, −1 for none.</param>
/// <param name="HostPath">The path in that grant, without <c>.</c> and <c>..</c>; empty: the grant's root.</param>
/// <param name="NeedsDirectory">True where the path ends in a slash.</param>
/// <param name="FullPath">The absolute path, without links in memory, <c>.</c> and <c>..</c>.</param>
public readonly record struct PathTarget(HostError Error, Inode? Node, Inode? Directory, string Name, int Grant, string HostPath, bool NeedsDirectory, string FullPath)
{
    /// <summary>True where the host has to be asked.</summary>
    public bool IsHost => Grant >= 0;

    /// <summary>The path in that grant, with the slash at its end that says that a directory is meant.</summary>
    public string HostName => NeedsDirectory && HostPath.Length > 0 ? HostPath + "/" : HostPath;
}

/// <summary>
/// Walks absolute paths through a tree. What lies below a mount is not walked here: the host follows the links there; a <c>..</c> there
/// takes the name before it away, links or not.
/// </summary>
public static class PathWalk
{
    private const int MostLinks = 40;

    /// <summary>Longest name.</summary>
    public const int LongestName = 255;

    /// <summary>Makes a path absolute; the result still has its <c>..</c> and links.</summary>
    public static string Absolute(string directory, string path) => path.StartsWith('/') ? path : directory.EndsWith('/') ? directory + path : directory + "/" + path;

    /// <summary>Finds <paramref name="path"/>, an absolute one. A link at the very end is followed where <paramref name="followLast"/> says so.</summary>
    public static PathTarget Find(FileTree tree, string path, bool followLast)
    {
        bool needsDirectory = path.EndsWith('/') || path.EndsWith("/.", StringComparison.Ordinal);
        var pending = new Stack<string>();
        Push(pending, path);
        var at = tree.Root;
        var names = new List<string>();
        int links = 0;
        while (pending.TryPop(out string? name))
        {
            if (at.Kind == InodeKind.Mount)
            {
                if (WalkGrant(at, name, pending, names) is { } found)
                {
                    return found with { NeedsDirectory = needsDirectory };
                }

                at = at.Parent;
                continue;
            }

            if (name == "..")
            {
                at = at.Parent;
                if (names.Count > 0)
                {
                    names.RemoveAt(names.Count - 1);
                }

                continue;
            }

            if (Encoding.UTF8.GetByteCount(name) > LongestName)
            {
                return Failed(HostError.NameTooLong);
            }

            if (at.Kind != InodeKind.Directory)
            {
                return Failed(HostError.NotDirectory);
            }

            if (!at.Entries.TryGetValue(name, out var next))
            {
                names.Add(name);
                return pending.Count > 0
                    ? Failed(HostError.NotFound)
                    : new PathTarget(0, null, at, name, -1, "", needsDirectory, Join(names));
            }

            if (next.Kind == InodeKind.Link && (pending.Count > 0 || followLast || needsDirectory))
            {
                if (++links > MostLinks)
                {
                    return Failed(HostError.LinkLoop);
                }

                if (next.Target.StartsWith('/'))
                {
                    at = tree.Root;
                    names.Clear();
                }

                Push(pending, next.Target);
                continue;
            }

            at = next;
            names.Add(name);
        }

        return at.Kind == InodeKind.Mount
            ? new PathTarget(0, at, null, names.Count > 0 ? names[^1] : "", at.Grant, "", needsDirectory, Join(names))
            : needsDirectory && at.Kind != InodeKind.Directory
                ? Failed(HostError.NotDirectory)
                : new PathTarget(0, at, at == tree.Root ? null : at.Parent, names.Count > 0 ? names[^1] : "", -1, "", needsDirectory, Join(names));
    }

    /// <summary>The rest of a path inside a grant; null where it leads out by <c>..</c>, and <paramref name="pending"/> has what follows.</summary>
    private static PathTarget? WalkGrant(Inode mount, string first, Stack<string> pending, List<string> names)
    {
        var inside = new List<string>();
        string? name = first;
        do
        {
            if (name != "..")
            {
                inside.Add(name);
            }
            else if (inside.Count > 0)
            {
                inside.RemoveAt(inside.Count - 1);
            }
            else
            {
                if (names.Count > 0)
                {
                    names.RemoveAt(names.Count - 1);
                }

                return null;
            }
        }
        while (pending.TryPop(out name));

        string path = string.Join('/', inside);
        names.AddRange(inside);
        return new PathTarget(0, inside.Count == 0 ? mount : null, null, inside.Count > 0 ? inside[^1] : "", mount.Grant, path, false, Join(names));
    }

    private static PathTarget Failed(HostError error) => new(error, null, null, "", -1, "", false, "");

    private static string Join(List<string> names) => "/" + string.Join('/', names);

    private static void Push(Stack<string> pending, string path)
    {
        string[] parts = path.Split('/');
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i].Length > 0 && parts[i] != ".")
            {
                pending.Push(parts[i]);
            }
        }
    }
}
