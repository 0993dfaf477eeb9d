namespace ObjectOS.Services.Files;

/// <content>How the names of layers show through.</content>
public sealed partial class FileTree
{
    /// <summary>What has a name in a directory; null: nothing has.</summary>
    public Inode? Find(Inode directory, string name)
    {
        if (directory.Entries.TryGetValue(name, out var found))
        {
            return found;
        }

        return directory.Bases.Count == 0 || BasesOf(directory, name) is not [var top, ..] bases ? null : Hold(directory, name, Known(top) ?? Show(bases, top.Node));
    }

    /// <summary>The places that a name of a directory has in its layers: the uppermost, and below a directory those that show through it.</summary>
    private static List<LayerPlace> BasesOf(Inode directory, string name)
    {
        var found = new List<LayerPlace>();
        foreach (var place in directory.Bases)
        {
            if (!place.Node.TryFind(name, out var node))
            {
                continue;
            }

            if (found.Count > 0 && node.Kind != LayerNodeKind.Directory)
            {
                break;
            }

            found.Add(place with { Node = node });
            if (node.Kind != LayerNodeKind.Directory)
            {
                break;
            }
        }

        return found;
    }

    private ulong NumberOf(LayerPlace place) => ((ulong)(Array.IndexOf(_layers, place.Layer) + 1) << LayerShift) | place.Node.FileNumber;

    private Inode? Known(LayerPlace place) => place.Node.Links > 1 && place.Node.Kind != LayerNodeKind.Directory ? _linked.GetValueOrDefault(NumberOf(place)) : null;

    /// <summary>The inode of a place in the layers.</summary>
    private Inode Show(List<LayerPlace> bases, LayerNode node)
    {
        var kind = KindOf(node.Kind);
        var made = new Inode(NumberOf(bases[0]), kind, node.Mode, new FileOwner(node.UserId, node.GroupId), node.ModifyTime)
        {
            Target = node.Target,
            Held = CostOf(node.Target),
            Links = kind == InodeKind.Directory ? 1 : node.Links,
            Length = kind == InodeKind.File ? node.Length : 0,
            Bases = kind == InodeKind.Directory ? bases : [],
            Subdirectories = kind == InodeKind.Directory ? SubdirectoriesOf(bases) : 0,
        };
        if (kind == InodeKind.Device)
        {
            SetDevice(made, node.Device | (node.Kind == LayerNodeKind.BlockDevice ? BlockDevice : 0));
        }

        if (kind == InodeKind.File && node.Length > 0)
        {
            made.Content = new FileContent { Source = bases[0].Layer.FileOf(node) };
        }

        if (made.Links > 1)
        {
            _linked[made.Number] = made;
        }

        Used += made.Held;
        return made;
    }

    private static uint SubdirectoriesOf(List<LayerPlace> bases)
    {
        var names = bases.SelectMany(place => place.Node.Children).Where(node => node.Kind == LayerNodeKind.Directory).Select(node => node.Name);
        return (uint)(bases.Count == 1 ? names.Count() : names.Distinct().Count());
    }

    private static InodeKind KindOf(LayerNodeKind kind) => kind switch
    {
        LayerNodeKind.Directory => InodeKind.Directory,
        LayerNodeKind.Link => InodeKind.Link,
        LayerNodeKind.CharacterDevice or LayerNodeKind.BlockDevice => InodeKind.Device,
        LayerNodeKind.Fifo => InodeKind.Fifo,
        LayerNodeKind.Socket => InodeKind.Socket,
        _ => InodeKind.File,
    };

    /// <summary>The entries of a directory after a name, in ordinal order; all of them for null.</summary>
    public IEnumerable<DirectoryEntry> List(Inode directory, string? after)
    {
        var sources = new List<IEnumerator<DirectoryEntry?>> { Own(directory, after).GetEnumerator() };
        sources.AddRange(directory.Bases.Select(place => Below(place, after).GetEnumerator()));
        sources.RemoveAll(source => !source.MoveNext());
        while (sources.Count > 0)
        {
            // The uppermost of those that have the least name shows; the others are hidden by it.
            var least = sources[0].Current!.Value;
            foreach (var source in sources.Skip(1))
            {
                least = string.CompareOrdinal(source.Current!.Value.Name, least.Name) < 0 ? source.Current.Value : least;
            }

            if (least.Kind != Hidden)
            {
                yield return least;
            }

            sources.RemoveAll(source => source.Current!.Value.Name == least.Name && !source.MoveNext());
        }
    }

    private const InodeKind Hidden = (InodeKind)255;

    private static IEnumerable<DirectoryEntry?> Own(Inode directory, string? after)
    {
        foreach (var (name, inode) in directory.Entries.After(after))
        {
            yield return new DirectoryEntry(name, inode?.Kind ?? Hidden, inode?.Number ?? 0);
        }
    }

    private IEnumerable<DirectoryEntry?> Below(LayerPlace place, string? after)
    {
        foreach (var node in place.Node.ChildrenAfter(after))
        {
            yield return new DirectoryEntry(node.Name, KindOf(node.Kind), NumberOf(place with { Node = node }));
        }
    }
}
