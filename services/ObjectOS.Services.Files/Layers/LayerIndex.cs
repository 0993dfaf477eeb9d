using System.Buffers.Binary;

namespace ObjectOS.Services.Files;

/// <summary>
/// The serialized form of a layer's names. All numbers are little-endian: the magic <c>OBJLAYER</c>, a version (32 bits, now 1), the count of entries (32 bits),
/// then each entry, a directory's before those in it, which are in ordinal order of their names: the place of its directory in this list (32 bits; the first entry
/// is the topmost directory and names itself), its inode's number (32), kind (8), mode (32), user (32), group (32), time of modification (64), length or device
/// number (64), length of the name (16), length of the text of a link (16), name, text.
/// </summary>
public static class LayerIndex
{
    /// <summary>The version that is written.</summary>
    public const uint Version = 1;

    private const int HeaderBytes = 16;
    private const int EntryBytes = 41;
    private const int LongestTarget = 4095;
    private const uint ModeBits = 0xfff;

    private static ReadOnlySpan<byte> Magic => "OBJLAYER"u8;

    /// <summary>Writes a layer.</summary>
    public static byte[] Write(LayerNode root)
    {
        var entries = new List<(LayerNode Node, int Directory)> { (root, 0) };
        for (int i = 0; i < entries.Count; i++)
        {
            entries.AddRange(entries[i].Node.ChildList.Select(child => (child, i)).ToList());
        }

        var bytes = new byte[HeaderBytes + entries.Sum(entry => EntryBytes + entry.Node.Name.Length + entry.Node.Target.Length)];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), entries.Count);
        var at = bytes.AsSpan(HeaderBytes);
        foreach (var (node, directory) in entries)
        {
            bool isDevice = node.Kind is LayerNodeKind.CharacterDevice or LayerNodeKind.BlockDevice;
            BinaryPrimitives.WriteInt32LittleEndian(at, directory);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], node.FileNumber);
            at[8] = (byte)node.Kind;
            BinaryPrimitives.WriteUInt32LittleEndian(at[9..], node.Mode);
            BinaryPrimitives.WriteUInt32LittleEndian(at[13..], node.UserId);
            BinaryPrimitives.WriteUInt32LittleEndian(at[17..], node.GroupId);
            BinaryPrimitives.WriteInt64LittleEndian(at[21..], node.ModifyTime);
            BinaryPrimitives.WriteUInt64LittleEndian(at[29..], isDevice ? node.Device : node.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(at[37..], (ushort)node.Name.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(at[39..], (ushort)node.Target.Length);
            ByteText.ToBytes(node.Name).CopyTo(at[EntryBytes..]);
            ByteText.ToBytes(node.Target).CopyTo(at[(EntryBytes + node.Name.Length)..]);
            at = at[(EntryBytes + node.Name.Length + node.Target.Length)..];
        }

        return bytes;
    }

    /// <summary>Reads a layer.</summary>
    /// <returns>The topmost directory.</returns>
    /// <exception cref="InvalidDataException">It is damaged: the message says at which entry, what was found and what is wanted.</exception>
    public static LayerNode Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes || !bytes[..8].SequenceEqual(Magic))
        {
            throw new InvalidDataException("The index of a layer does not begin with OBJLAYER.");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        if (version != Version || count == 0 || count > (uint)(bytes.Length - HeaderBytes) / EntryBytes)
        {
            throw new InvalidDataException($"The index of a layer has version {version} and {count} entries in {bytes.Length} bytes; version {Version} and entries of at least {EntryBytes} bytes are wanted.");
        }

        var nodes = new List<LayerNode>((int)count);
        var links = new Dictionary<uint, List<LayerNode>>();
        var rest = bytes[HeaderBytes..];
        for (int i = 0; i < count; i++)
        {
            nodes.Add(ReadEntry(i, nodes, ref rest));
            if (nodes[i].Kind != LayerNodeKind.Directory)
            {
                (System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(links, nodes[i].FileNumber, out _) ??= []).Add(nodes[i]);
            }
        }

        if (!rest.IsEmpty)
        {
            throw new InvalidDataException($"The index of a layer has {rest.Length} bytes after its last entry.");
        }

        foreach (var names in links.Values.Where(names => names.Count > 1))
        {
            names.ForEach(node => node.Links = (uint)names.Count);
        }

        return nodes[0];
    }

    private static LayerNode ReadEntry(int index, List<LayerNode> nodes, ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < EntryBytes)
        {
            throw Damaged(index, $"it has {rest.Length} bytes; {EntryBytes} are wanted");
        }

        int directory = BinaryPrimitives.ReadInt32LittleEndian(rest);
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[37..]);
        int targetLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[39..]);
        var kind = (LayerNodeKind)rest[8];
        if (kind > LayerNodeKind.Socket || nameLength > PathWalk.LongestName || targetLength > LongestTarget || rest.Length < EntryBytes + nameLength + targetLength)
        {
            throw Damaged(index, $"its kind is {(int)kind}, its name has {nameLength} bytes and its text {targetLength}, of {rest.Length} bytes that are left");
        }

        ulong word = BinaryPrimitives.ReadUInt64LittleEndian(rest[29..]);
        bool isDevice = kind is LayerNodeKind.CharacterDevice or LayerNodeKind.BlockDevice;
        var node = new LayerNode
        {
            Name = ByteText.Of(rest.Slice(EntryBytes, nameLength)),
            Kind = kind,
            Mode = BinaryPrimitives.ReadUInt32LittleEndian(rest[9..]) & ModeBits,
            UserId = BinaryPrimitives.ReadUInt32LittleEndian(rest[13..]),
            GroupId = BinaryPrimitives.ReadUInt32LittleEndian(rest[17..]),
            ModifyTime = BinaryPrimitives.ReadInt64LittleEndian(rest[21..]),
            Length = kind == LayerNodeKind.File ? word : 0,
            Device = isDevice ? word : 0,
            FileNumber = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]),
            Target = ByteText.Of(rest.Slice(EntryBytes + nameLength, targetLength)),
        };
        rest = rest[(EntryBytes + nameLength + targetLength)..];
        Place(index, directory, node, nodes);
        return node;
    }

    private static void Place(int index, int directory, LayerNode node, List<LayerNode> nodes)
    {
        if (node.Length > FileTree.LargestFile)
        {
            throw Damaged(index, $"its file has {node.Length} bytes; at most {FileTree.LargestFile} are wanted");
        }

        if (index == 0)
        {
            if (node.Kind != LayerNodeKind.Directory || node.Name.Length > 0)
            {
                throw Damaged(index, "it is not a directory without a name");
            }

            return;
        }

        if (directory < 0 || directory >= index || nodes[directory].Kind != LayerNodeKind.Directory)
        {
            throw Damaged(index, $"its directory is entry {directory}, which is none before it");
        }

        var siblings = nodes[directory].ChildList;
        if (node.Name is "" or "." or ".." || node.Name.AsSpan().ContainsAny('/', '\0') || (siblings.Count > 0 && string.CompareOrdinal(siblings[^1].Name, node.Name) >= 0))
        {
            throw Damaged(index, $"its name is \"{ByteText.ToUnicode(node.Name)}\"; a name after that of the entry before it is wanted");
        }

        siblings.Add(node);
    }

    private static InvalidDataException Damaged(int index, string what) => new($"Entry {index} of the index of a layer is damaged: {what}.");
}
