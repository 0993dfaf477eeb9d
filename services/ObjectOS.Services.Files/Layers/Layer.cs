using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Files;

/// <summary>
/// An immutable layer of files as a service uses it: its names, and the contents that were read so far. One layer serves all trees of a service, so that
/// programs that run from it share the frames of its files.
/// </summary>
/// <param name="number">The host's number of it.</param>
/// <param name="digest">SHA-256 that identifies it.</param>
public sealed class Layer(ulong number, byte[] digest)
{
    private readonly SortedDictionary<uint, LayerFile> _files = [];
    private Dictionary<uint, LayerNode>? _nodes;

    /// <summary>The host's number of it.</summary>
    public ulong Number => number;

    /// <summary>SHA-256 that identifies it.</summary>
    public ReadOnlySpan<byte> Digest => digest;

    /// <summary>The serialized index: all of it once <see cref="Root"/> is there.</summary>
    public byte[] Index { get; private set; } = [];

    /// <summary>The topmost directory; null until the index has been read.</summary>
    public LayerNode? Root { get; private set; }

    /// <summary>Adds a piece of the index.</summary>
    public void Append(ReadOnlySpan<byte> piece) => Index = [.. Index, .. piece];

    /// <summary>Takes the index as complete.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public void Open() => Root = LayerIndex.Read(Index);

    /// <summary>The contents of a file.</summary>
    public LayerFile FileOf(LayerNode node)
    {
        if (!_files.TryGetValue(node.FileNumber, out var file))
        {
            _files.Add(node.FileNumber, file = new LayerFile(this, node.FileNumber, node.Length));
        }

        return file;
    }

    /// <summary>The contents of the file with a number.</summary>
    public LayerFile FileOf(uint fileNumber) => _files.TryGetValue(fileNumber, out var file) ? file : FileOf(Find(fileNumber));

    /// <summary>The first node with a number.</summary>
    public LayerNode Find(uint fileNumber)
    {
        if (_nodes is null)
        {
            _nodes = [];
            var pending = new Stack<LayerNode>([Root!]);
            while (pending.TryPop(out var node))
            {
                _nodes.TryAdd(node.FileNumber, node);
                foreach (var child in node.Children)
                {
                    pending.Push(child);
                }
            }
        }

        return _nodes[fileNumber];
    }

    /// <summary>Writes it.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(number);
        writer.Write(digest.Length);
        writer.Write(digest);
        writer.Write(Index.Length);
        writer.Write(Index);
        writer.Write(Root is not null);
        writer.Write(_files.Count);
        foreach (var file in _files.Values)
        {
            file.Save(writer);
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public static Layer Restore(BinaryReader reader, Invoker invoker)
    {
        var layer = new Layer(reader.ReadUInt64(), reader.ReadBytes(reader.ReadInt32())) { Index = reader.ReadBytes(reader.ReadInt32()) };
        if (reader.ReadBoolean())
        {
            layer.Open();
        }

        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var file = LayerFile.Restore(reader, layer, invoker);
            layer._files.Add(file.Number, file);
        }

        return layer;
    }
}

/// <summary>A directory or file of a layer.</summary>
/// <param name="Layer">Which layer.</param>
/// <param name="Node">Where in it.</param>
public readonly record struct LayerPlace(Layer Layer, LayerNode Node);

/// <summary>The contents of a file of a layer: pieces of it are asked of the host when they are first wanted.</summary>
public sealed class LayerFile
{
    /// <summary>Bytes of a piece.</summary>
    public const ulong Piece = 1 << 18;

    private readonly bool[] _isLoaded;

    internal LayerFile(Layer layer, uint number, ulong length)
    {
        Layer = layer;
        Number = number;
        Length = length;
        _isLoaded = new bool[(int)((length + Piece - 1) / Piece)];
    }

    /// <summary>Its layer.</summary>
    public Layer Layer { get; }

    /// <summary>Its number there.</summary>
    public uint Number { get; }

    /// <summary>Its length.</summary>
    public ulong Length { get; }

    /// <summary>The bytes, as far as they are loaded.</summary>
    public FileContent Content { get; } = new();

    /// <summary>The first byte from <paramref name="offset"/> on, before <paramref name="end"/>, whose piece is missing, rounded down to the piece; null: all are loaded.</summary>
    public ulong? Missing(ulong offset, ulong end)
    {
        end = Math.Min(end, Length);
        for (ulong piece = offset / Piece; piece * Piece < end; piece++)
        {
            if (!_isLoaded[piece])
            {
                return piece * Piece;
            }
        }

        return null;
    }

    /// <summary>Puts a piece in its place. Ok, or nothing has changed.</summary>
    public KernelStatus Load(ulong offset, ReadOnlySpan<byte> bytes, CellCapability cell)
    {
        if (_isLoaded[offset / Piece])
        {
            return KernelStatus.Ok;
        }

        // A piece of zeros is what is there already.
        var status = Length > FileContent.MostInArray ? Content.Move(cell, Length) : KernelStatus.Ok;
        status = status == KernelStatus.Ok && bytes.ContainsAnyExcept((byte)0) ? Content.Write(offset, bytes, cell) : status;
        _isLoaded[offset / Piece] = status == KernelStatus.Ok;
        return status;
    }

    internal void Save(BinaryWriter writer)
    {
        writer.Write(Number);
        writer.Write(Length);
        foreach (bool isLoaded in _isLoaded)
        {
            writer.Write(isLoaded);
        }

        Content.Save(writer);
    }

    internal static LayerFile Restore(BinaryReader reader, Layer layer, Invoker invoker)
    {
        var file = new LayerFile(layer, reader.ReadUInt32(), reader.ReadUInt64());
        for (int i = 0; i < file._isLoaded.Length; i++)
        {
            file._isLoaded[i] = reader.ReadBoolean();
        }

        file.Content.Restore(reader, invoker);
        return file;
    }
}
