using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>ELF files made for tests: one segment, and symbols.</summary>
internal static class CraftedElf
{
    public static byte[] Make(ulong address, byte[] code, ulong? entry = null, ulong? virtualAddress = null, ushort type = 2, params (string Name, ulong Value)[] symbols)
    {
        string names = "\0" + string.Concat(symbols.Select(symbol => symbol.Name + "\0"));
        int codeAt = 0x78, symbolsAt = codeAt + code.Length, namesAt = symbolsAt + (24 * (symbols.Length + 1)), sectionsAt = (namesAt + names.Length + 7) & ~7;
        var file = new byte[sectionsAt + (3 * 64)];
        "\u007fELF"u8.CopyTo(file);
        (file[4], file[5], file[6]) = (2, 1, 1);
        Put16(16, type);
        Put16(18, 243);
        Put64(24, entry ?? virtualAddress ?? address);
        Put64(32, 64);
        Put64(40, (ulong)sectionsAt);
        (file[52], file[54], file[56], file[58], file[60]) = (64, 56, 1, 64, 3);
        file[64] = 1;
        Put64(64 + 8, (ulong)codeAt);
        Put64(64 + 16, virtualAddress ?? address);
        Put64(64 + 24, address);
        Put64(64 + 32, (ulong)code.Length);
        Put64(64 + 40, (ulong)code.Length + 0x100);
        code.CopyTo(file, codeAt);
        Encoding.ASCII.GetBytes(names).CopyTo(file, namesAt);
        int name = 1;
        for (int i = 0; i < symbols.Length; i++)
        {
            int at = symbolsAt + ((i + 1) * 24);
            file[at] = (byte)name;
            file[at + 6] = 1;
            Put64(at + 8, symbols[i].Value);
            name += symbols[i].Name.Length + 1;
        }

        Section(1, 2, symbolsAt, namesAt - symbolsAt, 2);
        Section(2, 3, namesAt, names.Length, 0);
        return file;

        void Section(int index, byte kind, int offset, int size, byte link)
        {
            int at = sectionsAt + (index * 64);
            (file[at + 4], file[at + 40]) = (kind, link);
            Put64(at + 24, (ulong)offset);
            Put64(at + 32, (ulong)size);
        }

        void Put16(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);
        void Put64(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
    }

    /// <summary>An executable of several segments whose parts of the file are given; type 1 is loadable, 4 a note.</summary>
    public static byte[] Segments(ulong entry, byte[] file, params (uint Type, ulong Offset, ulong FileSize, ulong Address, ulong MemorySize)[] segments)
    {
        byte[] made = (byte[])file.Clone();
        byte[] head = Make(entry, []);
        head.AsSpan(0, 64).CopyTo(made);
        made.AsSpan(40, 8).Clear();
        (made[56], made[58], made[60]) = ((byte)segments.Length, 0, 0);
        for (int i = 0; i < segments.Length; i++)
        {
            var header = made.AsSpan(64 + (i * 56), 56);
            header.Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(header, segments[i].Type);
            BinaryPrimitives.WriteUInt64LittleEndian(header[8..], segments[i].Offset);
            BinaryPrimitives.WriteUInt64LittleEndian(header[16..], segments[i].Address);
            BinaryPrimitives.WriteUInt64LittleEndian(header[24..], segments[i].Address);
            BinaryPrimitives.WriteUInt64LittleEndian(header[32..], segments[i].FileSize);
            BinaryPrimitives.WriteUInt64LittleEndian(header[40..], segments[i].MemorySize);
        }

        return made;
    }

    /// <summary>A Linux kernel image: header, and bytes.</summary>
    public static byte[] LinuxImage(ulong textOffset, ulong imageSize, int length)
    {
        var image = new byte[length];
        image.AsSpan(0x40).Fill(0x13);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(8), textOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(16), imageSize);
        "RISCV"u8.CopyTo(image.AsSpan(0x30));
        "RSC\u0005"u8.CopyTo(image.AsSpan(0x38));
        return image;
    }
}
