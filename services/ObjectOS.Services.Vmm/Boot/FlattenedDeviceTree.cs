using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Services.Vmm;

/// <summary>Writes device trees in the flattened format (Devicetree Specification v0.4, chapter 5), version 17.</summary>
public static class FlattenedDeviceTree
{
    private const uint Magic = 0xd00dfeed;
    private const uint Version = 17, CompatibleVersion = 16;
    private const int HeaderBytes = 40;
    private const int ReservationBytes = 16;
    private const uint BeginNode = 1, EndNode = 2, Property = 3, End = 9;

    /// <summary>The blob of the tree under <paramref name="root"/>.</summary>
    /// <param name="root">The root node, whose name is empty.</param>
    /// <param name="bootHart">The hart that boots.</param>
    public static byte[] Write(DeviceTreeNode root, uint bootHart = 0)
    {
        ArgumentNullException.ThrowIfNull(root);
        using var structure = new MemoryStream();
        using var strings = new MemoryStream();
        WriteNode(root, structure, strings, []);
        WriteCell(structure, End);

        int structureAt = HeaderBytes + ReservationBytes;
        int stringsAt = structureAt + (int)structure.Length;
        int total = (stringsAt + (int)strings.Length + 7) & ~7;
        var blob = new byte[total];
        uint[] header =
        [
            Magic, (uint)total, (uint)structureAt, (uint)stringsAt, HeaderBytes, Version, CompatibleVersion, bootHart, (uint)strings.Length, (uint)structure.Length,
        ];
        for (int i = 0; i < header.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(blob.AsSpan(i * 4), header[i]);
        }

        structure.ToArray().CopyTo(blob, structureAt);
        strings.ToArray().CopyTo(blob, stringsAt);
        return blob;
    }

    private static void WriteNode(DeviceTreeNode node, MemoryStream structure, MemoryStream strings, Dictionary<string, uint> offsets)
    {
        WriteCell(structure, BeginNode);
        structure.Write(Encoding.UTF8.GetBytes(node.Name + "\0"));
        Align(structure);
        foreach (var (name, value) in node.Properties)
        {
            if (!offsets.TryGetValue(name, out uint offset))
            {
                offset = (uint)strings.Length;
                offsets.Add(name, offset);
                strings.Write(Encoding.UTF8.GetBytes(name + "\0"));
            }

            WriteCell(structure, Property);
            WriteCell(structure, (uint)value.Length);
            WriteCell(structure, offset);
            structure.Write(value);
            Align(structure);
        }

        foreach (var child in node.Children)
        {
            WriteNode(child, structure, strings, offsets);
        }

        WriteCell(structure, EndNode);
    }

    private static void WriteCell(MemoryStream stream, uint value)
    {
        Span<byte> cell = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(cell, value);
        stream.Write(cell);
    }

    private static void Align(MemoryStream stream)
    {
        while (stream.Length % 4 != 0)
        {
            stream.WriteByte(0);
        }
    }
}
