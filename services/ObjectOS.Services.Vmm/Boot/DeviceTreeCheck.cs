using System.Buffers.Binary;
using System.Globalization;

namespace ObjectOS.Services.Vmm;

/// <summary>Checks device tree blobs that the embedder gives (Devicetree Specification v0.4, chapter 5): a guest parses them in its first instructions and cannot report a fault.</summary>
internal static class DeviceTreeCheck
{
    private const uint Magic = 0xd00dfeed, OldestVersion = 16, Version = 17;
    private const int HeaderBytes = 40;
    private const uint BeginNode = 1, EndNode = 2, Property = 3, Nothing = 4, End = 9;

    /// <summary>Says what is wrong with a blob, without its name; empty: nothing is.</summary>
    /// <param name="file">The blob; bytes may follow it.</param>
    /// <param name="length">Its own length.</param>
    public static string Problem(ReadOnlySpan<byte> file, out int length)
    {
        length = 0;
        if (file.Length < HeaderBytes || Cell(file, 0) != Magic)
        {
            return "not a device tree blob (d0 0d fe ed at offset 0 is wanted; dtc -O dtb makes one)";
        }

        uint total = Cell(file, 4), structure = Cell(file, 8), strings = Cell(file, 12), stringsSize = Cell(file, 32), structureSize = Cell(file, 36);
        if (total < HeaderBytes || total > file.Length)
        {
            return string.Create(CultureInfo.InvariantCulture, $"the device tree blob says at offset 4 that it has {total} bytes, and the file has {file.Length}");
        }

        if (Cell(file, 24) > Version || Cell(file, 20) < OldestVersion)
        {
            return string.Create(CultureInfo.InvariantCulture, $"the device tree blob has version {Cell(file, 20)}, compatible with {Cell(file, 24)}: {OldestVersion} or {Version} is wanted");
        }

        // Version 16 does not tell the size of the structure.
        ulong end = Cell(file, 20) < Version ? total : (ulong)structure + structureSize;
        if (structure % 4 != 0 || structure > total || end > total || strings > total || stringsSize > total - strings || Cell(file, 16) % 8 != 0 || Cell(file, 16) > total)
        {
            return "the device tree blob's header names blocks beyond its end";
        }

        length = (int)total;
        int bad = Walk(file[(int)structure..(int)end], (int)stringsSize);
        return bad < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"the device tree blob's structure is malformed at offset {(int)structure + bad}");
    }

    /// <summary>Walks the structure block: the offset of the first token that is malformed; negative: none is.</summary>
    private static int Walk(ReadOnlySpan<byte> block, int stringsSize)
    {
        int depth = 0;
        bool hasRoot = false;
        for (int at = 0; block.Length - at >= 4;)
        {
            int start = at;
            uint token = Cell(block, at);
            at += 4;
            switch (token)
            {
                case BeginNode when depth > 0 || !hasRoot:
                    int name = block[at..].IndexOf((byte)0);
                    if (name < 0)
                    {
                        return start;
                    }

                    at = Align(at + name + 1);
                    depth++;
                    hasRoot = true;
                    break;
                case Property when depth > 0 && block.Length - at >= 8 && Cell(block, at) <= block.Length - at - 8 && Cell(block, at + 4) < stringsSize:
                    at = Align(at + 8 + (int)Cell(block, at));
                    break;
                case EndNode when depth > 0:
                    depth--;
                    break;
                case Nothing:
                    break;
                case End when depth == 0 && hasRoot:
                    return -1;
                default:
                    return start;
            }
        }

        return block.Length;
    }

    private static int Align(int offset) => (offset + 3) & ~3;

    private static uint Cell(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
}
