using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Isa.Tests;

/// <summary>What the decoder hands to an executor. Encodings are those of the GNU assembler.</summary>
public sealed class DecoderTests
{
    [Fact]
    public void DecodedInstruction_Size_Is16Bytes() => Unsafe.SizeOf<DecodedInstruction>().Should().Be(16);

    [Theory]
    [InlineData(0x00000013u, "Nop")]     // addi zero,zero,0
    [InlineData(0x00C58033u, "Nop")]     // add zero,a1,a2
    [InlineData(0x00012037u, "Nop")]     // lui zero,0x12
    [InlineData(0x0001u, "Nop")]         // c.nop
    [InlineData(0x1001u, "Nop")]         // c.nop -32, a hint
    [InlineData(0x8006u, "Nop")]         // c.mv zero,ra, a hint
    [InlineData(0x00500513u, "Li")]      // addi a0,zero,5
    [InlineData(0x00012537u, "Li")]      // lui a0,0x12
    [InlineData(0x4515u, "Li")]          // c.li a0,5
    [InlineData(0x00058513u, "Mv")]      // addi a0,a1,0
    [InlineData(0x852Eu, "Mv")]          // c.mv a0,a1
    [InlineData(0x0040006Fu, "J")]       // jal zero,.+4
    [InlineData(0x004000EFu, "Jal")]     // jal ra,.+4
    [InlineData(0xA001u, "J")]           // c.j .
    [InlineData(0x8082u, "Jr")]          // c.jr ra
    [InlineData(0x00008067u, "Jr")]      // jalr zero,0(ra)
    [InlineData(0x9502u, "Jalr")]        // c.jalr a0
    [InlineData(0x00050463u, "Beqz")]    // beq a0,zero,.+8
    [InlineData(0x00A01463u, "Bnez")]    // bne zero,a0,.+8
    [InlineData(0x00052003u, "Lw")]      // lw zero,0(a0): the access may fault
    [InlineData(0x0100000Fu, "Pause")]
    [InlineData(0x8330000Fu, "Fence")]   // fence.tso
    public void TryDecode_SpecialForms_HaveTheirOp(uint bits, string op) => Decode(bits).Op.ToString().Should().Be(op);

    [Fact]
    public void TryDecode_DestinationX0_IsTheSink()
    {
        Decode(0x00052003).Rd.Should().Be(Registers.Sink, "lw zero,0(a0)");
        Decode(0x300510F3).Rd.Should().Be(1, "csrrw ra,mstatus,a0");
        Decode(0x30051073).Rd.Should().Be(Registers.Sink, "csrrw zero,mstatus,a0");
        Decode(0x0805202F).Rd.Should().Be(Registers.Sink, "amoswap.w zero,zero,(a0)");
        Decode(0x00052007).Rd.Should().Be(0, "flw ft0,0(a0)");
        Decode(0xA2052053).Rd.Should().Be(Registers.Sink, "feq.d zero,fa0,ft0");
    }

    [Fact]
    public void TryDecode_Operands_LieWhereTheyAreDocumented()
    {
        Fields(0xFE0514E3).Should().Be((0, 10, 0, 0, -24));              // bne a0,zero,.-24
        Fields(0xFEB53C23).Should().Be((0, 10, 11, 0, -8));              // sd a1,-8(a0)
        Fields(0xFFFFF537).Should().Be((10, 0, 0, 0, -4096));            // lui a0,0xfffff
        Fields(0x43F5D513).Should().Be((10, 11, 0, 0, 63));              // srai a0,a1,0x3f
        Fields(0x6AC5F543).Should().Be((10, 11, 12, 13, 7));             // fmadd.d fa0,fa1,fa2,fa3,dyn
        Fields(0x3005D5F3).Should().Be((11, 11, 0, 0, 0x300));           // csrrwi a1,mstatus,11
        Fields(0x06C5A52F).Should().Be((10, 11, 12, 0, 3));              // amoadd.w.aqrl a0,a2,(a1)
        Fields(0xE42A).Should().Be((0, 2, 10, 0, 8));                    // c.sdsp a0,8(sp)
        Fields(0x1141).Should().Be((2, 2, 0, 0, -16));                   // c.addi sp,-16
        Fields(0x7139).Should().Be((2, 2, 0, 0, -64));                   // c.addi16sp sp,-64
        Fields(0x852E).Should().Be((10, 11, 0, 0, 0));                   // c.mv a0,a1
    }

