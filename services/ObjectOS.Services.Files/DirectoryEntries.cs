namespace ObjectOS.Services.Files;

/// <summary>
/// The names of a directory that the tree itself holds, in ordinal order. A name without an inode hides that name of the layers below. A listing can stop at
/// any name and go on after it, whatever came and went meanwhile.
/// </summary>
internal sealed class DirectoryEntries
{
    private static readonly Comparer<Entry> ByName = Comparer<Entry>.Create((left, right) => string.CompareOrdinal(left.Name, right.Name));

    private SortedSet<Entry>? _entries;

    private readonly record struct Entry(string Name, Inode? Inode);

    /// <summary>How many names there are, hidden ones included.</summary>
    public int Count => _entries?.Count ?? 0;

    /// <summary>True if the name is held; its inode is null if it hides the layers' name.</summary>
    public bool TryGetValue(string name, out Inode? inode)
    {
        Entry found = default;
        bool isThere = _entries?.TryGetValue(new Entry(name, null), out found) ?? false;
        inode = found.Inode;
        return isThere;
    }

    /// <summary>The entries after a name, which need not be there any more; all of them for null.</summary>
    public IEnumerable<KeyValuePair<string, Inode?>> After(string? name)
    {
        if (_entries is not { Count: > 0 } entries)
        {
            yield break;
        }

        var last = entries.Max;
        if (name is not null && string.CompareOrdinal(last.Name, name) <= 0)
        {
            yield break;
        }

        foreach (var entry in name is null ? entries : entries.GetViewBetween(new Entry(name, null), last))
        {
            if (entry.Name != name)
            {
                yield return KeyValuePair.Create(entry.Name, entry.Inode);
            }
        }
    }

    /// <summary>Holds a name; an inode that it had is replaced.</summary>
    public void Set(string name, Inode? inode)
    {
        _entries ??= new SortedSet<Entry>(ByName);
        var entry = new Entry(name, inode);
        _entries.Remove(entry);
        _entries.Add(entry);
    }

    public void Remove(string name) => _entries?.Remove(new Entry(name, null));
}
