using System.Text;
using ObjectOS.Abi;

namespace ObjectOS.Services.Files.Host;

/// <summary>
/// Finds paths below a directory and never leaves it: every component is looked at by itself and every symbolic link is followed here,
/// so that no <c>..</c>, no link and no absolute target leads out.
/// </summary>
/// <param name="root">The directory, an absolute path of the host without links.</param>
/// <remarks>
/// Someone on the host who exchanges a component for a link between the look and the use can win that race: a grant is to hold nothing that
/// others change at will. A guest cannot do so, for its requests come one at a time.
/// </remarks>
internal sealed class GrantPath(string root)
{
    private const int MostLinks = 40;
    private const int LongestPath = 4096;

    /// <summary>The directory.</summary>
    public string Root => root;

    /// <summary>
    /// Finds <paramref name="path"/>. The last component need not exist. Zero, or why not. <paramref name="full"/> is then a path of the host
    /// whose directory part holds no links.
    /// </summary>
    public HostError Find(string path, bool followLast, out string full)
    {
        full = root;
        if (path.Length > LongestPath || path.Contains('\0', StringComparison.Ordinal))
        {
            return path.Length > LongestPath ? HostError.NameTooLong : HostError.InvalidArgument;
        }

        // The path so far, then what it was before each of its names: joining all names anew for each would be quadratic.
        var found = new Stack<string>([root]);
        var pending = new Stack<string>();
        Push(pending, path);
        bool mustBeDirectory = path.EndsWith('/');
        for (int links = 0; pending.TryPop(out string? name);)
        {
            if (name == "..")
            {
                if (found.Count == 1)
                {
                    return HostError.AccessDenied;
                }

                found.Pop();
                continue;
            }

            if (Encoding.UTF8.GetByteCount(name) > PathWalk.LongestName)
            {
                return HostError.NameTooLong;
            }

            string at = Path.Combine(found.Peek(), name);
            string? target = pending.Count > 0 || followLast || mustBeDirectory ? new FileInfo(at).LinkTarget : null;
            if (target is null)
            {
                if (pending.Count > 0 && !Directory.Exists(at))
                {
                    return File.Exists(at) ? HostError.NotDirectory : HostError.NotFound;
                }

                found.Push(at);
                continue;
            }

            if (++links > MostLinks)
            {
                return HostError.LinkLoop;
            }

            if (target.StartsWith('/'))
            {
                if (target != root && !target.StartsWith(root == "/" ? "/" : root + "/", StringComparison.Ordinal))
                {
                    return HostError.AccessDenied;
                }

                found.Clear();
                found.Push(root);
                target = target[root.Length..];
            }

            Push(pending, target);
        }

        full = found.Peek();
        return 0;
    }

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
