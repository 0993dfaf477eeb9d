using System.Collections;

namespace ObjectOS.Services.Files;

/// <summary>The names in a directory, in ordinal order. A listing can stop at any name and go on behind it, whatever came and went meanwhile.</summary>
public sealed class DirectoryEntries : IEnumerable<KeyValuePair<string, Inode>>
{
    private static readonly Comparer<Entry> ByName = Comparer<Entry>.Create((left, right) => string.CompareOrdinal(left.Name, right.Name));

    private SortedSet<Entry>? _entries;

    private readonly record struct Entry(string Name, Inode Inode);

    /// <summary>How many there are.</summary>
    public int Count => _entries?.Count ?? 0;

    /// <summary>What has a name; false: nothing has.</summary>
    public bool TryGetValue(string name, out Inode inode)
    {
        Entry found = default;
        bool isThere = _entries?.TryGetValue(new Entry(name, null!), out found) ?? false;
        inode = found.Inode;
        return isThere;
    }

    internal Inode this[string name] => TryGetValue(name, out var inode) ? inode : throw new KeyNotFoundException(name);

    /// <summary>True if something has the name.</summary>
    public bool ContainsKey(string name) => TryGetValue(name, out _);

    /// <summary>The entries behind a name, which need not be there any more; all of them for null.</summary>
    public IEnumerable<KeyValuePair<string, Inode>> After(string? name)
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

        foreach (var entry in name is null ? entries : entries.GetViewBetween(new Entry(name, null!), last))
        {
            if (entry.Name != name)
            {
                yield return KeyValuePair.Create(entry.Name, entry.Inode);
            }
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Inode>> GetEnumerator() => After(null).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(string name, Inode inode)
    {
        if (!(_entries ??= new SortedSet<Entry>(ByName)).Add(new Entry(name, inode)))
        {
            throw new ArgumentException($"The name {name} is taken.", nameof(name));
        }
    }

    internal void Remove(string name) => _entries?.Remove(new Entry(name, null!));
}
