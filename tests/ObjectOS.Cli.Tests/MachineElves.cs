using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Cli.Tests;

/// <summary>Bare-metal images of a few instructions: ELF files at 0x80000000 with symbols, a signature and attributes as a test wants them.</summary>
internal static class MachineElves
{
    private const ulong Base = 0x80000000, ToHost = Base + 0x1000;
    private const uint JumpToSelf = 0x0000006f;

    /// <summary>Writes a value below 2048 to <c>tohost</c>.</summary>
    public static byte[] Tells(uint value, string? isa = null, byte[]? signature = null) =>
        Make([0x00001297, (value << 20) | (6 << 7) | 0x13, 0x0062b023, JumpToSelf], isa, signature ?? [], hasToHost: true);

    /// <summary>Loops without end.</summary>
    public static byte[] Loops() => Make([JumpToSelf], null, [], hasToHost: true);

    /// <summary>Waits for an interrupt that does not come.</summary>
    public static byte[] Waits() => Make([0x10500073, 0xffdff06f], null, [], hasToHost: true);

    /// <summary>Writes a value, whose upper 20 and lower 12 bits are given, to the test device.</summary>
    public static byte[] TellsTheTestDevice(uint upper, uint lower) =>
        Make([0x001002b7, (upper << 12) | (6 << 7) | 0x37, (lower << 20) | (6 << 15) | (6 << 7) | 0x13, 0x0062a023, JumpToSelf], null, [], hasToHost: false);

    /// <summary>An executable without <c>tohost</c>.</summary>
    public static byte[] NoTest() => Make([JumpToSelf], null, [], hasToHost: false);

    private static byte[] Make(uint[] code, string? isa, byte[] signature, bool hasToHost)
    {
        const int signatureAt = 0x100;
        var segment = new byte[signatureAt + signature.Length];
        for (int i = 0; i < code.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(segment.AsSpan(4 * i), code[i]);
        }

        signature.CopyTo(segment, signatureAt);
        var names = new MemoryStream();
        names.WriteByte(0);
        var symbols = new MemoryStream();
        symbols.Write(new byte[24]);
        foreach (var (name, address) in ((string, ulong)[])
            [.. hasToHost ? new[] { ("tohost", ToHost) } : [], .. signature.Length > 0 ? new[] { ("begin_signature", Base + signatureAt), ("end_signature", Base + signatureAt + (ulong)signature.Length) } : []])
        {
            symbols.Write(Bytes((uint)names.Length, (ushort)0x10, (ushort)1, address, 0UL));
            names.Write([.. Encoding.ASCII.GetBytes(name), 0]);
        }

        byte[][] parts = [segment, symbols.ToArray(), names.ToArray(), isa is null ? [] : Attributes(isa)];
        uint[] kinds = [1, 2, 3, 0x70000003];
        const int head = 64 + 56;
        var file = new MemoryStream();
        file.Write(new byte[head]);
        var sections = new MemoryStream();
        sections.Write(new byte[64]);
        for (int i = 0; i < parts.Length; i++)
        {
            sections.Write(Bytes(0u, kinds[i], 0UL, i == 0 ? Base : 0UL, (ulong)file.Length, (ulong)parts[i].Length, i == 1 ? 3u : 0u, 0u, 1UL, i == 1 ? 24UL : 0UL));
            file.Write(parts[i]);
        }

        ulong table = (ulong)file.Length;
        file.Write(sections.ToArray());
        file.Position = 0;
        file.Write([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.Write(Bytes((ushort)2, (ushort)243, 1u, Base, 64UL, table, 0u, (ushort)64, (ushort)56, (ushort)1, (ushort)64, (ushort)(parts.Length + 1), (ushort)0));
        file.Write(Bytes(1u, 7u, (ulong)head, Base, Base, (ulong)segment.Length, 0x2000UL, 0x1000UL));
        return file.ToArray();
    }

    private static byte[] Attributes(string isa)
    {
        // Tag 4, stack alignment, is a number; tag 5 is the ISA string.
        byte[] tags = [4, 16, 5, .. Encoding.ASCII.GetBytes(isa), 0];
        byte[] scope = [1, .. Bytes((uint)(tags.Length + 5)), .. tags];
        byte[] vendor = [.. "riscv\0"u8, .. scope];
        return [(byte)'A', .. Bytes((uint)(vendor.Length + 4)), .. vendor];
    }

    private static byte[] Bytes(params object[] fields) => [.. fields.SelectMany(field => field switch
    {
        ushort half => BitConverter.GetBytes(half),
        uint word => BitConverter.GetBytes(word),
        ulong doubleWord => BitConverter.GetBytes(doubleWord),
        _ => throw new ArgumentException($"{field.GetType()}: a field of 2, 4 or 8 bytes without sign is wanted"),
    })];
}
