using ObjectOS.Abi;

namespace ObjectOS.Services.Files;

/// <summary>A directory that paths are relative to.</summary>
/// <param name="Directory">A directory, or a mount.</param>
/// <param name="HostPath">For a mount: the directory below it.</param>
public readonly record struct DirectoryPlace(Inode Directory, string HostPath = "")
{
    /// <summary>Its absolute path; null if it was removed.</summary>
    public string? PathIn(FileTree tree) =>
        tree.PathOf(Directory) is not { } path ? null : HostPath.Length == 0 ? path : path.TrimEnd('/') + "/" + HostPath;
}

/// <summary>Where a path leads.</summary>
/// <param name="Error">Zero, or why it leads nowhere.</param>
/// <param name="Node">The inode there; null if the last name is free, and for what lies in a granted directory.</param>
/// <param name="Directory">The directory of the last name; null for what lies in a granted directory and for the root.</param>
/// <param name="Name">The last name.</param>
/// <param name="Grant">Which grant it lies in, −1 for none.</param>
/// <param name="HostPath">The path in that grant, without <c>.</c> and <c>..</c>; empty: the grant's root.</param>
/// <param name="NeedsDirectory">True if the path ends in a slash.</param>
/// <param name="FullPath">The absolute path, without links in memory, <c>.</c> and <c>..</c>.</param>
/// <param name="Steps">Names that were walked, those of links included: what the walk costs.</param>
public readonly record struct PathTarget(
    HostError Error, Inode? Node, Inode? Directory, string Name, int Grant, string HostPath, bool NeedsDirectory, string FullPath, int Steps = 0)
{
    /// <summary>True if the host has to be asked.</summary>
    public bool IsHost => Grant >= 0;

    /// <summary>The path in that grant, with the slash at its end that says that a directory is meant.</summary>
    public string HostName => NeedsDirectory && HostPath.Length > 0 ? HostPath + "/" : HostPath;
}

/// <summary>Finds the names that a service makes up: those of directories with an <see cref="Inode.Tag"/>.</summary>
public interface IDirectorySource
{
    /// <summary>What has a name in such a directory; null: nothing has.</summary>
    Inode? Find(Inode directory, string name);
}

/// <summary>
/// Walks paths through a tree. What lies below a mount is not walked here: the host follows the links there; a <c>..</c> there
/// takes the name before it away, links or not.
/// </summary>
public static class PathWalk
{
    private const int MostLinks = 40;

    /// <summary>Names that one walk may take, those of links included: more would compute for longer than a message may.</summary>
    private const int MostSteps = 1 << 14;

    /// <summary>Longest name.</summary>
    public const int LongestName = 255;

    /// <summary>Makes a path absolute; the result still has its <c>..</c> and links.</summary>
    public static string Absolute(string directory, string path) => path.StartsWith('/') ? path : directory.EndsWith('/') ? directory + path : directory + "/" + path;

    /// <summary>Finds <paramref name="path"/>, an absolute one.</summary>
    public static PathTarget Find(FileTree tree, string path, bool followLast) => Find(tree, new DirectoryPlace(tree.Root), path, followLast);

    /// <summary>
    /// Finds a path. A link at the very end is followed if <paramref name="followLast"/> says so. A directory that <paramref name="who"/> may not search ends
    /// the walk; without it, none does.
    /// </summary>
    public static PathTarget Find(
        FileTree tree, DirectoryPlace start, string path, bool followLast, IDirectorySource? source = null, Credentials? who = null)
    {
        var walk = new Walk(tree, source, who, start, path);
        return walk.Run(followLast) with { Steps = walk.Steps };
    }

    /// <summary>A walk that is under way.</summary>
    private sealed class Walk
    {
        private readonly FileTree _tree;
        private readonly IDirectorySource? _source;
        private readonly Credentials? _who;
        private readonly bool _needsDirectory;

        /// <summary>Texts whose rest is still to be walked, each from a place on; the innermost link last.</summary>
        private readonly Stack<(string Text, int At)> _pending = new();
        private Inode _at;

        /// <summary>The directory that <see cref="_at"/> was found in, and its name there.</summary>
        private Inode? _from;
        private string _name = "";
        private int _links;

        public Walk(FileTree tree, IDirectorySource? source, Credentials? who, DirectoryPlace start, string path)
        {
            _tree = tree;
            _source = source;
            _who = who;
            _needsDirectory = path.EndsWith('/') || path.EndsWith("/.", StringComparison.Ordinal);
            _pending.Push((path, 0));
            _at = path.StartsWith('/') ? tree.Root : start.Directory;
            if (!path.StartsWith('/') && start.HostPath.Length > 0)
            {
                _pending.Push((start.HostPath, 0));
            }
        }

        public int Steps { get; private set; }

