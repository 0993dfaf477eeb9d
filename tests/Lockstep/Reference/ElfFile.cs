using System.Buffers.Binary;
using ObjectOS.Lockstep.Programs;

namespace ObjectOS.Lockstep.Reference;

/// <summary>A program as an ELF file of one segment, which is all of memory.</summary>
internal static class ElfFile
{
    private const int HeaderSize = 64, SegmentSize = 56, Section = 256, SectionSize = 64, Content = 0x1000;

    public static byte[] Make(LockstepProgram program)
    {
        byte[] file = new byte[Content + Layout.RamSize];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        Span<byte> header = file;
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], 243);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], Firmware.Entry);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[52..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[54..], SegmentSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[56..], 1);

        // The model wants one section, a table of names; its first byte is the empty name.
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], Section);
        BinaryPrimitives.WriteUInt16LittleEndian(header[58..], SectionSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header[60..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(header[(Section + 4)..], 3);
        BinaryPrimitives.WriteUInt64LittleEndian(header[(Section + 24)..], Section - 1);
        BinaryPrimitives.WriteUInt64LittleEndian(header[(Section + 32)..], 1);
        Span<byte> segment = header.Slice(HeaderSize, SegmentSize);
        BinaryPrimitives.WriteUInt32LittleEndian(segment, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], 7);
        ulong[] fields = [Content, Layout.Ram, Layout.Ram, Layout.RamSize, Layout.RamSize, 0x1000];
        for (int i = 0; i < fields.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(segment[(8 + (8 * i))..], fields[i]);
        program.Image.Bytes.CopyTo(header[Content..]);
        return file;
    }
}
