namespace ObjectOS.Services.Files;

/// <summary>
/// Puts a layer together from entries in any order. An entry replaces an earlier one of the same path, but a directory keeps what is in it; directories that
/// are not named are made.
/// </summary>
public sealed class LayerBuilder
{
    private const uint DirectoryMode = 0x1ed;

    private readonly Branch _root = new() { Node = new LayerNode { Kind = LayerNodeKind.Directory, Mode = DirectoryMode } };

    private sealed class Branch
    {
        public required LayerNode Node { get; set; }

        public SortedDictionary<string, Branch>? Children { get; set; }
    }

    /// <summary>Adds an entry at a path below the topmost directory, a byte text without <c>.</c> and <c>..</c>; empty for that directory itself.</summary>
    /// <param name="path">Names, separated by slashes.</param>
    /// <param name="node">What is there; its name is taken from the path.</param>
    /// <returns>False if a part of the path is no directory.</returns>
    public bool TryAdd(string path, LayerNode node)
    {
        var at = _root;
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < names.Length; i++)
        {
            if (at.Node.Kind != LayerNodeKind.Directory)
            {
                return false;
            }

            at.Children ??= new SortedDictionary<string, Branch>(StringComparer.Ordinal);
            if (!at.Children.TryGetValue(names[i], out var next))
            {
                next = new Branch { Node = new LayerNode { Kind = LayerNodeKind.Directory, Mode = DirectoryMode } };
                at.Children.Add(names[i], next);
            }

            at = next;
        }

        at.Node = node;
        at.Children = node.Kind == LayerNodeKind.Directory ? at.Children : null;
        return true;
    }

    /// <summary>What is at a path; null: nothing is.</summary>
    public LayerNode? Find(string path)
    {
        var at = _root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (at.Children is null || !at.Children.TryGetValue(name, out var next))
            {
                return null;
            }

            at = next;
        }

        return at.Node;
    }

    /// <summary>The layer. Directories, and what has no number of a file, get numbers of their own beyond <paramref name="lastNumber"/>.</summary>
    /// <param name="lastNumber">The highest number that an entry was given.</param>
    public LayerNode Build(uint lastNumber)
    {
        uint next = lastNumber + 1;
        var root = Copy(_root.Node, "", ref next);
        var pending = new Stack<(Branch Branch, LayerNode Node)>([(_root, root)]);
        while (pending.TryPop(out var at))
        {
            foreach (var (name, child) in at.Branch.Children ?? [])
            {
                var node = Copy(child.Node, name, ref next);
                at.Node.ChildList.Add(node);
                pending.Push((child, node));
            }
        }

        return root;
    }

    private static LayerNode Copy(LayerNode node, string name, ref uint next) => new()
    {
        Name = name,
        Kind = node.Kind,
        Mode = node.Mode,
        UserId = node.UserId,
        GroupId = node.GroupId,
        ModifyTime = node.ModifyTime,
        Length = node.Length,
        Target = node.Target,
        Device = node.Device,
        FileNumber = node.FileNumber != 0 ? node.FileNumber : next++,
    };
}