        public PathTarget Run(bool followLast)
        {
            while (TryNext(out string name))
            {
                if (Steps > MostSteps)
                {
                    return Failed(HostError.LinkLoop);
                }

                if (_at.Kind == InodeKind.Mount)
                {
                    if (WalkGrant(name) is { } found)
                    {
                        return found;
                    }

                    Climb();
                }
                else if (name == "..")
                {
                    if (_at.Kind != InodeKind.Directory)
                    {
                        return Failed(HostError.NotDirectory);
                    }

                    Climb();
                }
                else if (Enter(name, followLast) is { } end)
                {
                    return end;
                }
            }

            return _at.Kind == InodeKind.Mount ? new PathTarget(0, _at, null, _at.Name, _at.Grant, "", _needsDirectory, PathOf(_at))
                : _at.Kind == InodeKind.Directory ? new PathTarget(0, _at, _at == _tree.Root ? null : _at.Parent, _at.Name, -1, "", _needsDirectory, PathOf(_at))
                : _needsDirectory ? Failed(HostError.NotDirectory)
                : new PathTarget(0, _at, _from, _name, -1, "", _needsDirectory, PathOf(_from!, _name));
        }

        private void Climb()
        {
            _at = _at.Parent;
            _from = null;
        }

        /// <summary>The path of a directory; one that was removed has that of its end alone.</summary>
        private string PathOf(Inode directory) => _tree.PathOf(directory) ?? "/" + directory.Name;

        private string PathOf(Inode directory, string name) => PathWalk.Absolute(PathOf(directory), name);

        /// <summary>Goes from a directory to what has a name in it. A value ends the walk.</summary>
        private PathTarget? Enter(string name, bool followLast)
        {
            if (name.Length > LongestName)
            {
                return Failed(HostError.NameTooLong);
            }

            if (_at.Kind != InodeKind.Directory)
            {
                return Failed(HostError.NotDirectory);
            }

            if (_who is not null && !_who.May(_at, FileAccessRights.Execute))
            {
                return Failed(HostError.AccessDenied);
            }

            var next = _at.Tag != 0 && _source is not null ? _source.Find(_at, name) : _tree.Find(_at, name);
            if (next is null)
            {
                return HasMore || (_at.Links == 0 && _at.Tag == 0)
                    ? Failed(HostError.NotFound)
                    : new PathTarget(0, null, _at, name, -1, "", _needsDirectory, PathOf(_at, name));
            }

            if (next.Kind != InodeKind.Link || !(HasMore || followLast || _needsDirectory))
            {
                _from = _at;
                _name = name;
                _at = next;
                return null;
            }

            if (++_links > MostLinks)
            {
                return Failed(HostError.LinkLoop);
            }

            if (next.Leads is { } open)
            {
                _from = _at;
                _name = name;
                _at = open;
                return null;
            }

            if (next.Target.StartsWith('/'))
            {
                _at = _tree.Root;
            }

            _pending.Push((next.Target, 0));
            return null;
        }

        /// <summary>The rest of a path inside a grant; null if it leads out by <c>..</c>, and what follows is still pending.</summary>
        private PathTarget? WalkGrant(string first)
        {
            var inside = new List<string>();
            string name = first;
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
                    return null;
                }
            }
            while (TryNext(out name));

            string path = string.Join('/', inside);
            string full = inside.Count == 0 ? PathOf(_at) : PathOf(_at, path);
            return new PathTarget(0, inside.Count == 0 ? _at : null, null, inside.Count > 0 ? inside[^1] : "", _at.Grant, path, _needsDirectory, full);
        }

        /// <summary>Takes the next name; empty ones and <c>.</c> are none.</summary>
        private bool TryNext(out string name)
        {
            while (_pending.TryPop(out var rest))
            {
                int start = StartOfName(rest.Text, rest.At);
                if (start < rest.Text.Length)
                {
                    int slash = rest.Text.IndexOf('/', start);
                    int end = slash < 0 ? rest.Text.Length : slash;
                    _pending.Push((rest.Text, end));
                    Steps++;
                    name = end - start == 2 && rest.Text.AsSpan(start, 2) is ".." ? ".." : rest.Text[start..end];
                    return true;
                }
            }

            name = "";
            return false;
        }

        private bool HasMore
        {
            get
            {
                while (_pending.TryPeek(out var rest))
                {
                    if (StartOfName(rest.Text, rest.At) < rest.Text.Length)
                    {
                        return true;
                    }

                    _pending.Pop();
                }

                return false;
            }
        }

        /// <summary>The next place in a text where a name starts; the text's length if none does.</summary>
        private static int StartOfName(string text, int at)
        {
            while (at < text.Length)
            {
                bool isDot = text[at] == '.' && (at + 1 == text.Length || text[at + 1] == '/');
                if (text[at] != '/' && !isDot)
                {
                    return at;
                }

                at++;
            }

            return at;
        }

        private static PathTarget Failed(HostError error) => new(error, null, null, "", -1, "", false, "");
    }
}
