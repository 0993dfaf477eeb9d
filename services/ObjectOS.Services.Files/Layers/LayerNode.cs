namespace ObjectOS.Services.Files;

/// <summary>What an entry of a layer is.</summary>
public enum LayerNodeKind : byte
{
    /// <summary>A file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>A character device.</summary>
    CharacterDevice,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>A named pipe.</summary>
    Fifo,

    /// <summary>A socket's name.</summary>
    Socket,
}

/// <summary>An entry of a layer: a name, and the inode that it leads to. It never changes.</summary>
public sealed class LayerNode
{
    /// <summary>Its name, a byte text; empty for the topmost directory.</summary>
    public string Name { get; init; } = "";

    /// <summary>What it is.</summary>
    public LayerNodeKind Kind { get; init; }

    /// <summary>Permission bits, with set-user-id, set-group-id and sticky.</summary>
    public uint Mode { get; init; }

    /// <summary>Whose it is.</summary>
    public uint UserId { get; init; }

    /// <summary>Its group.</summary>
    public uint GroupId { get; init; }

    /// <summary>When its bytes were last changed: nanoseconds since 1970, negative before.</summary>
    public long ModifyTime { get; init; }

    /// <summary>A file's length in bytes.</summary>
    public ulong Length { get; init; }

    /// <summary>A link's text, a byte text.</summary>
    public string Target { get; init; } = "";

    /// <summary>A device's number, as <c>dev_t</c>.</summary>
    public ulong Device { get; init; }

    /// <summary>The number of the inode within the layer: the names of one file share it.</summary>
    public uint FileNumber { get; init; }

    /// <summary>How many names of the layer lead to the inode.</summary>
    public uint Links { get; internal set; } = 1;

    /// <summary>A directory's entries, by name in ordinal order.</summary>
    public IReadOnlyList<LayerNode> Children => ChildList;

    internal List<LayerNode> ChildList { get; } = [];

    /// <summary>Finds the entry with a name; false: there is none.</summary>
    public bool TryFind(string name, out LayerNode node)
    {
        int at = FirstFrom(name);
        node = at < ChildList.Count && ChildList[at].Name == name ? ChildList[at] : null!;
        return node is not null;
    }

    /// <summary>The entries after a name, which need not be there; all of them for null.</summary>
    public IEnumerable<LayerNode> ChildrenAfter(string? name)
    {
        int at = name is null ? 0 : FirstFrom(name);
        at += name is not null && at < ChildList.Count && ChildList[at].Name == name ? 1 : 0;
        for (; at < ChildList.Count; at++)
        {
            yield return ChildList[at];
        }
    }

    /// <summary>The index of the first entry whose name is not before that one.</summary>
    private int FirstFrom(string name)
    {
        int low = 0;
        int high = ChildList.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (string.CompareOrdinal(ChildList[middle].Name, name) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
