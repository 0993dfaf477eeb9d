using System.Buffers.Binary;
using ObjectOS.Machine.Isa;

namespace ObjectOS.Machine.Interpreter;

/// <summary>Decodes blocks.</summary>
internal static class BlockBuilder
{
    private const int PageSize = 4096;

    /// <summary>
    /// Decodes from <paramref name="offset"/> to the first unconditional transfer, the end of the page or
    /// <paramref name="most"/>. Null if the first instruction's second half lies in the next page.
    /// </summary>
    public static Block? Build(CodePage page, int offset, in IsaConfiguration isa, Block?[]? siblings, int most = Block.Capacity)
    {
        ReadOnlySpan<byte> bytes = page.Bytes;
        Span<DecodedInstruction> code = stackalloc DecodedInstruction[Block.Capacity + 1];
        int count = 0, links = 0;
        for (bool ended = false; !ended; count++)
        {
            if (count == most || offset == PageSize || IsCut(bytes, offset))
            {
                if (count == 0)
                    return null;
                code[count] = Continue(offset, links++);
                return new Block { Code = code[..(count + 1)].ToArray(), Links = new Block?[links], Count = count, Siblings = siblings };
            }

            code[count] = Decode(Bits(bytes, offset), offset, isa);
            ended = Place(ref code[count], ref links);
            offset += code[count].Length;
        }

        return new Block { Code = code[..count].ToArray(), Links = new Block?[links], Count = count, Siblings = siblings };
    }

    /// <summary>A block of one instruction, whose second half is in the page after.</summary>
    public static Block BuildAcrossPages(uint bits, in IsaConfiguration isa)
    {
        int links = 0;
        DecodedInstruction only = Decode(bits, PageSize - 2, isa);
        DecodedInstruction[] code = Place(ref only, ref links) ? [only] : [only, Continue(PageSize + 2, links++)];
        return new Block { Code = code, Links = new Block?[links], Count = 1, Siblings = null };
    }

    private static bool IsCut(ReadOnlySpan<byte> bytes, int offset) => offset == PageSize - 2 && (bytes[offset] & 3) == 3;

    private static uint Bits(ReadOnlySpan<byte> bytes, int offset) => offset <= PageSize - 4
        ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..])
        : BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    /// <summary>Decodes the instruction at an offset of a page; what is none becomes <see cref="Op.Illegal"/>.</summary>
    public static DecodedInstruction Decode(uint bits, int offset, in IsaConfiguration isa)
    {
        if (!Decoder.TryDecode(bits, isa, out DecodedInstruction d) && isa.Custom?.TryDecode(bits, out d) != true)
            d.Op = Op.Illegal;
        d.Offset = (ushort)offset;
        return d;
    }

    // Makes displacements relative to the page, gives transfers their links, and tells whether the block ends here. Upper immediates
    // have twelve zeros at the bottom, so the offset fits under them.
    private static bool Place(ref DecodedInstruction d, ref int links)
    {
        switch (d.Op)
        {
            case Op.Auipc:
                d.Imm += d.Offset;
                return false;
            case Op.Beq or Op.Bne or Op.Blt or Op.Bge or Op.Bltu or Op.Bgeu or Op.Beqz or Op.Bnez:
                Link(ref d, ref links);
                return false;
            case Op.Jal or Op.J:
                Link(ref d, ref links);
                return true;
            case Op.Jalr or Op.Jr or Op.Ecall or Op.Ebreak or Op.Illegal or Op.Sret or Op.Mret or Op.Wfi:
                return true;
            default:
                return false;
        }
    }

    private static void Link(ref DecodedInstruction d, ref int links)
    {
        d.Imm += d.Offset;
        d.Rs3 = (byte)links++;
    }

    private static DecodedInstruction Continue(int offset, int link) =>
        new() { Op = BlockOps.Continue, Offset = (ushort)offset, Imm = offset, Rs3 = (byte)link };
}