    [Theory]
    [InlineData(0x00000000u)]            // defined illegal
    [InlineData(0xFFFFFFFFu)]            // defined illegal
    [InlineData(0x4002u)]                // c.lwsp zero
    [InlineData(0x6501u)]                // c.lui a0,0
    [InlineData(0x6101u)]                // c.addi16sp sp,0
    [InlineData(0x8002u)]                // c.jr zero
    [InlineData(0x9C41u)]                // reserved
    [InlineData(0x02D5D553u)]            // fadd.d with rm 5
    [InlineData(0x02D5E553u)]            // fadd.d with rm 6
    [InlineData(0x10B5A52Fu)]            // lr.w with rs2
    [InlineData(0x5AB57553u)]            // fsqrt.d with rs2
    [InlineData(0x0205151Bu)]            // slliw by 32
    [InlineData(0x000000F3u)]            // ecall with rd
    public void TryDecode_ReservedEncodings_AreIllegal(uint bits) =>
        Decoder.TryDecode(bits, IsaConfiguration.Rv64Gc, out _).Should().BeFalse();

    [Fact]
    public void TryDecode_DisabledExtension_IsIllegal()
    {
        foreach (InstructionRow row in InstructionTable.Rows.Where(row => row.Extension != Extensions.Zihintpause && row.Op is not (Op.ZextH or Op.Packw)))
        {
            foreach (Extensions one in Enum.GetValues<Extensions>().Where(one => one != 0 && row.Extension.HasFlag(one)))
            {
                var isa = new IsaConfiguration(IsaConfiguration.Rv64Gc.Extensions & ~one);
                Decoder.TryDecode(row.Match, isa, out _).Should().BeFalse($"{row.Mnemonic} without {one}");
            }
        }
    }

    [Fact]
    public void TryDecode_ZextHWithoutZbb_IsAPack()
    {
        var isa = new IsaConfiguration(IsaConfiguration.Rv64Gc.Extensions & ~Extensions.Zbb);
        Decoder.TryDecode(0x0800403B, isa, out DecodedInstruction d).Should().BeTrue();
        d.Bits.Should().Be(0x0800403B);
        isa = new IsaConfiguration(isa.Extensions & ~Extensions.Zbkb);
        Decoder.TryDecode(0x0800403B, isa, out _).Should().BeFalse();
    }

    [Fact]
    public void TryDecode_PauseWithoutZihintpause_IsAFence()
    {
        var isa = new IsaConfiguration(IsaConfiguration.Rv64Gc.Extensions & ~Extensions.Zihintpause);
        Decoder.TryDecode(0x0100000F, isa, out DecodedInstruction d).Should().BeTrue();
        d.Op.Should().Be(Op.Fence);
    }

    [Fact]
    public void TryDecode_Compressed_IgnoresTheUpperHalf()
    {
        DecodedInstruction d = Decode(0xFFFF_4515);
        d.Bits.Should().Be(0x4515);
        d.Length.Should().Be(2);
    }

    private static DecodedInstruction Decode(uint bits)
    {
        Decoder.TryDecode(bits, IsaConfiguration.Rv64Gc, out DecodedInstruction d).Should().BeTrue();
        return d;
    }

    private static (int Rd, int Rs1, int Rs2, int Rs3, int Imm) Fields(uint bits) =>
        Decode(bits) is var d ? (d.Rd, d.Rs1, d.Rs2, d.Rs3, d.Imm) : default;
}
